/**
 * Who is not in the cluster any more, or was away, disturbs nobody: a member that hears its leader enters no term because another asks for its vote,
 * unless the leader wished it (dissertation §4.2.3).
 */
import type { MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { World } from '../world.js';

interface Before {
  readonly raft: Raft;
  readonly term: Term;
  readonly hearsLeader: boolean;
}

export class Stickiness {
  private readonly before = new Map<MemberId, Before>();
  private arrived: PeerMessage | undefined;

  constructor(private readonly world: World) {}

  /** What the event hands over, if it does. */
  onArrives(message: PeerMessage): void {
    this.arrived = message;
  }

  onStep(raft: Raft): void {
    const { id, term, role, leader, leaderHeardAt, now, options } = raft.state;
    const { arrived } = this;
    const before = this.before.get(id);
    const asked = arrived?.kind === 'voteRequest' && arrived.to === id && !arrived.transfer ? arrived : undefined;
    if (asked && before?.raft === raft && before.hearsLeader && term > before.term)
      this.world.violated(
        'stickiness',
        `member ${id} has a leader in term ${before.term} and follows ${asked.from} into term ${term}`,
      );
    const hearsLeader = role === 'leader' || (leader !== undefined && now - leaderHeardAt < options.electionTicks);
    if (before?.raft !== raft || before.term !== term || before.hearsLeader !== hearsLeader)
      this.before.set(id, { raft, term, hearsLeader });
  }

  onEventOver(): void {
    this.arrived = undefined;
  }
}
