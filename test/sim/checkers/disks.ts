/**
 * What is on a disk, at whatever moment the power goes: hard state, log and state fit together after every write (data-layout.md), and what a member has
 * said of itself survives (Raft figure 2). Looked up there, not believed: so it shows without the crash that would make it felt.
 */
import { type Index, index, type MemberId, type Term, term } from '../../../src/base/ids.js';
import * as wire from '../../../src/proto/record.js';
import type { Raft } from '../../../src/raft/raft.js';
import type { HardState, SnapshotMeta } from '../../../src/raft/types.js';
import {
  checkedValue,
  decodeEntry,
  decodeHardState,
  decodeLogStart,
  decodeMachineState,
} from '../../../src/storage/records.js';
import { generationKey, keys, logKey, Prefix, stateKey } from '../../../src/storage/schema.js';
import type { PeerMessage } from '../../../src/transport/transport.js';
import type { Platter } from '../disk.js';
import type { World } from '../world.js';

type Get = (key: Buffer) => Buffer | undefined;

/** What a start would find. */
class Cut {
  readonly hardState: HardState | undefined;
  readonly start: SnapshotMeta | undefined;
  private readonly generation: number;

  constructor(private readonly get: Get) {
    this.hardState = this.read(keys.hardState, decodeHardState);
    this.generation = this.read(keys.generation, (value) => wire.Generation.decode(value).number) ?? 0;
    this.start = this.read(generationKey(Prefix.start, this.generation), decodeLogStart);
  }

  get term(): Term {
    return this.hardState?.term ?? term(0);
  }
  get applied(): Index {
    return this.read(stateKey(this.generation), decodeMachineState)?.appliedIndex ?? index(0);
  }

  /** Undefined: not in the log. */
  termAt(at: Index): Term | undefined {
    if (at === this.start?.index) return this.start.term;
    const key = logKey(this.generation, at);
    return this.read(key, (value) => decodeEntry(key, value).term);
  }

  private read<T>(key: Buffer, decode: (value: Buffer) => T): T | undefined {
    const stored = this.get(key);
    return stored && decode(checkedValue(key, stored));
  }
}

export class Disks {
  constructor(
    private readonly world: World,
    /** The disk of a member, and its core; undefined for one that has lost its data. */
    private readonly find: (member: MemberId) => { readonly platter: Platter; readonly raft: Raft } | undefined,
  ) {}

  /** A write has ended: a crash may leave exactly what is there now. */
  onWritten({ name, inner }: Platter): void {
    const cut = new Cut((key) => inner.get(key));
    const { start, applied } = cut;
    if (!start) return;
    const wrong = (sentence: string): void => this.world.violated('disks', `on the disk of ${name} ${sentence}`);
    if (applied < start.index) wrong(`the state stands at ${applied}, the log begins after ${start.index}`);
    if (applied > start.index && cut.termAt(applied) === undefined)
      wrong(`the state stands at ${applied}, which is not in the log`);
    if (start.term > cut.term) wrong(`the log begins with term ${start.term}, the hard state is of ${cut.term}`);
  }

  onSent(message: PeerMessage): void {
    if (message.kind === 'voteRequest') this.onVote(message.from, message.term, message.from);
    else if (message.kind === 'voteReply' && message.granted) this.onVote(message.from, message.term, message.to);
    else if (message.kind === 'appendReply' && !message.rejected)
      this.onAcknowledged(message.from, message.term, message.index);
  }

  private onVote(from: MemberId, ofTerm: Term, votedFor: MemberId): void {
    const cut = this.synced(from)?.cut;
    if (!cut || cut.term > ofTerm || (cut.term === ofTerm && cut.hardState?.votedFor === votedFor)) return;
    this.world.violated('disks', `member ${from} votes in term ${ofTerm}, and power loss would make it forget that`);
  }

  private onAcknowledged(from: MemberId, ofTerm: Term, at: Index): void {
    const { cut, raft } = this.synced(from) ?? {};
    if (!cut || !raft) return;
    if (cut.term < ofTerm)
      this.world.violated(
        'disks',
        `member ${from} answers in term ${ofTerm}, and power loss would take it back to ${cut.term}`,
      );
    // One that waited for the disk while the term changed speaks of the entries before that.
    if (at <= (cut.start?.index ?? 0) || raft.state.term !== ofTerm) return;
    const found = cut.termAt(at);
    const own = raft.state.log.termAt(at);
    if (found === undefined || (own !== undefined && own !== found))
      this.world.violated('disks', `member ${from} acknowledges entry ${at}, and power loss would take it away`);
  }

  /** What a loss of power would leave for sure. */
  private synced(member: MemberId): { readonly cut: Cut; readonly raft: Raft } | undefined {
    const found = this.find(member);
    if (!found) return undefined;
    const { inner } = found.platter;
    return { cut: new Cut((key) => inner.synced(key)), raft: found.raft };
  }
}
