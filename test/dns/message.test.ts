import type { Answer, Packet } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.js';
import { answerTo } from '../../src/dns/message.js';
import { ask, knowledgeOf, queryFor, read } from './knowledge.js';

const name = 'compute.service.quorate';
const hundred = knowledgeOf(...Array.from({ length: 100 }, (_, i) => ({ address: `10.0.0.${i}` })));
const thousands = knowledgeOf(...Array.from({ length: 5_000 }, (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}` })));

function edns(udpPayloadSize: number, ednsVersion = 0): Packet {
  const options: Answer = {
    type: 'OPT',
    name: '.',
    udpPayloadSize,
    ednsVersion,
    extendedRcode: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
  return { additionals: [options] };
}

describe('an answer that is too long', () => {
  test.each([
    ['without EDNS', {}, 512],
    ['with EDNS', edns(1_000), 1_000],
    ['with EDNS for more than passes everywhere', edns(4_096), 1_232],
    ['with EDNS for less than there must be room for', edns(100), 512],
  ])('over UDP %s is cut to what fits, and says so', (_, more, most) => {
    for (const type of ['A', 'SRV']) {
      const answer = ask(hundred, name, type, 'udp', more);
      expect(answer.flag_tc).toBe(true);
      expect(answer.bytes).toBeLessThanOrEqual(most);
      expect(answer.bytes).toBeGreaterThan(most - 80);
    }
  });

  test('over TCP comes whole', () => {
    const answer = ask(hundred, name, 'A', 'tcp');
    expect(answer).toMatchObject({ flag_tc: false });
    expect(answer.answers).toHaveLength(100);
  });

  test('for TCP too is some of it', () => {
    const answer = ask(thousands, name, 'A', 'tcp');
    expect(answer.flag_tc).toBe(false);
    expect(answer.bytes).toBeGreaterThan(65_000);
    expect(new Set(answer.answers?.map((record) => 'data' in record && record.data)).size).toBe(answer.answers?.length);
  });

  test('loses addresses of targets before it loses targets', () => {
    const few = knowledgeOf(...Array.from({ length: 7 }, (_, i) => ({ address: `10.0.0.${i}` })));
    const answer = ask(few, name, 'SRV');
    expect(answer).toMatchObject({ flag_tc: false });
    expect(answer.answers).toHaveLength(7);
    expect(answer.additionals?.length).toBeLessThan(7);
  });
});

describe('EDNS (RFC 6891)', () => {
  test('is answered with EDNS, and only then', () => {
    const [options, ...more] = ask(hundred, name, 'TXT', 'udp', edns(1_232)).additionals ?? [];
    expect(options).toMatchObject({ type: 'OPT', udpPayloadSize: 1_232, ednsVersion: 0, extendedRcode: 0 });
    expect(more).toEqual([]);
    expect(ask(hundred, name, 'TXT').additionals).toEqual([]);
  });

  test('of another version is refused', () => {
    const answer = ask(hundred, name, 'A', 'udp', edns(1_232, 1));
    expect(answer).toMatchObject({ rcode: 'NOERROR', answers: [], additionals: [{ type: 'OPT', extendedRcode: 1 }] });
  });

  test('may be there once', () => {
    const twice = { additionals: [...(edns(512).additionals ?? []), ...(edns(512).additionals ?? [])] };
    expect(ask(hundred, name, 'A', 'udp', twice)).toMatchObject({ rcode: 'FORMERR' });
  });
});

describe('what is no query', () => {
  const known = knowledgeOf({ address: '10.0.0.1' });
  const question = { name, type: 'A' } as const;

  test('gets no answer when it is an answer, or shorter than a header', () => {
    const query = queryFor(name, 'A');
    query[2] = 0x80;
    expect(answerTo(query, 'udp', known)).toBeUndefined();
    expect(answerTo(Buffer.alloc(11), 'udp', known)).toBeUndefined();
  });

  test('is FORMERR with no question, with two, and with half a one', () => {
    expect(ask(known, name, 'A', 'udp', { questions: [] })).toMatchObject({ rcode: 'FORMERR', id: 4_711 });
    expect(ask(known, name, 'A', 'udp', { questions: [question, question] })).toMatchObject({ rcode: 'FORMERR' });
    const half = queryFor(name, 'A').subarray(0, 20);
    expect(read(answerTo(half, 'udp', known))).toMatchObject({ rcode: 'FORMERR', id: 4_711, questions: [] });
  });

  test('is NOTIMP when it wants something else than an answer', () => {
    const update = queryFor(name, 'A');
    update.writeUInt16BE(5 << 11, 2);
    expect(read(answerTo(update, 'udp', known))).toMatchObject({ rcode: 'NOTIMP', opcode: 'UPDATE' });
  });

  test('is refused for a name that cannot be given back as it came', () => {
    const query = queryFor(name, 'A');
    for (const byte of [0x00, 0x20, 0x2e, 0xff]) {
      query[13] = byte;
      expect(read(answerTo(query, 'udp', known))).toMatchObject({ rcode: 'REFUSED', questions: [] });
    }
  });

  test('of whatever bytes is survived, and never answered with more than may be sent', () => {
    const random = seededRandom(11);
    const query = queryFor(name, 'SRV', edns(1_232));
    for (let n = 0; n < 5_000; n++) {
      const bytes = Buffer.from(query.subarray(0, 12 + Math.floor(random() * (query.length - 11))));
      for (let flips = Math.floor(random() * 6); flips >= 0; flips--)
        bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      const answer = answerTo(bytes, 'udp', hundred);
      if (!answer) continue;
      const { id, bytes: length } = read(answer);
      if (length > 1_232 || id !== bytes.readUInt16BE(0)) throw new Error(`wrong for ${bytes.toString('hex')}`);
    }
  });
});

test('the wish for recursion is given back, and not fulfilled (RFC 1035 §4.1.1)', () => {
  const query = queryFor(name, 'A', { flags: 0x100 });
  expect(read(answerTo(query, 'udp', hundred))).toMatchObject({ flag_rd: true, flag_ra: false });
});
