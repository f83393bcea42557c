/**
 * Links that lose some kinds of messages and carry the others, in a share of the seeds: a follower that hears heartbeats and gets no entries, a leader whose
 * entries arrive and whose rounds are not answered. Raft relies on no message because another has come.
 */
import type { Random } from '../../src/base/random.js';
import type { PeerMessage } from '../../src/transport/transport.js';
import type { Calls } from './calls.js';
import { type Faults, termLed } from './faults.js';
import type { SimMember } from './members.js';
import type { SimNetwork } from './network.js';
import type { World } from './world.js';

export type MessageKind = PeerMessage['kind'];

const share = 0.3;
const nothing = (): void => {};
const kinds: readonly MessageKind[] = [
  'appendRequest',
  'appendReply',
  'heartbeat',
  'heartbeatReply',
  'voteReply',
  'forward',
];

/** Every so often a pair of members loses kinds of messages for a while. */
export class LossyLinks {
  private readonly random: Random;

  constructor(
    private readonly world: World,
    private readonly network: SimNetwork,
    private readonly members: readonly SimMember[],
    private readonly calls: Calls,
    private readonly faults: Faults,
  ) {
    this.random = world.random('lossy links');
    if (this.random() >= share || members.length < 2) return;
    const mean = 200 * 10 ** this.random();
    this.next(mean);
  }

  private next(mean: number): void {
    this.world.after(-Math.log(1 - this.random()) * mean, this.world.always, () => {
      if (this.faults.over) return;
      this.strike();
      this.next(mean);
    });
  }

  private strike(): void {
    const { random } = this;
    const dice = random();
    const leader = this.members.find(({ replica }) => termLed(replica) > 0);
    const follower = this.pick();
    if (leader && follower !== leader && dice < 0.7) {
      // It is told of no commit; and while that lasts the leader's rounds take long.
      const milliseconds = 50 + random() * 400;
      this.lose(leader, follower, ['appendRequest'], milliseconds + random() * 300);
      if (dice < 0.5)
        for (const other of this.members)
          if (other !== leader) this.lose(other, leader, ['heartbeatReply'], milliseconds);
      this.readSoon(leader, 20);
      for (let i = 0; i < 3; i++) this.readSoon(follower, milliseconds);
      return;
    }
    const other = this.pick();
    const lost = kinds.filter(() => random() < 0.3);
    if (other !== follower) this.lose(other, follower, lost, 50 + random() ** 2 * 2_000);
  }

  private readSoon(member: SimMember, withinMs: number): void {
    const { world, random, calls } = this;
    world.after(random() * withinMs, world.always, () => {
      if (!this.faults.over) calls.read(member, 500 + random() * 1_000, nothing, nothing);
    });
  }

  private lose(from: SimMember, to: SimMember, lost: readonly MessageKind[], milliseconds: number): void {
    this.world.trace.note('hears nothing of', to.id, `${lost.join(', ')} from ${from.id}`);
    this.network.lose(from.id, to.id, lost);
    this.world.after(milliseconds, this.world.always, () => this.network.lose(from.id, to.id, []));
  }

  private pick(): SimMember {
    return this.members[Math.floor(this.random() * this.members.length)] as SimMember;
  }
}
