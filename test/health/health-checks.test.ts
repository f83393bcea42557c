/** The checks of several members over one key space: who runs what, and what goes through the log. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { instanceFromVersion, instanceJson } from '../../src/api/quorate/instance.js';
import { rangeQuery } from '../../src/api/quorate/range-query.js';
import { settingsJson } from '../../src/api/quorate/service-settings.js';
import { type Key, type LeaseId, type MemberId, NO_LEASE, type Revision } from '../../src/base/ids.js';
import { silentLog } from '../../src/base/log.js';
import { prefixEnd } from '../../src/base/ranges.js';
import type { Check } from '../../src/health/check.js';
import { HealthChecks } from '../../src/health/health-checks.js';
import type { ProbeResult } from '../../src/health/probe.js';
import { REGISTRY_ROOT } from '../../src/machine/registry-keys.js';
import type { SetHealthCommand } from '../../src/machine/types.js';
import { Instance, type InstanceIn, ServiceSettings, type ServiceSettingsIn } from '../../src/proto/quorate.js';
import { FakeReplica } from '../support/fake-replica.js';
import { FakeClock } from './fake-clock.js';
import { FakeProbe } from './fake-probe.js';

const tcp = { tcp: {}, intervalMs: 1_000, timeoutMs: 400, rise: 2, fall: 3 };

/** One member's checks; all members share the key space of one fake. */
class Member {
  readonly probes = new Map<number, FakeProbe>();
  readonly checks: HealthChecks;
  leader: MemberId | undefined = 1 as MemberId;

  constructor(
    private readonly world: World,
    readonly id: MemberId,
  ) {
    const { replica, clock } = world;
    this.checks = new HealthChecks({
      replica: {
        memberId: id,
        members: replica.members,
        machine: replica.machine,
        hub: replica.hub,
        status: () => ({ ...replica.status(), leader: this.leader }),
        submit: (...args) => replica.submit(...args),
      },
      isConnected: (other) => world.members.some((member) => member.id === other && member.leader !== undefined),
      log: silentLog,
      clock,
      openProbe: (check) => this.open(check),
    });
  }

  /** Ports that it probes at the moment. */
  get ports(): number[] {
    return [...this.probes].flatMap(([port, { closed }]) => (closed === 0 ? [port] : [])).sort();
  }

  private open(check: Check): FakeProbe {
    const probe = new FakeProbe(this.world.clock);
    if (this.world.down.has(check.port)) probe.state = 'down';
    const run = probe.run.bind(probe);
    probe.run = (done: (result: ProbeResult) => void) => {
      probe.state = this.world.down.has(check.port) ? 'down' : 'up';
      return run(done);
    };
    this.probes.set(check.port, probe);
    return probe;
  }
}

class World {
  readonly clock = new FakeClock();
  readonly replica = new FakeReplica();
  readonly members: Member[] = [];
  readonly down = new Set<number>();
  private port = 5_000;

  /** Begins to check on so many members. */
  async start(count: number): Promise<this> {
    for (const { id } of this.replica.members.slice(0, count)) this.members.push(new Member(this, id));
    for (const { checks } of this.members) checks.start();
    await this.pass(0);
    return this;
  }

  /** Lets time pass, and the log do its work. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= 50) {
      this.clock.advance(Math.min(50, left));
      for (let i = 0; i < 3; i++) await nextTurn();
    }
  }

  register(id: string, more: InstanceIn = {}): { lease: LeaseId; port: number } {
    const port = more.port ?? ++this.port;
    const { lease = '', ...rest } = more;
    const names = { namespace: 'prod', service: 'compute', id };
    const instance = Instance.decode(Instance.encode({ ...names, address: '127.0.0.1', port, ...rest }));
    const { result } = this.replica.apply({
      kind: 'register',
      namespace: 'prod',
      service: 'compute',
      instance: id,
      json: instanceJson(instance, 1),
      lease: lease as LeaseId,
      ttlMs: 60_000,
    });
    if (result.kind !== 'register') throw new Error(`not registered: ${JSON.stringify(result)}`);
    return { lease: result.lease, port };
  }

  deregister(id: string): void {
    this.replica.apply({ kind: 'deregister', namespace: 'prod', service: 'compute', instance: id, lease: NO_LEASE });
  }

  settings(settings: ServiceSettingsIn): void {
    const json = settingsJson(
      ServiceSettings.decode(ServiceSettings.encode({ namespace: 'prod', name: 'compute', ...settings })),
    );
    this.replica.apply({ kind: 'putService', namespace: 'prod', service: 'compute', json, ifVersion: undefined });
  }

  /** Health by id. */
  health(): Record<string, number> {
    const key = REGISTRY_ROOT as Key;
    const query = rangeQuery(key, prefixEnd(key), { revision: 0 as Revision, limit: 0, keysOnly: false });
    const instances = this.replica.machine.range(query).items.map(instanceFromVersion);
    return Object.fromEntries(instances.map(({ id, health }) => [id, health]));
  }

  /** What the members have reported. */
  get reports(): string[] {
    return this.replica.submitted
      .filter((command): command is SetHealthCommand => command.kind === 'setHealth')
      .map(({ instance, health }) => `${instance} ${health}`);
  }
}

const PASSING = 1;
const FAILING = 2;
const UNCHECKED = 4;

let world: World;
afterEach(() => {
  for (const { checks } of world.members) checks.stop();
});

describe('health checks', () => {
  it('cost nothing while nothing has checks', async () => {
    world = await new World().start(1);
    world.register('a');
    await world.pass(1_000);
    expect(world.members[0]?.checks.status()).toEqual({ instances: 0, own: 0 });
    expect(world.clock.waiting).toBe(0);
    expect(world.health()).toEqual({ a: PASSING });
  });

  it('find instances that were there before, and those that come', async () => {
    world = new World();
    world.register('before', { checks: [tcp] });
    expect(world.health()).toEqual({ before: UNCHECKED });
    await world.start(1);
    world.register('after', { checks: [tcp] });
    await world.pass(200);
    expect(world.health()).toEqual({ before: PASSING, after: PASSING });
    expect(world.reports.sort()).toEqual(['after PASSING', 'before PASSING']);
  });

  it('are run by one member each, and reported once for each change', async () => {
    world = await new World().start(3);
    const ports = Array.from({ length: 30 }, (_, i) => world.register(`i${i}`, { checks: [tcp] }).port);
    await world.pass(1_000);
    expect(world.members.flatMap((member) => member.ports).sort()).toEqual(ports);
    for (const member of world.members) expect(member.ports.length).toBeGreaterThan(0);
    expect(world.reports).toHaveLength(30);
    world.down.add(ports[0] ?? 0);
    await world.pass(5_000);
    expect(world.health()).toMatchObject({ i0: FAILING, i1: PASSING });
    expect(world.reports.slice(30)).toEqual(['i0 FAILING']);
  });

  it('are taken over from a member that is gone, from what is known, and given back', async () => {
    world = await new World().start(3);
    const ports = Array.from({ length: 30 }, (_, i) => world.register(`i${i}`, { checks: [tcp] }).port);
    await world.pass(1_000);
    const [first, ...others] = world.members;
    if (!first) throw new Error('there are members');
    const its = first.ports;
    first.leader = undefined;
    await world.pass(4_000);
    expect(first.ports).toEqual([]);
    expect(others.flatMap((member) => member.ports).sort()).toEqual(ports);
    expect(world.reports).toHaveLength(30);
    first.leader = 1 as MemberId;
    await world.pass(1_000);
    expect(first.ports).toEqual(its);
    expect(world.reports).toHaveLength(30);
  });

  it('go on counting through an election', async () => {
    world = await new World().start(1);
    const { port } = world.register('a', { checks: [tcp] });
    await world.pass(200);
    const [member] = world.members;
    if (!member) throw new Error('there is a member');
    world.down.add(port);
    await world.pass(1_000);
    member.leader = undefined;
    await world.pass(1_000);
    member.leader = 2 as MemberId;
    await world.pass(1_000);
    expect(world.health()).toEqual({ a: FAILING });
  });

  it('end with the instance, with its checks, or with its lease', async () => {
    world = await new World().start(1);
    const [member] = world.members;
    const { port } = world.register('a', { checks: [tcp] });
    await world.pass(200);
    expect(member?.ports).toEqual([port]);
    world.register('a', { port });
    await world.pass(200);
    expect(member?.ports).toEqual([]);
    expect(world.health()).toEqual({ a: PASSING });
    world.register('a', { port, checks: [tcp] });
    await world.pass(200);
    expect(member?.ports).toEqual([port]);
    world.deregister('a');
    await world.pass(1_000);
    expect(member?.ports).toEqual([]);
    expect(member?.checks.status()).toEqual({ instances: 0, own: 0 });
    expect(world.clock.waiting).toBe(0);
  });

  it('begin anew with another address or other checks, and go on with the same', async () => {
    world = await new World().start(1);
    const [member] = world.members;
    const { port } = world.register('a', { checks: [tcp] });
    await world.pass(200);
    const probe = member?.probes.get(port);
    world.register('a', { port, checks: [tcp], zone: 'b' });
    await world.pass(100);
    expect(probe?.closed).toBe(0);
    expect(world.health()).toEqual({ a: PASSING });
    world.register('a', { port: 6_000, checks: [tcp] });
    await world.pass(0);
    expect(world.health()).toEqual({ a: UNCHECKED });
    await world.pass(100);
    expect(probe?.closed).toBe(1);
    expect(member?.ports).toEqual([6_000]);
    expect(world.health()).toEqual({ a: PASSING });
    const failing = world.down.add(6_000);
    await world.pass(4_000);
    failing.clear();
    world.register('a', { port: 6_000, checks: [{ ...tcp, rise: 5 }] });
    await world.pass(100);
    expect(world.health()).toEqual({ a: PASSING });
  });

  it('of the service are those of its instances that name none, and end with them', async () => {
    world = await new World().start(1);
    const [member] = world.members;
    world.register('plain', { port: 5_001 });
    world.register('own', { port: 5_002, checks: [{ ...tcp, port: 7_000 }] });
    await world.pass(200);
    expect(member?.ports).toEqual([7_000]);
    world.settings({ checks: [{ ...tcp, port: 8_000 }] });
    await world.pass(1_500);
    expect(member?.ports).toEqual([7_000, 8_000]);
    world.down.add(8_000);
    await world.pass(5_000);
    expect(world.health()).toEqual({ own: PASSING, plain: FAILING });
    world.register('late', { port: 5_003 });
    await world.pass(200);
    expect(world.health()).toEqual({ late: FAILING, own: PASSING, plain: FAILING });
    world.settings({});
    await world.pass(500);
    expect(member?.ports).toEqual([7_000]);
    expect(world.health()).toEqual({ late: PASSING, own: PASSING, plain: PASSING });
  });

  it('go on after a time without a quorum, and say then what they found', async () => {
    world = await new World().start(1);
    const { port } = world.register('a', { checks: [tcp] });
    await world.pass(200);
    world.replica.quorum = false;
    world.down.add(port);
    await world.pass(5_000);
    expect(world.health()).toEqual({ a: PASSING });
    world.replica.quorum = true;
    await world.pass(2_000);
    expect(world.health()).toEqual({ a: FAILING });
  });
});
