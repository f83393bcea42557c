/** The two rules on which leader completeness rests (Raft §5.4), looked at themselves and not by what comes of them, which is rare. */
import type { Index, MemberId, Term } from '../../../src/base/ids.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { World } from '../world.js';

interface Reign {
  readonly raft: Raft;
  readonly term: Term;
  readonly commit: Index;
}

export class Elections {
  private readonly reigns = new Map<MemberId, Reign>();

  constructor(
    private readonly world: World,
    /** Undefined: it is down, or has lost its data. */
    private readonly raftOf: (member: MemberId) => Raft | undefined,
  ) {}

  /** §5.4.1: nobody votes for a log that is less up to date than its own. Neither changes while both wait for a leader of the term. */
  onSent(message: PeerMessage): void {
    if (message.kind !== 'voteReply' || !message.granted) return;
    const { from, to, term } = message;
    const voter = this.raftOf(from)?.state;
    const candidate = this.raftOf(to)?.state;
    if (!voter || candidate?.role !== 'candidate' || candidate.term !== term) return;
    if (voter.term !== term || voter.leader !== undefined) return;
    const [own, wanted] = [voter.log, candidate.log];
    if (wanted.lastTerm > own.lastTerm || (wanted.lastTerm === own.lastTerm && wanted.last >= own.last)) return;
    this.world.violated(
      'elections',
      `member ${from}, whose log ends at ${own.last} in term ${own.lastTerm}, votes for ${to}, whose log ends at ${wanted.last} in term ${wanted.lastTerm}`,
    );
  }

  /** §5.4.2: a leader counts only entries of its own term; earlier ones are committed with them. */
  onStep(raft: Raft): void {
    const { id, role, term, commit, log } = raft.state;
    const known = this.reigns.get(id);
    if (role !== 'leader') {
      if (known) this.reigns.delete(id);
      return;
    }
    if (known?.raft === raft && known.term === term && known.commit === commit) return;
    this.reigns.set(id, { raft, term, commit });
    if (known?.raft !== raft || known.term !== term || log.termAt(commit) === term) return;
    this.world.violated(
      'elections',
      `the leader of term ${term}, member ${id}, commits entry ${commit} of term ${log.termAt(commit)} by counting`,
    );
  }
}
