/** A grpc-js channel to `quorate:///service` against real providers and a fake registry. */
import { createRequire } from 'node:module';
import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { register, useClient } from '../../../src/client/grpc/index.js';
import { until } from '../../support/until.js';
import { call, callMany, FakeService, Provider } from './providers.js';

const retries = JSON.stringify({
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.01s',
        maxBackoff: '0.1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
});

let service: FakeService;
beforeEach(async () => {
  service = await FakeService.start();
});
afterEach(() => service.stop());

/** All of them are connected. */
async function reaches(client: Parameters<typeof call>[0], names: readonly string[]): Promise<void> {
  const seen = new Set<string>();
  await until(`${names.join()} answer`, async () => {
    seen.add(await call(client));
    return names.every((name) => seen.has(name));
  });
}

describe('a channel', () => {
  test('spreads its calls by weight over the instances of a service', async () => {
    const [a] = await service.provide(['a']);
    await service.provide(['b', 'c']);
    if (a) service.list(a, { weight: 200 });
    const client = service.channel();
    await reaches(client, ['a', 'b', 'c']);
    const answers = await callMany(client, 200);
    expect(answers.a).toBeGreaterThanOrEqual(99);
    expect(answers.a).toBeLessThanOrEqual(101);
    expect(answers.b).toBeGreaterThanOrEqual(49);
  });

  test('follows the list: new ones get calls, and those that drain, start, are down or gone get none', async () => {
    const [a, b, c, d] = await service.provide(['a', 'b', 'c', 'd']);
    if (!a || !b || !c || !d) throw new Error('not started');
    const client = service.channel('&policy=round_robin&slow_start_ms=0');
    await reaches(client, ['a', 'b', 'c', 'd']);
    service.list(a, { status: 2 });
    service.list(b, { status: 3 });
    service.list(c, { status: 4 });
    await until('d is alone', async () => Object.keys(await callMany(client, 8)).join() === 'd');
    await service.provide(['e']);
    await reaches(client, ['d', 'e']);
    service.unlist(d);
    await until('e is alone', async () => Object.keys(await callMany(client, 4)).join() === 'e');
  });

  test('leaves out the unhealthy, unless most are', async () => {
    const [a, b, c] = await service.provide(['a', 'b', 'c']);
    if (!a || !b || !c) throw new Error('not started');
    const client = service.channel('&policy=round_robin');
    await reaches(client, ['a', 'b', 'c']);
    service.list(a, { health: 2 });
    await until('a is left out', async () => !('a' in (await callMany(client, 6))));
    service.list(b, { health: 3 });
    await reaches(client, ['a', 'b', 'c']);
  });

  test('lets a running call finish on an instance that leaves, which then stops without a failed call', async () => {
    const [a, b] = await service.provide(['a', 'b']);
    if (!a || !b) throw new Error('not started');
    const client = service.channel('&policy=round_robin');
    await reaches(client, ['a', 'b']);
    let finish = () => {};
    let held = false;
    a.instead = (done) => {
      held = true;
      a.instead = undefined;
      finish = () => done(null, Buffer.from('late'));
    };
    const calls = [call(client), call(client)];
    await until('a has one', () => held);
    service.list(a, { status: 2 });
    await until('b is alone', async () => Object.keys(await callMany(client, 4)).join() === 'b');
    finish();
    expect((await Promise.all(calls)).sort()).toEqual(['b', 'late']);
    const stopped = a.stop();
    expect(await callMany(client, 20)).toEqual({ b: 20 });
    await stopped;
  });

  test('loses no call when an instance dies, with retries; and only those under way without', async () => {
    const providers = await service.provide(['a', 'b', 'c']);
    const client = service.channel('', { 'grpc.service_config': retries });
    await reaches(client, ['a', 'b', 'c']);
    const running = Array.from({ length: 100 }, () => call(client));
    providers[0]?.kill();
    await Promise.all(running);
    const plain = service.channel();
    await reaches(plain, ['b', 'c']);
    expect(Object.keys(await callMany(plain, 20)).sort()).toEqual(['b', 'c']);
    await providers[0]?.listen();
    await reaches(plain, ['a', 'b', 'c']);
  });

  test('keeps the last list while no member can be reached', async () => {
    const [a] = await service.provide(['a', 'b']);
    const client = service.channel('&policy=round_robin');
    await reaches(client, ['a', 'b']);
    service.cluster.member(0).kill();
    a?.kill();
    await until('b answers alone', async () => {
      const answers = await Promise.allSettled([call(client), call(client), call(client)]);
      return answers.every((answer) => answer.status === 'fulfilled' && answer.value === 'b');
    });
    await a?.listen();
    await reaches(client, ['a', 'b']);
    await service.cluster.member(0).listen();
    await service.provide(['c']);
    await reaches(client, ['a', 'b', 'c']);
  });

  test('waits for the first list, says when there is no instance, and goes on when there is one', async () => {
    const client = service.channel();
    const failed = await call(client).catch((error: unknown) => error);
    expect(failed).toMatchObject({ code: status.UNAVAILABLE });
    expect(String(failed)).toContain('service prod/echo has no usable instance');
    await service.provide(['a']);
    await until('a answers', async () => (await call(client).catch(() => '')) === 'a');
  });

  test('two instances at one address are one: the newer', async () => {
    const [a] = await service.provide(['a', 'b']);
    if (!a) throw new Error('not started');
    const client = service.channel('&policy=round_robin');
    await reaches(client, ['a', 'b']);
    service.instances.set('before', { ...service.instances.get('a'), id: 'before', createRevision: 1, revision: 1 });
    service.list(a, { weight: 300 });
    const answers = await callMany(service.channel('&policy=round_robin'), 20);
    expect(answers.a).toBeLessThanOrEqual(11);
  });

  test('closing it ends the watch', async () => {
    await service.provide(['a']);
    const [one, two] = [service.channel(), service.channel()];
    await reaches(one, ['a']);
    await reaches(two, ['a']);
    expect(service.streams).toHaveLength(1);
    one.close();
    await reaches(two, ['a']);
    expect(service.streams[0]?.cancelled).toBe(false);
    two.close();
    await until('the watch has ended', () => service.streams[0]?.cancelled);
  });
});

describe('policies', () => {
  test('consistent_hash goes by a metadata key, and a retry takes the next', async () => {
    await service.provide(['a', 'b', 'c']);
    const client = service.channel('&policy=consistent_hash&hash_key=user', { 'grpc.service_config': retries });
    await reaches(client, ['a', 'b', 'c']);
    const places = new Map<string, string>();
    for (let i = 0; i < 30; i++) places.set(`u${i}`, await call(client, { user: `u${i}` }));
    expect(new Set(places.values()).size).toBe(3);
    for (const [user, name] of places) expect(await call(client, { user })).toBe(name);
    const a = service.providers[0];
    if (a) a.instead = (done) => done({ code: status.UNAVAILABLE, details: 'not now' });
    for (const [user, name] of places) {
      const answer = await call(client, { user });
      if (name === 'a') expect(answer).not.toBe('a');
      else expect(answer).toBe(name);
    }
  });

  test('least_request leaves alone who is busy', async () => {
    const [a] = await service.provide(['a', 'b', 'c']);
    if (!a) throw new Error('not started');
    const client = service.channel('&policy=least_request');
    await reaches(client, ['a', 'b', 'c']);
    const waiting: (() => void)[] = [];
    a.instead = (done) => waiting.push(() => done(null, Buffer.from('a')));
    const slow: Promise<string>[] = [];
    let answered = 0;
    await until('a is busy', async () => {
      slow.push(
        call(client).finally(() => {
          answered++;
        }),
      );
      await new Promise((resolve) => setImmediate(resolve));
      return waiting.length > 0;
    });
    // Who is as busy as a may lose the draw to it.
    await until('the others are not', () => answered === slow.length - waiting.length);
    const before = a.calls;
    for (let i = 0; i < 50; i++) expect(await call(client)).not.toBe('a');
    expect(a.calls).toBe(before);
    a.instead = undefined;
    for (const answer of waiting) answer();
    await Promise.all(slow);
    await reaches(client, ['a', 'b', 'c']);
  });

  test('pick_first stays with one, of the own zone', async () => {
    await service.provide(['a', 'b', 'c'], { zone: 'far' });
    await service.provide(['d'], { zone: 'near' });
    const client = service.channel('&policy=pick_first&zone=near');
    expect(await callMany(client, 10)).toEqual({ d: 10 });
    const d = service.providers[3];
    if (d) service.unlist(d);
    await until('another one answers', async () => (await call(client)) !== 'd');
    expect(Object.keys(await callMany(client, 10))).toHaveLength(1);
  });

  test('zones: stays in the own one while that can carry the load', async () => {
    await service.provide(['a', 'b'], { zone: 'far' });
    await service.provide(['c', 'd'], { zone: 'near' });
    const client = service.channel('&zone=near');
    await reaches(client, ['c', 'd']);
    expect(Object.keys(await callMany(client, 20)).sort()).toEqual(['c', 'd']);
    for (const provider of service.providers.slice(2)) service.unlist(provider);
    await reaches(client, ['a', 'b']);
  });

  test("the channel's own load balancing counts, also with grpc-js's round_robin and outlier_detection", async () => {
    await service.provide(['a', 'b', 'c', 'd']);
    const own = (config: object) => ({ 'grpc.service_config': JSON.stringify({ loadBalancingConfig: [config] }) });
    const robin = service.channel('', own({ round_robin: {} }));
    await reaches(robin, ['a', 'b', 'c', 'd']);
    const strict = [await call(robin), await call(robin), await call(robin), await call(robin)];
    expect([...strict].sort()).toEqual(['a', 'b', 'c', 'd']);
    const outliers = service.channel(
      '',
      own({
        outlier_detection: {
          interval: { seconds: 0, nanos: 50_000_000 },
          base_ejection_time: { seconds: 60, nanos: 0 },
          max_ejection_percent: 33,
          failure_percentage_ejection: { threshold: 85, minimum_hosts: 3, request_volume: 5 },
          child_policy: [{ quorate_round_robin: {} }],
        },
      }),
    );
    await reaches(outliers, ['a', 'b', 'c', 'd']);
    const a = service.providers[0];
    if (!a) throw new Error('not started');
    a.instead = (done) => done({ code: status.INTERNAL, details: 'broken' });
    await until('the broken one is left out', async () => {
      const before = a.calls;
      await Promise.allSettled(Array.from({ length: 40 }, () => call(outliers)));
      return a.calls === before;
    });
  });
});

describe('targets', () => {
  test.each([
    ['quorate:///echo', 'namespace is missing'],
    ['quorate:///?namespace=prod', 'must name a service'],
    ['quorate:///echo?namespace=prod&zoen=a', "unknown parameter 'zoen'"],
    ['quorate:///echo?namespace=prod&zone=a&zone=b', 'given twice'],
    ['quorate:///echo?namespace=prod&policy=random', 'policy must be one of pick_first, round_robin'],
    ['quorate:///echo?namespace=prod&load_factor=0.5', "'load_factor' must be 1 to 100"],
    ['quorate:///echo?namespace=prod&slow_start_ms=soon', "'slow_start_ms' must be 0 to 3600000"],
    ['quorate://nowhere/echo?namespace=prod', "endpoint 'nowhere' is not host:port"],
  ])('%s is refused when the channel is made', async (target, text) => {
    const { Client, credentials } = await import('@grpc/grpc-js');
    useClient(service.cluster.client());
    try {
      expect(() => new Client(target, credentials.createInsecure())).toThrow(text);
    } finally {
      useClient(undefined);
    }
  });

  test('a target without members asks the client that was given, or says what is missing', async () => {
    const { Client, credentials } = await import('@grpc/grpc-js');
    expect(() => new Client('quorate:///prod/echo', credentials.createInsecure())).toThrow('call useClient()');
    await service.provide(['a']);
    useClient(service.cluster.client());
    const client = new Client('quorate:///prod/echo', credentials.createInsecure());
    try {
      expect(await call(client)).toBe('a');
    } finally {
      client.close();
      useClient(undefined);
    }
  });

  test('another copy of grpc-js can be taught', async () => {
    await service.provide(['a', 'b']);
    const require = createRequire(import.meta.url);
    const mine = Object.keys(require.cache).filter((file) => file.includes('@grpc/grpc-js/'));
    const kept = mine.map((file) => [file, require.cache[file]] as const);
    for (const file of mine) delete require.cache[file];
    const other = require('@grpc/grpc-js') as typeof import('@grpc/grpc-js');
    for (const [file, module] of kept) require.cache[file] = module;
    expect(other.Client).not.toBe((await import('@grpc/grpc-js')).Client);
    const target = `quorate://${service.cluster.member(0).address}/echo?namespace=prod`;
    expect(() => new other.Client(target, other.credentials.createInsecure())).not.toThrow();
    register(other);
    const client = new other.Client(target, other.credentials.createInsecure());
    const ask = () => call(client, {}, 10_000, new other.Metadata());
    try {
      expect(['a', 'b']).toContain(await ask());
      for (const provider of service.providers) service.unlist(provider);
      await until('there is none', async () => {
        const failed = await ask().catch((error: unknown) => error);
        return failed instanceof Error && failed.message.includes('no usable instance');
      });
    } finally {
      client.close();
    }
  });
});

test('instances may be named by host', async () => {
  const provider = await Provider.start('a');
  service.providers.push(provider);
  service.list(provider, { address: 'localhost' });
  expect(await call(service.channel())).toBe('a');
});
