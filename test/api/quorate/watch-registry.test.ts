import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { limits } from '../../../src/base/limits.js';
import { InstanceStatus } from '../../../src/proto/gen/quorate/v1/InstanceStatus.js';
import type { WatchRegistryResponse } from '../../../src/proto/quorate.js';
import { FakeReplica } from '../../support/fake-replica.js';
import {
  compact,
  deregister,
  failures,
  holdClock,
  type Opened,
  openRegistry,
  publish,
  register,
  TestStream,
  turns,
} from './watch-fixture.js';

let replica: FakeReplica;
let open: Opened<WatchRegistryResponse>[];

beforeEach(() => {
  holdClock();
  replica = new FakeReplica({ recentBytes: 4_000 });
  open = [];
});

afterEach(() => {
  for (const each of open) each.cancel();
  replica.hub.close();
  vi.useRealTimers();
  expect(failures.splice(0)).toEqual([]);
});

function watch(request: Parameters<typeof openRegistry>[1] = {}, stream = new TestStream()) {
  const opened = openRegistry(replica, { namespace: 'ns', ...request }, stream);
  open.push(opened);
  return opened;
}

/** Messages in short: "snapshot@3 web/1", "changes@4 +web/2 -web/1"; flags follow the kind. */
function short(messages: readonly WatchRegistryResponse[]): string[] {
  return messages.map(({ header, snapshot, changes, progress }) => {
    const at = `@${header?.revision}`;
    if (progress) return `progress${at}`;
    if (snapshot) {
      const instances = snapshot.instances.map(({ service, id }) => ` ${service}/${id}`);
      return `snapshot${at}${snapshot.resync ? ' resync' : ''}${snapshot.more ? ' more' : ''}${instances.join('')}`;
    }
    const updated = changes?.updated.map(({ service, id }) => ` +${service}/${id}`) ?? [];
    const removed = changes?.removed.map(({ service, id }) => ` -${service}/${id}`) ?? [];
    return `changes${at}${changes?.conflated ? ' conflated' : ''}${[...updated, ...removed].join('')}`;
  });
}

const onlyUp = { statuses: [InstanceStatus.UP] };
const { UP, DRAINING } = InstanceStatus;

describe('a new watch', () => {
  it('begins with the instances, then tells of each that comes, changes and goes', async () => {
    register(replica, 'web', '1');
    const { take } = watch();
    await turns();
    register(replica, 'web', '2', { port: 81 });
    register(replica, 'web', '1', { zone: 'b' });
    deregister(replica, 'web', '1');
    publish(replica, { a: 'a config, not an instance' });
    expect(short(take())).toEqual(['snapshot@2 web/1', 'changes@3 +web/2', 'changes@4 +web/1', 'changes@5 -web/1']);
  });

  it('tells everything about an instance', async () => {
    const { take } = watch();
    await turns();
    register(replica, 'web', '1', { port: 81, metadata: { k: 'v' }, status: DRAINING, weight: 7 });
    const updated = take()[1]?.changes?.updated[0];
    expect(updated).toMatchObject({
      namespace: 'ns',
      service: 'web',
      id: '1',
      address: '10.0.0.1',
      port: 81,
      weight: 7,
      metadata: { k: 'v' },
      status: DRAINING,
      createRevision: 2,
      revision: 2,
      registeredAtMs: 7,
    });
    expect(updated?.lease).toMatch(/^[0-9a-f]+$/);
  });

  it('follows the services named and no others', async () => {
    const { take } = watch({ services: ['web', 'db', 'web'] });
    register(replica, 'web', '1');
    register(replica, 'db', '1');
    await turns();
    for (const service of ['web2', 'we', 'db', 'web', 'other']) register(replica, service, '2');
    expect(short(take())).toEqual(['snapshot@3 db/1 web/1', 'changes@6 +db/2', 'changes@7 +web/2']);
  });

  it('hears of instances whose lease ran out', async () => {
    register(replica, 'web', '1');
    const { take } = watch();
    await turns();
    replica.advance(60_000);
    expect(short(take())).toEqual(['snapshot@2 web/1', 'changes@3 -web/1']);
  });

  it('refuses bad names and more than 128 services', () => {
    const services = Array.from({ length: limits.servicesPerWatch + 1 }, (_, i) => `s${i}`);
    expect(() => watch({ services })).toThrow(expect.objectContaining({ reason: 'INVALID_FIELD' }));
    expect(() => watch({ services: ['a/b'] })).toThrow(expect.objectContaining({ reason: 'INVALID_NAME' }));
    expect(() => watch({ namespace: '' })).toThrow(expect.objectContaining({ reason: 'INVALID_NAME' }));
    expect(() => watch({ selector: { statuses: [9 as never] } })).toThrow(
      expect.objectContaining({ reason: 'INVALID_FIELD' }),
    );
  });

  it('shows many instances in parts', async () => {
    const metadata = { text: '.'.repeat(4_000) };
    for (let i = 0; i < 300; i++) register(replica, 'web', String(i), { metadata });
    const { take } = watch();
    await turns(100);
    const messages = take();
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.map(({ snapshot }) => snapshot?.more)).toEqual([...messages.slice(1).map(() => true), false]);
    expect(new Set(messages.flatMap(({ snapshot }) => snapshot?.instances ?? []).map(({ id }) => id)).size).toBe(300);
  });
});

describe('a selector', () => {
  it('turns a change into removed when the instance was shown and no longer matches, and only then', async () => {
    register(replica, 'web', '1');
    register(replica, 'web', '2', { status: DRAINING });
    const { take } = watch({ selector: onlyUp });
    await turns();
    register(replica, 'web', '1', { status: DRAINING });
    register(replica, 'web', '1', { status: DRAINING, zone: 'b' });
    register(replica, 'web', '2', { status: UP });
    deregister(replica, 'web', '1');
    deregister(replica, 'web', '2');
    register(replica, 'web', '3', { status: DRAINING });
    deregister(replica, 'web', '3');
    expect(short(take())).toEqual(['snapshot@3 web/1', 'changes@4 -web/1', 'changes@6 +web/2', 'changes@8 -web/2']);
  });

  it('by zone and metadata', async () => {
    const { take } = watch({ selector: { zones: ['a', 'b'], metadata: { tier: 'gold' } } });
    await turns();
    register(replica, 'web', '1', { zone: 'a', metadata: { tier: 'gold', x: 'y' } });
    register(replica, 'web', '2', { zone: 'c', metadata: { tier: 'gold' } });
    register(replica, 'web', '3', { zone: 'b' });
    expect(short(take()).slice(1)).toEqual(['changes@2 +web/1']);
  });

  it('knows on resume what was shown at the revision', async () => {
    register(replica, 'web', '1');
    register(replica, 'web', '2', { status: DRAINING });
    register(replica, 'web', '3');
    const { take } = watch({ selector: onlyUp, afterRevision: 3 });
    register(replica, 'web', '1', { status: DRAINING });
    register(replica, 'web', '2', { status: DRAINING, zone: 'b' });
    deregister(replica, 'web', '2');
    deregister(replica, 'web', '3');
    await turns();
    expect(short(take())).toEqual(['changes@4 +web/3', 'changes@5 -web/1', 'changes@8 -web/3']);
  });

  it('gets a resync when the state at the revision is compacted', async () => {
    register(replica, 'web', '1');
    register(replica, 'web', '1', { status: DRAINING });
    register(replica, 'web', '2');
    compact(replica);
    const { take } = watch({ selector: onlyUp, afterRevision: 2 });
    await turns();
    deregister(replica, 'web', '1');
    deregister(replica, 'web', '2');
    expect(short(take())).toEqual(['snapshot@4 resync web/2', 'changes@6 -web/2']);
  });

  it('is part of what makes streams share an encoding', async () => {
    const streams = [
      watch({ selector: onlyUp }),
      watch({ selector: { statuses: [UP], zones: [] } }),
      watch({ selector: { statuses: [DRAINING] } }),
      watch(),
    ];
    await turns();
    for (const { stream } of streams) stream.messages.length = 0;
    register(replica, 'web', '1');
    const [a, b, c, d] = streams.map(({ stream }) => stream.messages[0]);
    expect(a).toBeDefined();
    expect(a).toBe(b);
    expect(c).toBeUndefined();
    expect(d).not.toBe(a);
    deregister(replica, 'web', '1');
    expect(streams[1]?.stream.messages.length).toBe(2);
  });

  it('is minded by a stream also when another one has encoded the change', async () => {
    const [first, second] = [watch({ selector: onlyUp }), watch({ selector: onlyUp })];
    await turns();
    register(replica, 'web', '1');
    first.cancel();
    deregister(replica, 'web', '1');
    expect(short(second.take())).toEqual(['snapshot@1', 'changes@2 +web/1', 'changes@3 -web/1']);
  });
});

describe('a slow consumer', () => {
  it('holds after a resync what that showed, and nothing from before', async () => {
    const { stream, take } = await full({ selector: onlyUp });
    for (let i = 0; i < 50; i++) register(replica, 'web', 'stays', { metadata: { i: String(i) } });
    deregister(replica, 'web', 'shown');
    compact(replica);
    stream.capacity = Number.POSITIVE_INFINITY;
    stream.drain();
    await turns();
    register(replica, 'web', 'shown', { status: DRAINING });
    deregister(replica, 'web', 'stays');
    expect(short(take())).toEqual(['snapshot@55 resync web/first web/stays', 'changes@57 -web/stays']);
  });

  async function full(request: Parameters<typeof openRegistry>[1]) {
    register(replica, 'web', 'shown');
    register(replica, 'web', 'stays');
    const opened = watch(request);
    await turns();
    opened.stream.capacity = 1;
    register(replica, 'web', 'first');
    opened.take();
    return opened;
  }

  for (const [name, selector] of [
    ['without a selector', undefined],
    ['with a selector', onlyUp],
  ] as const)
    it(`hears of what went only if it was shown, ${name}`, async () => {
      const { stream, take } = await full({ selector });
      register(replica, 'web', 'shown', { zone: 'b' });
      deregister(replica, 'web', 'shown');
      register(replica, 'web', 'brief');
      register(replica, 'web', 'brief', { zone: 'b' });
      deregister(replica, 'web', 'brief');
      deregister(replica, 'web', 'first');
      register(replica, 'web', 'first', { zone: 'b' });
      register(replica, 'web', 'fresh');
      await vi.advanceTimersByTimeAsync(limits.watchSlowMs);
      stream.drain();
      await turns();
      expect(short(take())).toEqual([`changes@${replica.machine.revision} conflated +web/first +web/fresh -web/shown`]);
    });
});
