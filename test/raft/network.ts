/**
 * A cluster of cores on a simulated network with simulated disks, all decided by one seed: messages are lost, repeated, delayed and
 * overtaken, links are cut, members crash and lose what is not synced. Every step is checked.
 */
import { present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import { type Random, seededRandom } from '../../src/base/random.js';
import { allMembers } from '../../src/raft/membership.js';
import type { Membership, RaftMessage, RaftOptions } from '../../src/raft/types.js';
import { Oracle } from './oracle.js';
import { SimMember, tickTime } from './sim-member.js';

export interface Faults {
  /** Probability that a message is lost, is sent twice, or takes very long. */
  loss: number;
  repeat: number;
  delay: number;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

export class Network {
  readonly random: Random;
  readonly members = new Map<MemberId, SimMember>();
  readonly oracle: Oracle;
  readonly faults: Faults = { loss: 0, repeat: 0, delay: 0 };
  /** Directed links that carry nothing. */
  readonly cut = new Set<string>();
  /** Tests may drop messages or see them pass. */
  filter: (message: RaftMessage) => boolean = () => true;
  now = 0;
  private readonly events: Event[] = [];
  private order = 0;
  private nextToken = 1;

  constructor(
    seed: number,
    readonly membership: Membership,
    readonly options: Partial<RaftOptions> = {},
  ) {
    this.random = seededRandom(seed);
    this.oracle = new Oracle(membership, (id) => this.member(id).disk);
    for (const id of allMembers(membership)) this.members.set(id, new SimMember(this, id));
    for (const member of this.members.values()) member.start();
  }

  /** A further member, which knows nobody until the log or an image tells it. */
  join(id: MemberId): SimMember {
    const member = new SimMember(this, id, { voters: [], outgoing: [], learners: [] });
    this.members.set(id, member);
    member.start();
    return member;
  }

  member(id: MemberId): SimMember {
    return present(this.members.get(id), 'an unknown member');
  }

  get running(): SimMember[] {
    return [...this.members.values()].filter((member) => member.raft !== undefined);
  }

  /** The running leader of the highest term. */
  get leader(): SimMember | undefined {
    const leaders = this.running.filter((member) => member.core.status().role === 'leader');
    return leaders.sort((a, b) => b.core.status().term - a.core.status().term)[0];
  }

  chance(probability: number): boolean {
    return this.random() < probability;
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return present(items[this.below(items.length)], 'nothing to choose from');
  }

  token(): number {
    return this.nextToken++;
  }

  after(delay: number, run: () => void): void {
    const event = { at: this.now + delay, order: this.order++, run };
    let at = this.events.length;
    this.events.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = this.events[parent] as Event;
      if (!precedes(event, above)) break;
      this.events[at] = above;
      at = parent;
    }
    this.events[at] = event;
  }

  private nextEvent(): Event | undefined {
    const first = this.events[0];
    const last = this.events.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.events.length) break;
      const right = this.events[child + 1];
      if (right !== undefined && precedes(right, this.events[child] as Event)) child++;
      if (!precedes(this.events[child] as Event, last)) break;
      this.events[at] = this.events[child] as Event;
      at = child;
    }
    this.events[at] = last;
    return first;
  }

  /** Runs for `ticks` ticks, or until the condition holds. Returns whether it held (without a condition: true). */
  run(ticks: number, until?: () => boolean): boolean {
    const end = this.now + ticks * tickTime;
    if (until?.()) return true;
    while (this.events.length > 0 && (this.events[0] as Event).at <= end) {
      const event = present(this.nextEvent(), 'no event');
      this.now = event.at;
      event.run();
      if (until?.()) return true;
    }
    this.now = end;
    return until === undefined;
  }

  reachable(from: MemberId, to: MemberId): boolean {
    return !this.cut.has(`${from}>${to}`) && this.member(to).raft !== undefined;
  }

  setCut(from: MemberId, to: MemberId, cut: boolean): void {
    if (cut) this.cut.add(`${from}>${to}`);
    else if (this.cut.delete(`${from}>${to}`)) this.member(from).input((raft) => raft.peerConnected(to));
  }

  heal(): void {
    Object.assign(this.faults, { loss: 0, repeat: 0, delay: 0 });
    for (const link of [...this.cut]) {
      const [from, to] = link.split('>').map(Number) as [MemberId, MemberId];
      this.setCut(from, to, false);
    }
    for (const member of this.members.values()) {
      member.diskTime = Math.min(member.diskTime, 5);
      member.start();
    }
  }

  send(message: RaftMessage): void {
    if (!this.filter(message) || this.chance(this.faults.loss)) return;
    const epoch = this.member(message.from).epoch + this.member(message.to).epoch;
    const arrive = (): void => {
      // Data loss means another process: what was on its connections is gone.
      if (epoch !== this.member(message.from).epoch + this.member(message.to).epoch) return;
      if (this.reachable(message.from, message.to)) this.member(message.to).input((raft) => raft.step(message));
    };
    this.after(this.latency(), arrive);
    if (this.chance(this.faults.repeat)) this.after(this.latency() * 3, arrive);
  }

  latency(): number {
    return this.chance(this.faults.delay) ? this.below(15 * tickTime) : 1 + this.below(5);
  }
}

function precedes(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
