/** One seed: builds the world, lets it live through faults, heals it, and sees that everything goes on and all is right. */
import { present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import type { Machine } from '../../src/machine/machine.js';
import type { Raft } from '../../src/raft/raft.js';
import { Aimed } from './aimed.js';
import { Calls } from './calls.js';
import { Authority } from './checkers/authority.js';
import { Committed } from './checkers/committed.js';
import { Disks } from './checkers/disks.js';
import { Elections } from './checkers/elections.js';
import { ExactlyOnce } from './checkers/exactly-once.js';
import { Guards } from './checkers/guards.js';
import { Images } from './checkers/images.js';
import { Invariants } from './checkers/invariants.js';
import { Leaders } from './checkers/leaders.js';
import { Leases } from './checkers/leases.js';
import { Linearizable } from './checkers/linearizable.js';
import { Logs } from './checkers/logs.js';
import { Memberships } from './checkers/memberships.js';
import { Permanence } from './checkers/permanence.js';
import { Promises } from './checkers/promises.js';
import { Quorums } from './checkers/quorums.js';
import { States } from './checkers/states.js';
import { Stickiness } from './checkers/stickiness.js';
import { Contest, contested } from './contest.js';
import { Faults } from './faults.js';
import { Fleet } from './fleet.js';
import { Ghosts } from './ghosts.js';
import { History } from './history.js';
import { LossyLinks } from './links.js';
import { Liveness } from './liveness.js';
import { type Origin, SimMember, tickMs } from './members.js';
import { SimNetwork } from './network.js';
import { drawReshaping, Operators } from './operators.js';
import { Session } from './sessions.js';
import { drawSwarm, type Swarm } from './swarm.js';
import { Client } from './traffic.js';
import { Follower } from './watches.js';
import { type Scope, type Violation, World } from './world.js';

export interface Report {
  readonly violation: Violation | undefined;
  readonly traceHash: string;
  readonly stateHash: string;
  readonly simulatedMs: number;
  readonly events: number;
  readonly calls: number;
  readonly acknowledged: number;
  readonly terms: number;
  /** Changes of the membership that were made. */
  readonly changes: number;
  readonly lastLines: readonly string[];
}

export class Simulation {
  readonly world: World;
  readonly swarm: Swarm;
  readonly history = new History();
  readonly fleet = new Fleet();
  readonly members: readonly SimMember[] = this.fleet.members;
  readonly calls: Calls;
  readonly leases: Leases;
  readonly guards: Guards;
  readonly clients: readonly Client[];
  readonly sessions: readonly Session[];
  readonly followers: readonly Follower[];
  readonly faults: Faults;
  /** Undefined: the members stay those of the settings. */
  readonly operators: Operators | undefined;
  private readonly aimed: Aimed;
  private readonly leaders: Leaders;
  private readonly authority: Authority;
  private readonly quorums: Quorums;
  private readonly stickiness: Stickiness;
  private readonly memberships: Memberships;
  private readonly permanence: Permanence;
  private readonly promises: Promises;
  private readonly disks: Disks;
  private readonly elections: Elections;
  private readonly logs: Logs;
  private readonly committed: Committed;
  private readonly states: States;
  private readonly invariants: Invariants;
  private readonly exactlyOnce: ExactlyOnce;
  private readonly machines = new WeakSet<Machine>();
  private tags = 0;

  constructor(seed: number, verbose = false) {
    const world = new World(seed);
    this.world = world;
    world.trace.verbose = verbose;
    const swarm = contested(drawSwarm(world.random('swarm')), world.random('contest'));
    this.swarm = swarm;
    world.trace.note('is of', 'seed', JSON.stringify(swarm));
    this.leaders = new Leaders(world, this.history);
    const { fleet } = this;
    const raftOf = (id: MemberId): Raft | undefined => {
      const member = fleet.get(id);
      return member?.lacksData ? undefined : member?.replica?.['raft'];
    };
    this.authority = new Authority(world, raftOf);
    this.promises = new Promises(world, raftOf);
    this.disks = new Disks(world, (id) => {
      const raft = raftOf(id);
      const platter = fleet.get(id)?.platter;
      return raft && platter && { raft, platter };
    });
    this.quorums = new Quorums(world);
    this.stickiness = new Stickiness(world);
    this.memberships = new Memberships(world, raftOf);
    this.permanence = new Permanence(world, (id) => {
      const member = fleet.get(id);
      return member === undefined || member.lost || member.lacksData;
    });
    this.elections = new Elections(world, raftOf);
    this.logs = new Logs(world);
    this.committed = new Committed(world);
    this.states = new States(world, this.history);
    this.invariants = new Invariants(world);
    this.exactlyOnce = new ExactlyOnce(world, this.history);
    const linearizable = new Linearizable(world, this.history);
    const exact = swarm.every.jump === Number.POSITIVE_INFINITY && swarm.cpuCostMs === 0;
    this.leases = new Leases(world, exact ? 1 + swarm.clockSpread : undefined, swarm.electionTicks * tickMs);
    this.guards = new Guards(world);
    this.calls = new Calls(world, linearizable, this.exactlyOnce);
    const reshaping = drawReshaping(world.random('reshaping'));
    const ids = Array.from({ length: reshaping?.founders ?? swarm.members }, (_, i) => (i + 1) as MemberId);
    const network = new SimNetwork(world, swarm, (id) => present(fleet.get(id), 'a member that runs').scope);
    network.onSent = (message) => {
      this.authority.onSent(message);
      this.promises.onSent(message);
      this.quorums.onSent(message);
      this.disks.onSent(message);
      this.elections.onSent(message);
    };
    network.onArrives = (message) => this.stickiness.onArrives(message);
    const events = {
      onUp: (member: SimMember) => this.observe(member),
      onDown: (member: SimMember) => this.states.onDown(member),
      onLoss: () => {
        this.fleet.lossNoticedAt = this.world.now + 2 * this.swarm.electionTicks * tickMs;
      },
      onWritten: ({ platter }: SimMember) => this.disks.onWritten(platter),
    };
    const settings = ids.map((id) => ({ id, name: `n${id}`, clientAddress: '', peerAddress: '' }));
    const founders: Origin = { founder: true, members: () => settings };
    for (const { id, name } of settings) fleet.add(new SimMember(world, swarm, network, founders, id, name, events));
    world.afterEvent = (scope) => this.look(scope);
    const { calls, members } = this;
    const around = { world, swarm, members, calls, linearizable, nextTag: () => this.nextTag() };
    this.clients = times(swarm.clients, (i) => new Client(around, i));
    this.sessions = times(swarm.sessions, (i) => new Session(around, this.leases, i));
    this.followers = times(swarm.watches, (i) => new Follower(around, this.history, i));
    this.faults = new Faults(world, swarm, network, fleet, calls, reshaping !== undefined);
    this.aimed = new Aimed(world, swarm, members, calls, this.history, this.faults);
    new Contest(world, swarm, network, members, calls, this.faults, around.nextTag);
    new LossyLinks(world, network, members, calls, this.faults);
    const ghosts = new Ghosts(world, swarm, fleet, this.faults);
    network.comesAgain = (delivery) => ghosts.onCarried(delivery);
    for (const member of members) member.start();
    if (!reshaping) return;
    world.trace.note('is reshaped', 'seed', JSON.stringify(reshaping));
    const operators = new Operators(world, reshaping, fleet, calls, (id, name) => {
      const newcomer: Origin = { founder: false, members: (known) => operators.tell(id, name, known) };
      const member = new SimMember(world, swarm, network, newcomer, id, name, events);
      fleet.add(member);
      return member;
    });
    this.operators = operators;
  }

  nextTag(): string {
    return `op${++this.tags}`;
  }

  async run(): Promise<Report> {
    const { world } = this;
    await world.advance(this.swarm.faultyMs);
    if (!world.violation) await new Liveness(this).run();
    if (!world.violation) await world.during(new Images(world).check(this.members.filter(({ up }) => up)));
    return {
      violation: world.violation,
      traceHash: world.trace.hash,
      stateHash: this.states.hash,
      simulatedMs: world.now,
      events: world.events,
      calls: this.calls.made,
      acknowledged: this.calls.acknowledged,
      terms: this.leaders.count,
      changes: this.memberships.changes,
      lastLines: world.trace.last(200),
    };
  }

  /** After every event: what changed of the members is compared with what must be. */
  private look(scope: Scope): void {
    for (const member of this.fleet.all) {
      const { replica } = member;
      // An event of one member changes no other.
      if (!replica || (member.scope !== scope && scope !== this.world.always)) continue;
      this.observe(member);
      const raft = replica['raft'];
      this.invariants.onStep(raft);
      this.leaders.onStep(raft);
      this.authority.onStep(raft);
      this.quorums.onStep(raft);
      this.stickiness.onStep(raft);
      this.memberships.onStep(raft);
      this.permanence.onStep(raft);
      this.promises.onStep(raft);
      this.elections.onStep(raft);
      this.logs.onStep(raft);
      this.states.onStep(member);
      this.aimed.onStep(member);
    }
    this.stickiness.onEventOver();
  }

  /** Hears of everything that a machine applies; a new one is compared with the history first. */
  private observe(member: SimMember): void {
    const { replica } = member;
    if (!replica) return;
    const { machine } = replica;
    if (this.machines.has(machine)) return;
    this.machines.add(machine);
    this.states.onLoaded(member);
    const apply = machine.apply.bind(machine);
    machine.apply = (batch, own) => {
      const applied = apply(batch, own);
      const entry = this.history.describe(member.id, replica['raft'].state.term, batch, applied);
      const known = this.history.entries[batch.index];
      if (known) this.committed.onApplied(known, entry);
      else {
        this.history.add(entry, applied);
        this.permanence.onApplied(entry.index, entry.term);
        this.exactlyOnce.onApplied(applied);
        this.leases.onApplied(batch, applied);
        this.guards.onApplied(batch, applied);
      }
      return applied;
    };
  }
}

function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}
