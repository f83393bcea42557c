/** Which writes are under way, what each of them makes durable, and the messages that wait for them. */
import type { Index, MemberId, Term } from '../base/ids.js';
import type { HardState, RaftMessage } from './types.js';

interface Write {
  readonly token: number;
  /** The log is on disk up to here after this write. Lowered when entries that it holds are replaced before it is done. */
  upTo: Index;
  readonly term: Term;
  readonly votedFor: MemberId | undefined;
  readonly recovering: boolean;
  /** Go out once the write is done. */
  messages: RaftMessage[];
}

export class Persistence {
  /** As they are on disk. */
  term: Term;
  votedFor: MemberId | undefined;
  recovering: boolean;
  private readonly writes: Write[] = [];
  private newest = 0;

  constructor({ term, votedFor, recovering }: HardState) {
    this.term = term;
    this.votedFor = votedFor;
    this.recovering = recovering;
  }

  get idle(): boolean {
    return this.writes.length === 0;
  }

  /** Notes a write that is handed out; returns its token. */
  begin(upTo: Index, { term, votedFor, recovering }: HardState): number {
    const token = ++this.newest;
    this.writes.push({ token, upTo, term, votedFor, recovering, messages: [] });
    return token;
  }

  /** Lets the messages wait for the newest write. */
  hold(messages: readonly RaftMessage[]): void {
    this.writes[this.writes.length - 1]?.messages.push(...messages);
  }

  /**
   * Entries after `upTo` are replaced. A write under way may still put the old ones on disk, but a later one takes them away again, so it no
   * longer stands for them, even if equal entries are appended once more.
   */
  lower(upTo: Index): void {
    for (const write of this.writes) if (write.upTo > upTo) write.upTo = upTo;
  }

  /** The writes up to `token` are done. Returns how far the log is on disk by them (0: none was open); appends the messages to `out`. */
  complete(token: number, out: RaftMessage[]): Index {
    let upTo = 0 as Index;
    while (this.writes.length > 0) {
      const write = this.writes[0] as Write;
      if (write.token > token) break;
      this.writes.shift();
      this.term = write.term;
      this.votedFor = write.votedFor;
      this.recovering = write.recovering;
      upTo = write.upTo;
      for (const message of write.messages) out.push(message);
    }
    return upTo;
  }
}
