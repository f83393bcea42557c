/**
 * What a member says is on its disk and stays there (Raft §5.2, §5.3, figure 2): votes that it gives and asks for, entries that it acknowledges; and it
 * drops none of those while the term lasts.
 */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { AppendReply } from '../../../src/raft/types.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { World } from '../world.js';

export class Promises {
  private readonly promised = new Map<MemberId, { readonly raft: Raft; readonly term: Term; readonly upTo: Index }>();

  constructor(
    private readonly world: World,
    private readonly raftOf: (member: MemberId) => Raft | undefined,
  ) {}

  onSent(message: PeerMessage): void {
    const raft = this.raftOf(message.from);
    if (!raft) return;
    if (message.kind === 'voteRequest') this.onVote(raft, message.term, message.from, 'asks for votes');
    else if (message.kind === 'voteReply' && message.granted) this.onVote(raft, message.term, message.to, 'votes');
    // One that waited for the disk while the term changed speaks of the entries before that.
    else if (message.kind === 'appendReply' && !message.rejected && message.term === raft.state.term)
      this.onAcknowledged(raft, message);
  }

  private onVote({ state: { id, persistence } }: Raft, term: Term, votedFor: MemberId, does: string): void {
    if (persistence.term > term || (persistence.term === term && persistence.votedFor === votedFor)) return;
    this.world.violated('promises', `member ${id} ${does} in term ${term} before that is on its disk`);
  }

  private onAcknowledged(raft: Raft, { from, to, term, index }: AppendReply): void {
    const { persisted, startIndex } = raft.state.log;
    // While an image is installed the core counts on nothing, but what was written before is on disk all the same.
    if (persisted < index && persisted >= startIndex)
      this.world.violated('promises', `member ${from} acknowledges entry ${index}, which it has not written`);
    // What agrees with the leader's log, not how long its own is.
    const leader = this.raftOf(to)?.state;
    const own = raft.state.log.termAt(index);
    if (leader?.role === 'leader' && leader.term === term && own !== undefined) {
      const wanted = leader.log.termAt(index);
      if (wanted !== undefined && wanted !== own)
        this.world.violated(
          'promises',
          `member ${from} acknowledges entry ${index} of term ${own}, the leader's is of ${wanted}`,
        );
    }
    const known = this.promised.get(from);
    if (known?.raft !== raft || known.term !== term || known.upTo < index)
      this.promised.set(from, { raft, term, upTo: index });
  }

  onStep(raft: Raft): void {
    const { id, term, log } = raft.state;
    const known = this.promised.get(id);
    if (known?.raft === raft && known.term === term && log.last < known.upTo)
      this.world.violated(
        'promises',
        `member ${id} drops entries up to ${known.upTo}, which it acknowledged in term ${term}`,
      );
  }
}
