import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.js';
import { DnsServer } from '../../src/dns/server.js';
import { FakeReplica } from '../support/fake-replica.js';
import { register } from '../support/registered.js';
import { missingTool, runTool } from '../support/tool.js';
import { until } from '../support/until.js';

const missing = missingTool('dig', 'bind9-dnsutils');
if (missing !== undefined) console.warn(missing);

describe.skipIf(missing !== undefined)('dig', () => {
  const replica = new FakeReplica();
  const address = { host: '127.0.0.1', port: 0 };
  const server = new DnsServer({
    address,
    replica,
    namespace: 'prod',
    ttlSeconds: 1,
    random: Math.random,
    log: silentLog,
  });
  const dig = async (...args: string[]): Promise<string> => {
    const { code, output } = await runTool('dig', ['@127.0.0.1', '-p', String(server.port), ...args]);
    expect(code).toBe(0);
    return output;
  };
  const lines = (output: string): string[] => output.trim().split('\n').sort();

  beforeAll(async () => {
    for (let i = 1; i <= 60; i++)
      register(replica, { id: `i${i}`, address: `10.0.0.${i}`, ports: { metrics: 9_000 + i } });
    register(replica, { id: 'six', address: '2001:db8::6', port: 5_006 });
    register(replica, { id: 'd1', service: 'db', address: '127.0.0.1', port: 5_432 });
    await server.start();
    await until('the member is up to date', async () => (await dig('db.prod.service.quorate')).includes('NOERROR'));
  });
  afterAll(() => {
    server.stop();
    replica.hub.close();
  });

  test('resolves A, AAAA and SRV', async () => {
    expect(await dig('+short', 'db.service.quorate')).toBe('127.0.0.1\n');
    expect(await dig('+short', 'compute.prod.service.quorate', 'AAAA')).toBe('2001:db8::6\n');
    expect(await dig('+short', 'db.prod.service.quorate', 'SRV')).toBe('0 100 5432 7f000001.addr.quorate.\n');
  });

  test('takes a long answer over TCP, by itself or when told', async () => {
    expect(lines(await dig('+short', 'compute.service.quorate'))).toHaveLength(60);
    expect(lines(await dig('+short', '+tcp', '_metrics._tcp.compute.service.quorate', 'SRV'))).toHaveLength(60);
    const cut = await dig('+ignore', '+bufsize=512', 'compute.service.quorate');
    expect(cut).toMatch(/flags: qr aa tc rd;/);
    expect(await dig('+ignore', '+noedns', 'compute.service.quorate')).toMatch(
      /MSG SIZE +rcvd: (4[4-9]\d|50\d|51[0-2])\n/,
    );
  });

  test('tells a name that is not there from one without such records, and finds nothing odd', async () => {
    const outputs = [await dig('x.service.quorate'), await dig('db.service.quorate', 'TXT'), await dig('example.com')];
    expect(outputs.map((output) => /status: (\w+)/.exec(output)?.[1])).toEqual(['NXDOMAIN', 'NOERROR', 'REFUSED']);
    for (const output of [...outputs, await dig('+qr', 'db.service.quorate', 'ANY')])
      expect(output).not.toMatch(/WARNING: (?!recursion requested)|mismatch|malformed|extra bytes/i);
  });
});
