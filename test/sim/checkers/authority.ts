/**
 * Where authority comes from: a term is opened by a candidate and by nobody else (Raft §5.2, dissertation §9.6), who leads hears a quorum (dissertation
 * §6.2), and who is told to take over holds the whole log (dissertation §3.10).
 */
import type { MemberId } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { World } from '../world.js';
import { decides } from './majorities.js';

export class Authority {
  private newestTerm = 0;

  constructor(
    private readonly world: World,
    /** Undefined: it is down, or has lost its data. */
    private readonly raftOf: (member: MemberId) => Raft | undefined,
  ) {}

  onStep(raft: Raft): void {
    const { id, term, role, now, options, progress, membership } = raft.state;
    if (term > this.newestTerm) {
      this.newestTerm = term;
      if (role !== 'candidate' && role !== 'leader')
        this.world.violated(
          'authority',
          `member ${id} enters term ${term} as ${role}, and nobody has campaigned in it`,
        );
    }
    if (role !== 'leader') return;
    const heard = new Set([id]);
    for (const [member, { heardAt }] of progress) if (now - heardAt <= options.electionTicks) heard.add(member);
    if (!decides(membership, heard))
      this.world.violated('authority', `member ${id} leads in term ${term} and has not heard a quorum for long`);
  }

  onSent(message: PeerMessage): void {
    if (message.kind !== 'timeoutNow') return;
    const leader = this.raftOf(message.from);
    const target = this.raftOf(message.to);
    if (!leader || !target || leader.state.log.last <= target.state.log.persisted) return;
    const { from, to, term } = message;
    // It was deposed and does not know yet; nobody heeds it.
    if (target.state.term > term) return;
    // The last answer of the same turn may have committed a joint membership: the entry that ends it comes after what the target was found to hold.
    const { memberships, log } = leader.state;
    if (memberships.index === log.last && log.last - 1 === target.state.log.persisted) return;
    // One that its own removal deposes asks the best of those who stay, whatever that one has.
    if (!leader.state.membership.voters.includes(from)) return;
    this.world.violated('authority', `member ${from} hands term ${term} over to ${to}, which lacks entries of its log`);
  }
}
