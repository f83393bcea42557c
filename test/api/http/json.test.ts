/**
 * The proto3 JSON mapping. What is refused, with which words, and what is let through was seen at the gateway of etcd 3.4.
 */
import { describe, expect, test } from 'vitest';
import { readMessage } from '../../../src/api/http/json-read.js';
import { JsonTexts } from '../../../src/api/http/json-texts.js';
import { JsonError, parseJson } from '../../../src/api/http/json-value.js';
import { writeMessage } from '../../../src/api/http/json-write.js';
import { limits } from '../../../src/base/limits.js';
import {
  AlarmResponse,
  HashResponse,
  LeaseGrantRequest,
  MemberListResponse,
  MemberRemoveRequest,
  PutRequest,
  RangeRequest,
  RangeResponse,
  TxnRequest,
  TxnResponse,
  WatchRequest,
  WatchResponse,
} from '../../../src/proto/etcd.js';

const range = (text: string) => readMessage(RangeRequest, text);
const foo = Buffer.from('foo');

describe('a request', () => {
  test.each(['', '  \n', 'null', '{}', '{"key":null}', '{"unknown":{"a":[1,"x",true,null]}}', '{"Key":"Zm9v"}'])(
    'of %j is empty',
    (text) => {
      expect(RangeRequest.encode(range(text)).length).toBe(0);
    },
  );

  test('may name fields as on the wire and in camel case, which wins', () => {
    const text = '{"key":"Zm9v","range_end":"YQ==","rangeEnd":"Yg==","min_mod_revision":"1","maxModRevision":2}';
    expect(range(text)).toMatchObject({
      key: foo,
      range_end: Buffer.from('b'),
      min_mod_revision: '1',
      max_mod_revision: '2',
    });
  });

  test.each([
    ['{"TTL":7587848390000000001}', '7587848390000000001'],
    ['{"TTL":"7587848390000000001"}', '7587848390000000001'],
    ['{"TTL":9223372036854775807}', '9223372036854775807'],
    ['{"TTL":-9223372036854775808}', '-9223372036854775808'],
    ['{"TTL":-0}', '0'],
    ['{"TTL":"-5"}', '-5'],
  ])('keeps every digit of %s', (text, ttl) => {
    expect(readMessage(LeaseGrantRequest, text).TTL).toBe(ttl);
  });

  test('keeps every digit of an unsigned number', () => {
    expect(readMessage(MemberRemoveRequest, '{"ID":18446744073709551615}').ID).toBe('18446744073709551615');
  });

  test('may give an enum by name or by number, also an unknown number', () => {
    expect(range('{"sort_order":"DESCEND"}').sort_order).toBe(2);
    expect(range('{"sortOrder":2}').sort_order).toBe(2);
    expect(range('{"sort_order":9}').sort_order).toBe(9);
  });

  test('may have bytes in both alphabets, with line breaks', () => {
    const bytes = Buffer.from([0xfb, 0xff, 0xbf]);
    for (const text of ['+/+/', '-_-_', '+/\\n+/'])
      expect(readMessage(PutRequest, `{"value":"${text}"}`).value).toEqual(bytes);
  });

  test('has the last of what is there twice, and of a oneof the field that is declared last', () => {
    expect(range('{"key":"YQ==","key":"Zm9v"}').key).toEqual(foo);
    const text = '{"success":[{"request_range":{"key":"Zm9v"},"requestPut":{"key":"Zm9v"}}]}';
    expect(readMessage(TxnRequest, text).success[0]?.request).toBe('request_put');
  });

  test('ends where its first value ends', () => {
    expect(range('{"key":"Zm9v"}garbage').key).toEqual(foo);
  });

  test('keeps the oneof field that is set to zero', () => {
    const [compare] = readMessage(TxnRequest, '{"compare":[{"key":"Zm9v","version":0}]}').compare;
    expect(compare).toMatchObject({ target_union: 'version', version: '0' });
  });

  test.each([
    ['{bad', "invalid character 'b' looking for beginning of object key string"],
    ["{'key':1}", "invalid character '\\'' looking for beginning of object key string"],
    ['{"key":"Zm9v",}', "invalid character '}' looking for beginning of object key string"],
    ['{"key" 1}', "invalid character '1' after object key"],
    ['{"key":1 2}', "invalid character '2' after object key:value pair"],
    ['{"key":[1 2]}', "invalid character '2' after array element"],
    ['{"key":x}', "invalid character 'x' looking for beginning of value"],
    ['{"key":"Zm9v"', 'unexpected EOF'],
    ['{"key":"Zm9v', 'unexpected EOF'],
    ['{"key":"\\"', 'unexpected EOF'],
    ['{"key":"***"}', 'illegal base64 data at input byte 0'],
    ['{"key":"Zm9v*"}', 'illegal base64 data at input byte 4'],
    ['{"key":"Zm9"}', 'illegal base64 data at input byte 0'],
    ['{"key":"Zm9vZg=="}x', undefined],
    ['{"key":5}', 'json: cannot unmarshal number into Go value of type []uint8'],
    ['{"limit":1.5}', 'json: cannot unmarshal number 1.5 into Go value of type int64'],
    ['{"limit":1e0}', 'json: cannot unmarshal number 1e0 into Go value of type int64'],
    ['{"limit":9223372036854775808}', 'json: cannot unmarshal number 9223372036854775808 into Go value of type int64'],
    ['{"limit":"x"}', "invalid character 'x' looking for beginning of value"],
    ['{"limit":true}', 'json: cannot unmarshal bool into Go value of type int64'],
    ['{"keys_only":"true"}', 'json: cannot unmarshal string into Go value of type bool'],
    ['{"keys_only":1}', 'json: cannot unmarshal number into Go value of type bool'],
    ['{"sort_order":"WAT"}', 'unknown value "WAT" for enum etcdserverpb.RangeRequest_SortOrder'],
    ['{"sort_order":"1"}', 'unknown value "1" for enum etcdserverpb.RangeRequest_SortOrder'],
    ['[]', 'json: cannot unmarshal array into Go value of type map[string]json.RawMessage'],
    ['"x"', 'json: cannot unmarshal string into Go value of type map[string]json.RawMessage'],
    ['5', 'json: cannot unmarshal number into Go value of type map[string]json.RawMessage'],
  ])('of %s is refused in the words of etcd', (text, message) => {
    if (message === undefined) expect(range(text).key.toString()).toBe('foof');
    else expect(() => range(text)).toThrow(new JsonError(message));
  });

  test.each([
    ['{"success":{}}', 'json: cannot unmarshal object into Go value of type []json.RawMessage'],
    ['{"success":[5]}', 'json: cannot unmarshal number into Go value of type map[string]json.RawMessage'],
    ['{"compare":"x"}', 'json: cannot unmarshal string into Go value of type []json.RawMessage'],
    // etcd itself crashes over this one.
    ['{"success":[null]}', 'json: cannot unmarshal null into Go value of type map[string]json.RawMessage'],
  ])('of a txn of %s too', (text, message) => {
    expect(() => readMessage(TxnRequest, text)).toThrow(new JsonError(message));
  });

  test('inside inside inside is refused before it costs', () => {
    expect(() => range('['.repeat(1_000_000))).toThrow(new JsonError('exceeded max depth'));
    expect(() => range(`{"unknown":${'{"a":'.repeat(limits.jsonDepth)}`)).toThrow(new JsonError('exceeded max depth'));
  });
});

test('strings are read with all their escapes, and control characters are refused', () => {
  expect(parseJson('"a\\"\\\\\\u00e9\\n"')).toBe('a"\\é\n');
  expect(parseJson('"\\\\"')).toBe('\\');
  expect(() => parseJson('"a\nb"')).toThrow(JsonError);
  expect(() => parseJson('"\\x"')).toThrow(JsonError);
});

describe('an answer', () => {
  test('has the names of the wire in their order, strings for 64 bits, base64 for bytes', () => {
    const bytes = RangeResponse.encode({
      header: { cluster_id: '14841639068965178418', member_id: 5, revision: '9223372036854775807', raft_term: 2 },
      kvs: [{ key: foo, create_revision: 2, mod_revision: 3, version: 2, value: Buffer.from('bar'), lease: '-5' }],
      more: true,
      count: 1,
    });
    expect(writeMessage(RangeResponse, bytes)).toBe(
      '{"header":{"cluster_id":"14841639068965178418","member_id":"5","revision":"9223372036854775807","raft_term":"2"},' +
        '"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"3","version":"2","value":"YmFy","lease":"-5"}],"more":true,"count":"1"}',
    );
  });

  test('leaves out what is zero and shows messages that are empty', () => {
    expect(writeMessage(RangeResponse, RangeResponse.encode({ header: {}, count: 0, more: false }))).toBe(
      '{"header":{}}',
    );
    const txn = TxnResponse.encode({ succeeded: false, responses: [{ response_put: {} }] });
    expect(writeMessage(TxnResponse, txn)).toBe('{"responses":[{"response_put":{}}]}');
  });

  test('has enums by name, 32 bits as a number, and lists of texts', () => {
    const alarms = AlarmResponse.encode({ alarms: [{ memberID: 0, alarm: 1 }] });
    expect(writeMessage(AlarmResponse, alarms)).toBe('{"alarms":[{"alarm":"NOSPACE"}]}');
    expect(writeMessage(HashResponse, HashResponse.encode({ hash: 3_059_728_876 }))).toBe('{"hash":3059728876}');
    const members = MemberListResponse.encode({ members: [{ ID: 1, peerURLs: ['a', 'b'], isLearner: true }] });
    expect(writeMessage(MemberListResponse, members)).toBe(
      '{"members":[{"ID":"1","peerURLs":["a","b"],"isLearner":true}]}',
    );
  });

  test('shows a deletion by its type and a put by none', () => {
    const bytes = WatchResponse.encode({
      events: [
        { type: 1, kv: { key: foo } },
        { type: 0, kv: { key: foo } },
      ],
    });
    expect(writeMessage(WatchResponse, bytes)).toBe(
      '{"events":[{"type":"DELETE","kv":{"key":"Zm9v"}},{"kv":{"key":"Zm9v"}}]}',
    );
  });
});

describe('a stream of messages', () => {
  test('is cut where they end, however the bytes come', () => {
    const stream = '{"create_request":{"key":"Zm9v"}}\n {"a":"}\\"{é"}[[]]{"cancel_request":{"watch_id":"1"}} ';
    const whole = [
      '{"create_request":{"key":"Zm9v"}}',
      '{"a":"}\\"{é"}',
      '[[]]',
      '{"cancel_request":{"watch_id":"1"}}',
    ];
    const bytes = Buffer.from(stream);
    for (const size of [1, 2, 7, bytes.length]) {
      const texts = new JsonTexts();
      const found: string[] = [];
      for (let at = 0; at < bytes.length; at += size) found.push(...texts.push(bytes.subarray(at, at + size)));
      expect(found.map((text) => text.trim())).toEqual(whole);
      expect(texts.rest()).toEqual([]);
    }
    expect(readMessage(WatchRequest, whole[3] ?? '')).toMatchObject({ cancel_request: { watch_id: '1' } });
  });

  test('shows what is left over at its end', () => {
    const texts = new JsonTexts();
    expect(texts.push(Buffer.from('{} {bad'))).toEqual(['{}']);
    expect(texts.rest()).toEqual(['{bad']);
  });

  test('may not have a message without end', () => {
    const texts = new JsonTexts();
    texts.push(Buffer.from('{"a":"'));
    expect(() => texts.push(Buffer.alloc(limits.httpBodyBytes, 'a'))).toThrow(JsonError);
  });
});
