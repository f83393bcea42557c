import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RegistrationState } from '../../src/client/registration.js';
import { type DeregisterRequest, type RegisterRequest, registryService } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster, type FakeKeepAlive } from './fake-server.js';

const instance = { namespace: 'prod', service: 'compute', id: 'c1', address: '127.0.0.1', port: 5000 };
const ttlMs = 450;

describe('a registration', () => {
  let cluster: FakeCluster;
  /** Leases and when they run out, over all members, as if they were replicated. */
  let leases: Map<string, number>;
  let granted: RegisterRequest[];
  let deregistered: DeregisterRequest[];
  let renewals: { position: number; lease: string }[];
  let streams: Set<FakeKeepAlive>;

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    leases = new Map();
    granted = [];
    deregistered = [];
    renewals = [];
    streams = new Set();
    for (const [position, member] of cluster.members.entries()) {
      member.onUnary(registryService.register, (request, call) => {
        granted.push(request);
        if (request.lease !== '' && !leases.has(request.lease)) {
          call.refuse('LEASE_NOT_FOUND');
          return;
        }
        const lease = request.lease || (0xa0 + granted.length).toString(16);
        leases.set(lease, performance.now() + request.ttlMs);
        call.answer({ header: { revision: granted.length }, lease, ttlMs: request.ttlMs || ttlMs });
      });
      member.onUnary(registryService.deregister, (request, call) => {
        deregistered.push(request);
        leases.delete(request.lease);
        call.answer({ header: { revision: 99 } });
      });
      renewOn(position);
    }
  });
  afterEach(() => cluster.stop());

  function renewOn(position: number): void {
    cluster.member(position).onKeepAlive(({ lease }, stream) => {
      streams.add(stream);
      renewals.push({ position, lease });
      const alive = (leases.get(lease) ?? 0) > performance.now();
      if (alive) leases.set(lease, performance.now() + ttlMs);
      stream.write({ lease, ttlMs: alive ? ttlMs : 0 });
    });
  }

  test('sends what the owner said, and keeps the lease alive three times in its life', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(
      { ...instance, zone: 'z1', metadata: { a: 'b' }, status: 'DRAINING' },
      { ttlMs },
    );
    expect(granted[0]).toMatchObject({
      ttlMs,
      instance: { ...instance, zone: 'z1', metadata: { a: 'b' }, status: 2, weight: 0 },
    });
    expect(registration.state).toBe('registered');
    const begun = performance.now();
    await until('some renewals', () => renewals.length >= 4);
    // Four thirds of the TTL, less what they may come early.
    expect(performance.now() - begun).toBeGreaterThan(ttlMs);
    expect(new Set(renewals.map(({ lease }) => lease))).toEqual(new Set([registration.lease]));
    expect(registration.state).toBe('registered');
    expect(streams.size).toBe(1);
  });

  test('shares one stream with all registrations of a client', async () => {
    const { registry } = cluster.client();
    const all = ['c1', 'c2', 'c3'].map((id) => registry.register({ ...instance, id }, { ttlMs }));
    const held = new Set((await Promise.all(all)).map(({ lease }) => lease));
    expect(held.size).toBe(3);
    await until('each is renewed', () => new Set(renewals.map(({ lease }) => lease)).size === 3);
    expect(streams.size).toBe(1);
  });

  test('is kept alive through the death of a member and through one that hangs', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    await until('the first member renews', () => renewals.some(({ position }) => position === 0));
    cluster.member(1).onKeepAlive(({ lease }) => renewals.push({ position: 1, lease }));
    cluster.member(0).kill();
    await until('the second member gets it and is silent', () => renewals.some(({ position }) => position === 1));
    await until('the third member renews', () => renewals.filter(({ position }) => position === 2).length >= 2);
    expect(registration.state).toBe('registered');
    expect(granted).toHaveLength(1);
  });

  test('is made anew with the same data when its lease is gone', async () => {
    const states: RegistrationState[] = [];
    const { registry } = cluster.client();
    const registration = await registry.register(
      { ...instance, zone: 'z1' },
      { ttlMs, onStateChange: (state) => states.push(state) },
    );
    const first = registration.lease;
    leases.delete(first);
    await until('it is registered anew', () => registration.state === 'reregistered');
    expect(states).toEqual(['registered', 'lost', 'reregistered']);
    expect(registration.lease).not.toBe(first);
    expect(granted).toHaveLength(2);
    expect(granted[1]?.instance).toEqual(granted[0]?.instance);
    expect(granted[1]).toMatchObject({ lease: '', ttlMs });
    expect(granted[1]?.requestId).not.toBe(granted[0]?.requestId);
    await until('the new lease is kept', () => renewals.some(({ lease }) => lease === registration.lease));
    await registration.close();
    expect(states.at(-1)).toBe('closed');
    expect(deregistered[0]?.lease).toBe(registration.lease);
  });

  test('keeps trying when registering anew is refused', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    let refusals = 0;
    cluster.member(0).onUnary(registryService.register, (_request, call) => {
      refusals++;
      if (refusals < 3) call.refuse('INVALID_FIELD');
      else call.answer({ lease: 'bb', ttlMs });
    });
    leases.clear();
    leases.set('bb', Number.POSITIVE_INFINITY);
    await until('it is registered anew', () => registration.state === 'reregistered');
    expect(registration.lease).toBe('bb');
  });

  test('is removed on close, with its lease as condition; keep-alives end', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    await until('it is renewed', () => renewals.length > 0);
    let ended = false;
    for (const stream of streams) stream.on('cancelled', () => (ended = true));
    await registration.close();
    await registration.close();
    expect(deregistered).toHaveLength(1);
    expect(deregistered[0]).toMatchObject({
      namespace: 'prod',
      service: 'compute',
      id: 'c1',
      lease: registration.lease,
    });
    expect(registration.state).toBe('closed');
    await until('the stream has ended', () => ended);
    await expect(registration.setStatus('DOWN')).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  test('close never fails: neither when a successor has the name nor when no member answers', async () => {
    const { registry } = cluster.client();
    const [replaced, cutOff] = await Promise.all([
      registry.register(instance, { ttlMs }),
      registry.register({ ...instance, id: 'c2' }, { ttlMs }),
    ]);
    cluster.member(0).onUnary(registryService.deregister, (_request, call) => call.refuse('LEASE_MISMATCH'));
    await replaced.close();
    for (const member of cluster.members) member.kill();
    await cutOff.close({ timeoutMs: 50 });
    expect(cutOff.state).toBe('closed');
  });

  test('is left to its lease on close when the owner wants so', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs, deregisterOnClose: false });
    await registration.close();
    expect(deregistered).toHaveLength(0);
    expect(registration.state).toBe('closed');
  });

  test('is removed when the client is closed', async () => {
    const client = cluster.client();
    await client.registry.register(instance, { ttlMs });
    await client.close();
    expect(deregistered).toHaveLength(1);
  });

  test('changes its status and its data on its lease, and takes both along when made anew', async () => {
    const statuses: number[] = [];
    for (const member of cluster.members)
      member.onUnary(registryService.setStatus, (request, call) => {
        statuses.push(request.status);
        call.answer({});
      });
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    await registration.setStatus('DRAINING');
    expect(statuses).toEqual([2]);
    await registration.update({ weight: 50 });
    expect(granted[1]).toMatchObject({ lease: registration.lease, instance: { weight: 50, status: 2, port: 5000 } });
    leases.clear();
    await until('it is registered anew', () => registration.state === 'reregistered');
    expect(granted[2]).toMatchObject({ lease: '', instance: { weight: 50, status: 2, port: 5000 } });
  });

  test('an update that finds the lease gone registers anew and waits for that', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs: 60_000 });
    leases.clear();
    await registration.update({ weight: 7 });
    expect(registration.state).toBe('reregistered');
    expect(granted.at(-1)).toMatchObject({ lease: '', instance: { weight: 7 } });
  });

  test('data that change while it is made anew are sent after it, on the new lease', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    const sent: RegisterRequest[] = [];
    let answer: (() => void) | undefined;
    cluster.member(0).onUnary(registryService.register, (request, call) => {
      sent.push(request);
      answer = () => call.answer({ lease: 'dd', ttlMs });
      if (sent.length > 1) answer();
    });
    leases.clear();
    leases.set('dd', Number.POSITIVE_INFINITY);
    await until('it is being made anew', () => answer);
    const update = registration.update({ weight: 8 });
    answer?.();
    await update;
    expect(sent).toMatchObject([{ lease: '' }, { lease: 'dd', instance: { weight: 8 } }]);
    expect(registration.state).toBe('reregistered');
  });

  test('closing while it is made anew removes what that has made', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, { ttlMs });
    let answer: (() => void) | undefined;
    cluster.member(0).onUnary(registryService.register, (_request, call) => {
      answer = () => call.answer({ lease: 'cc', ttlMs });
    });
    leases.clear();
    await until('it is being made anew', () => answer);
    const closing = registration.close();
    answer?.();
    await closing;
    expect(deregistered.map(({ lease }) => lease)).toEqual(['cc']);
  });

  test('a failing listener does not stop it', async () => {
    const { registry } = cluster.client();
    const registration = await registry.register(instance, {
      ttlMs,
      onStateChange: () => {
        throw new Error('of the listener');
      },
    });
    leases.clear();
    await until('it is registered anew', () => registration.state === 'reregistered');
  });
});
