import type { Packet } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { ask, dataOf, knowledgeOf } from './knowledge.js';

const four = { address: '10.0.0.1' };
const six = { address: '2001:db8::1' };
const name = 'compute.service.quorate';

/** RFC 2308 §2: the two ways of saying that there is nothing differ in the rcode, and both come with the SOA. */
const empty = { rcode: 'NOERROR', flag_aa: true, answers: [], authorities: [{ type: 'SOA', ttl: 2 }] };
const nothing = { ...empty, rcode: 'NXDOMAIN' };

describe('addresses', () => {
  test('are those of the usable instances, each once', () => {
    const known = knowledgeOf(
      four,
      { ...four, port: 81 },
      six,
      { address: '10.0.0.2', health: 3 },
      { address: '10.0.0.3', status: 2 },
      { address: '10.0.0.4', status: 3 },
      { address: '10.0.0.5', status: 4 },
      { address: '10.0.0.6', health: 2 },
      { address: '10.0.0.7', health: 4 },
    );
    const answer = ask(known, name, 'A');
    expect(answer).toMatchObject({ rcode: 'NOERROR', flag_aa: true, flag_ra: false, flag_tc: false, id: 4_711 });
    expect(dataOf(answer.answers)).toEqual(['A 10.0.0.1', 'A 10.0.0.2']);
    expect(answer.answers).toMatchObject([{ ttl: 2 }, { ttl: 2 }]);
    expect(dataOf(ask(known, name, 'AAAA').answers)).toEqual(['AAAA 2001:db8::1']);
  });

  test('come in another order each time', () => {
    const known = knowledgeOf(four, { address: '10.0.0.2' }, { address: '10.0.0.3' });
    const firsts = new Set<string>();
    for (let n = 0; n < 200; n++) {
      const [first] = ask(known, name, 'A').answers ?? [];
      if (first?.type === 'A') firsts.add(first.data);
    }
    expect([...firsts].sort()).toEqual(['10.0.0.1', '10.0.0.2', '10.0.0.3']);
  });

  test('of one kind only are no answer for the other', () => {
    expect(ask(knowledgeOf(four), name, 'AAAA')).toMatchObject(empty);
    expect(ask(knowledgeOf(six), name, 'A')).toMatchObject(empty);
  });

  test('that are host names become an alias that nobody keeps', () => {
    const { answers } = ask(knowledgeOf({ address: 'n1.internal' }), name, 'A');
    expect(answers).toMatchObject([{ type: 'CNAME', data: 'n1.internal', ttl: 0 }]);
  });

  test('that are no host names, or mean something on one machine only, are left out', () => {
    expect(ask(knowledgeOf({ address: 'a..b' }, { address: 'fe80::1%eth0' }), name, 'A')).toMatchObject(empty);
    expect(ask(knowledgeOf({ address: 'a..b' }, { address: 'fe80::1%eth0' }), name, 'SRV')).toMatchObject(empty);
  });

  test('are what whoever asks for everything gets', () => {
    expect(dataOf(ask(knowledgeOf(four, six), name, 'ANY').answers)).toEqual(['A 10.0.0.1']);
    expect(dataOf(ask(knowledgeOf(six), name, 'ANY').answers)).toEqual(['AAAA 2001:db8::1']);
  });
});

describe('SRV', () => {
  test('tells port and weight, and the addresses of what it names', () => {
    const known = knowledgeOf({ ...four, weight: 7 }, { ...six, port: 81 }, { address: 'n1.internal', port: 82 });
    const { answers, additionals } = ask(known, name, 'SRV');
    expect(dataOf(answers)).toEqual([
      'SRV 100 81 20010db8000000000000000000000001.addr.quorate',
      'SRV 100 82 n1.internal',
      'SRV 7 80 0a000001.addr.quorate',
    ]);
    expect(additionals).toHaveLength(2);
    expect(additionals).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: '0a000001.addr.quorate', type: 'A', data: '10.0.0.1' }),
        expect.objectContaining({
          name: '20010db8000000000000000000000001.addr.quorate',
          type: 'AAAA',
          data: '2001:db8::1',
        }),
      ]),
    );
    expect(dataOf(ask(known, '0a000001.addr.quorate', 'A').answers)).toEqual(['A 10.0.0.1']);
    expect(ask(known, '0a000001.addr.quorate', 'AAAA')).toMatchObject(empty);
  });

  test('leaves out what has no port, and what is not usable', () => {
    const known = knowledgeOf({ ...four, port: 0 }, { address: '10.0.0.2', status: 2 });
    expect(ask(known, name, 'SRV')).toMatchObject(empty);
  });

  test('is there for ports by name', () => {
    const known = knowledgeOf({ ...four, ports: { metrics: 9_100 } }, { address: '10.0.0.2' });
    for (const type of ['SRV', 'ANY'])
      expect(dataOf(ask(known, `_metrics._tcp.${name}`, type).answers)).toEqual(['SRV 100 9100 0a000001.addr.quorate']);
    expect(ask(known, `_metrics._tcp.${name}`, 'A')).toMatchObject(empty);
    expect(ask(known, `_tcp.${name}`, 'SRV')).toMatchObject(empty);
    expect(ask(known, `_constructor._tcp.${name}`, 'SRV')).toMatchObject(nothing);
  });
});

describe('what is not there', () => {
  const known = knowledgeOf(
    { ...four, status: 3 },
    { namespace: 'prod', service: 'a.b', address: '10.0.0.9' },
    { namespace: 'Prod', service: 'Web', address: '10.0.0.8' },
  );

  test('a service without usable instances is there, and empty', () => {
    for (const type of ['A', 'AAAA', 'SRV', 'ANY', 'TXT', 'MX', 'UNKNOWN_65'])
      expect(ask(known, name, type), type).toMatchObject(empty);
  });

  test('a service that nobody registered is not', () => {
    for (const missing of [`x${name}`, 'compute.prod.service.quorate', 'x.a.b.prod.service.quorate', 'x.quorate'])
      for (const type of ['A', 'SRV', 'ANY', 'TXT']) expect(ask(known, missing, type), missing).toMatchObject(nothing);
  });

  test('names in the middle of others are there (RFC 8020)', () => {
    for (const between of [
      'quorate',
      'service.quorate',
      'addr.quorate',
      'prod.service.quorate',
      'b.prod.service.quorate',
    ])
      expect(ask(known, between, 'A'), between).toMatchObject(empty);
  });

  test('nothing is left of a service whose last instance has gone', () => {
    const { directory } = known;
    directory?.delete('prod', 'a.b', 'key 1' as never);
    expect(ask(known, 'a.b.prod.service.quorate', 'A')).toMatchObject(nothing);
    expect(ask(known, 'b.prod.service.quorate', 'A')).toMatchObject(nothing);
    expect(ask(known, 'prod.service.quorate', 'A')).toMatchObject(empty);
  });

  test('cases are not told apart, and the answer has that of the question', () => {
    const { answers, questions } = ask(known, 'wEb.PROD.service.QuoRate', 'A');
    expect(answers).toMatchObject([{ name: 'wEb.PROD.service.QuoRate', data: '10.0.0.8' }]);
    expect(questions).toMatchObject([{ name: 'wEb.PROD.service.QuoRate' }]);
  });
});

test('the zone tells its SOA', () => {
  expect(ask(knowledgeOf(), 'quorate', 'SOA')).toMatchObject({
    rcode: 'NOERROR',
    answers: [{ type: 'SOA', name: 'quorate', data: { serial: 7, minimum: 2 } }],
  });
});

test('other zones, classes and transfers are refused', () => {
  const refused = { rcode: 'REFUSED', flag_aa: false, answers: [], authorities: [] };
  expect(ask(knowledgeOf(four), 'example.com', 'A')).toMatchObject(refused);
  expect(ask(knowledgeOf(four), 'quorate', 'AXFR')).toMatchObject(refused);
  const chaos: Packet = { questions: [{ name: 'version.quorate', type: 'TXT', class: 'CH' }] };
  expect(ask(knowledgeOf(four), 'quorate', 'TXT', 'udp', chaos)).toMatchObject(refused);
});

test('a member that is not up to date yet says that it cannot tell', () => {
  expect(ask({ ...knowledgeOf(four), directory: undefined }, name, 'A')).toMatchObject({ rcode: 'SERVFAIL' });
});
