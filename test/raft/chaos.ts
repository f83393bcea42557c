/** One seeded life of a cluster: faults and traffic, then healing and rest. */
import { assert, present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { allMembers } from '../../src/raft/membership.js';
import type { Membership, MembershipChange } from '../../src/raft/types.js';
import { Network } from './network.js';
import { type SimMember, ticksPerElection } from './sim-member.js';

const ids = (...numbers: number[]): MemberId[] => numbers as MemberId[];

/** Mostly three and five voters; also one, two, four, a joint membership, and learners. */
const memberships: readonly Membership[] = [
  { voters: ids(1, 2, 3), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3, 4, 5), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3, 4, 5), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3, 4), outgoing: [], learners: [] },
  { voters: ids(1, 2), outgoing: [], learners: [] },
  { voters: ids(1), outgoing: [], learners: [] },
  { voters: ids(1, 2, 3), outgoing: ids(3, 4, 5), learners: [] },
  { voters: ids(1, 2, 3), outgoing: [], learners: ids(4) },
];

/** @throws AssertionFailure when anything is wrong */
export function runSeed(seed: number): void {
  const choose = seededRandom(seed ^ 0x5eed);
  const membership = present(memberships[Math.floor(choose() * memberships.length)], 'no membership');
  const network = new Network(seed, membership);
  const chaos = new Chaos(network, choose() < 0.15, choose() < 0.4 ? choose() * 0.15 : 0);
  network.after(0, () => chaos.step());
  network.run(300);
  chaos.over = true;
  settle(network);
}

class Chaos {
  over = false;
  private proposed = 0;
  private readonly wild: number;
  /** Leaders fall all the time, as in figure 8 of the paper. */
  private readonly restless: number;

  constructor(
    private readonly network: Network,
    private readonly losesData: boolean,
    /** How often somebody asks for a change of the membership. */
    private readonly reshapes: number,
  ) {
    const { faults, members } = network;
    this.wild = network.random();
    this.restless = network.chance(0.4) ? network.random() * 0.1 : 0;
    faults.loss = network.chance(0.5) ? 0 : network.random() * 0.15;
    faults.repeat = network.chance(0.5) ? 0 : network.random() * 0.3;
    faults.delay = network.chance(0.5) ? 0 : network.random() * 0.3;
    for (const member of members.values()) {
      member.diskTime = network.chance(0.3) ? 60 : 1 + network.below(10);
      member.oneWriteAtATime = network.chance(0.5);
      member.laziness = network.chance(0.5) ? 0 : network.random() * 0.7;
    }
  }

  /** Does something every few units of time. */
  step(): void {
    if (this.over) return;
    const { network } = this;
    const dice = network.random();
    const members = [...network.members.values()];
    const member = network.pick(members);
    if (dice < 0.5) this.propose(member);
    else if (dice < 0.8) {
      if (member.raft) member.read();
    } else if (dice < 0.86) member.trim(network.below(6));
    else if (dice < 0.87) member.input((raft) => raft.transferLeadership(this.target(members)));
    else if (dice < 0.88) member.input((raft) => raft.peerGone(network.pick(members).id));
    else if (dice < 0.89) member.input((raft) => raft.peerConnected(network.pick(members).id));
    else if (dice < 0.9 + this.wild * 0.1) this.fault(member, members);
    if (network.chance(this.reshapes)) this.reshape();
    if (network.chance(this.restless)) this.fell(network.leader, members);
    if (this.losesData && network.chance(0.05)) this.loseData(member, members);
    network.after(1 + network.below(12), () => this.step());
  }

  private propose(member: SimMember): void {
    const { network } = this;
    const proposer = network.chance(0.8) ? (network.leader ?? member) : member;
    const labels: string[] = [];
    for (let count = network.below(4); count >= 0; count--)
      labels.push(`${++this.proposed}`.padEnd(network.below(30), '.'));
    proposer.propose(...labels);
  }

  private target(members: readonly SimMember[]): MemberId | undefined {
    return this.network.chance(0.3) ? undefined : this.network.pick(members).id;
  }

  private fault(member: SimMember, members: readonly SimMember[]): void {
    const { network } = this;
    const other = network.pick(members);
    const dice = network.random();
    if (dice < 0.05) member.crash();
    else if (dice < 0.15)
      for (const each of members) this.restart(each.isWriting && network.chance(0.5) ? each : member);
    else if (dice < 0.18) member.pause(network.below(400));
    else if (dice < 0.2) network.leader?.crash();
    else if (dice < 0.23) for (const each of members) each.crash();
    else if (dice < 0.5) member.start();
    else if (dice < 0.6) network.setCut(member.id, other.id, true);
    else if (dice < 0.65) this.isolate(member, members);
    else if (dice < 0.68) this.isolate(network.leader ?? member, members);
    else for (const each of members) this.join(member, each);
  }

  /** Asks a leader, mostly the one there is, for a change. Whoever is removed keeps running and knows nothing of it. */
  private reshape(): void {
    const { network } = this;
    const leader = network.chance(0.9) ? network.leader : network.running[0];
    if (!leader?.raft) return;
    const { membership } = leader.raft.status();
    if (membership.voters.length === 0) return;
    const dice = network.random();
    if (network.chance(0.15) && membership.records?.length) {
      const { id } = network.pick(membership.records);
      const place = `n${id}:${network.below(3)}`;
      this.change(leader, { kind: 'describe', id, name: `n${id}`, clientAddress: '', peerAddress: place });
    } else if (dice < 0.4 && network.members.size < 12) {
      const id = (Math.max(...network.members.keys()) + 1) as MemberId;
      const replaces = network.chance(0.3) ? network.pick(membership.voters) : undefined;
      const promote = network.chance(0.8);
      const record = { id, name: `n${id}`, clientAddress: '', peerAddress: '', promote, replaces };
      network.join(id);
      this.change(leader, { kind: 'add', record });
    } else if (dice < 0.5 && membership.learners.length > 0) {
      this.change(leader, { kind: 'promote', id: network.pick(membership.learners) });
    } else this.change(leader, { kind: 'remove', id: network.pick(allMembers(membership)) });
  }

  private change(member: SimMember, change: MembershipChange): void {
    member.input((raft) => raft.changeMembership(change));
  }

  /** A short outage. */
  private restart(member: SimMember): void {
    if (!member.raft) return;
    member.crash();
    this.network.after(this.network.below(40), () => member.start());
  }

  /** The leader crashes, is cut off or stops, and in half of the cases the others notice at once. */
  private fell(leader: SimMember | undefined, members: readonly SimMember[]): void {
    const { network } = this;
    if (!leader) return;
    const dice = network.random();
    if (dice < 0.4) this.restart(leader);
    else if (dice < 0.7) leader.pause(network.below(300));
    else this.isolate(leader, members);
    if (dice >= 0.7)
      network.after(network.below(400), () => {
        for (const each of members) this.join(leader, each);
      });
    if (network.chance(0.5)) for (const each of members) each.input((raft) => raft.peerGone(leader.id));
    for (const each of members) if (each.isWriting && network.chance(0.2)) this.restart(each);
    if (network.chance(0.5)) network.after(network.below(100), () => leader.raft && leader.read());
  }

  private isolate(member: SimMember, members: readonly SimMember[]): void {
    for (const other of members) {
      if (other === member) continue;
      this.network.setCut(member.id, other.id, true);
      this.network.setCut(other.id, member.id, true);
    }
  }

  private join(member: SimMember, other: SimMember): void {
    this.network.setCut(member.id, other.id, false);
    this.network.setCut(other.id, member.id, false);
  }

  /**
   * One member comes back without its data. No consensus can promise anything if that happens amid other faults, as a lost promise is a lost
   * promise: so only when all are up and agree on the leader, and not while another one recovers.
   */
  private loseData(member: SimMember, members: readonly SimMember[]): void {
    const { network } = this;
    const leader = network.leader;
    if (!leader || leader === member) return;
    const { voters, outgoing } = leader.core.status().membership;
    if (voters.length < 3 || outgoing.length > 0) return;
    const term = leader.core.status().term;
    const calm = members.every(
      (each) => each.raft?.status().term === term && each.raft.status().leader === leader.id && !each.disk.recovering,
    );
    if (!calm || network.cut.size > 0) return;
    member.wipe();
    member.start();
  }
}

/** Liveness: once all is well again, there is a leader, new entries reach everybody, and reads are answered. */
function settle(network: Network): void {
  network.heal();
  const electing = network.run(ticksPerElection * 20, () => network.leader !== undefined);
  assert(electing, 'no leader after healing');
  const target = network.oracle.highest + 1;
  // A leader that still loses its office may lose a proposal with it; callers try again, and so does this one.
  const proposed = [1, 2, 3, 4].some(() => {
    network.leader?.propose('after healing');
    return network.run(ticksPerElection * 4, () => network.oracle.highest >= target);
  });
  assert(proposed, 'nothing is committed after healing');
  const caughtUp = network.run(ticksPerElection * 400, () => {
    const { lastIndex = Number.POSITIVE_INFINITY, membership } = network.leader?.core.status() ?? {};
    if (membership?.outgoing.length !== 0) return false;
    return present(members(network), 'a leader').every((each) => each.machine.applied >= lastIndex);
  });
  assert(caughtUp, 'a member does not catch up after healing');
  network.run(ticksPerElection * 2);
  assert(!members(network)?.some((each) => each.core.status().recovering), 'a member does not recover after healing');
  for (const each of members(network) ?? []) {
    const answered = [1, 2, 3].some(() => {
      const token = each.read();
      return (
        network.run(ticksPerElection, () => each.answered.includes(token) || each.failed.includes(token)) &&
        each.answered.includes(token)
      );
    });
    assert(answered, 'a read is not answered after healing');
  }
}

/** Those that take part, as the leader sees it; the others need not catch up with anything. */
function members(network: Network): SimMember[] | undefined {
  const membership = network.leader?.core.status().membership;
  return membership && allMembers(membership).map((id) => network.member(id));
}
