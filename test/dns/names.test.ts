import { describe, expect, test } from 'vitest';
import { meaningOf, nameOfAddress } from '../../src/dns/names.js';

describe('a name', () => {
  test.each([
    ['compute.service.quorate', { kind: 'service', name: ['compute'] }],
    ['Compute.PROD.Service.Quorate', { kind: 'service', name: ['compute', 'prod'] }],
    ['db.v2.prod.service.quorate', { kind: 'service', name: ['db', 'v2', 'prod'] }],
    ['_metrics._tcp.compute.service.quorate', { kind: 'port', port: 'metrics', name: ['compute'] }],
    ['_dns._udp.compute.prod.service.quorate', { kind: 'port', port: 'dns', name: ['compute', 'prod'] }],
    ['_tcp.compute.service.quorate', { kind: 'protocol', name: ['compute'] }],
    ['service.quorate', { kind: 'between' }],
    ['addr.quorate', { kind: 'between' }],
    ['quorate', { kind: 'zone' }],
    ['7f000001.addr.quorate', { kind: 'address', family: 4, text: '127.0.0.1' }],
    ['20010db8000000000000000000000001.addr.quorate', { kind: 'address', family: 6, text: '2001:db8::1' }],
  ])('%s means something', (name, meaning) => {
    expect(meaningOf(name)).toEqual(meaning);
  });

  test.each([
    'node.quorate',
    'x.7f000001.addr.quorate',
    '7f00000g.addr.quorate',
    '7f0001.addr.quorate',
    '_tcp.service.quorate',
    '_metrics._sctp.compute.service.quorate',
    'metrics._tcp.compute.service.quorate',
    '_a._b._tcp.compute.service.quorate',
    '_metrics.compute.service.quorate',
  ])('%s is not there', (name) => {
    expect(meaningOf(name)).toEqual({ kind: 'nothing' });
  });

  test.each(['.', '', 'example.com', 'quorate.example.com', 'xquorate'])('"%s" is of another zone', (name) => {
    expect(meaningOf(name)).toEqual({ kind: 'foreign' });
  });
});

describe('the name of an address', () => {
  test.each([
    ['ipv4', '10.0.255.1', '10.0.255.1'],
    ['ipv6', '2001:db8::ff', '2001:db8::ff'],
    ['ipv6', '::', '::'],
    ['ipv6', '::1', '::1'],
    ['ipv6', '1::', '1::'],
    ['ipv6', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2:3:4:5:6'],
    ['ipv6', '::ffff:10.1.2.3', '::ffff:a01:203'],
  ] as const)('%s %s leads back to it', (kind, text, shown) => {
    const name = nameOfAddress({ kind, text });
    expect(meaningOf(name)).toMatchObject({ kind: 'address', text: shown });
  });
});
