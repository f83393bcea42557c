/** One core alone, with the test in the place of its disk and of all others. */
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { checkState } from '../../src/raft/invariants.js';
import { Raft } from '../../src/raft/raft.js';
import type {
  AppendRequest,
  Entry,
  Membership,
  MembershipCodec,
  RaftMessage,
  RaftOptions,
  Ready,
  Restored,
  SnapshotMeta,
} from '../../src/raft/types.js';

export const id = (value: number): MemberId => value as MemberId;
export const at = (value: number): Index => value as Index;
export const inTerm = (value: number): Term => value as Term;

export function voters(...ids: number[]): Membership {
  return { voters: ids.map(id), outgoing: [], learners: [] };
}

/** Memberships as JSON. */
export const jsonCodec: MembershipCodec = {
  encode: (membership) => Buffer.from(JSON.stringify(membership)),
  decode: (data) => JSON.parse(Buffer.from(data).toString()) as Membership,
};

export function entry(index: number, term: number, text = `${index}/${term}`): Entry {
  return { index: at(index), term: inTerm(term), kind: 'commands', data: Buffer.from(text, 'latin1') };
}

export function membershipEntry(index: number, term: number, membership: Membership): Entry {
  return { index: at(index), term: inTerm(term), kind: 'membership', data: jsonCodec.encode(membership) };
}

/** Entries 1, 2, … with the given terms. */
export function logOf(...terms: number[]): Entry[] {
  return terms.map((term, position) => entry(position + 1, term));
}

export function meta(index: number, term: number, membership: Membership = voters(1, 2, 3)): SnapshotMeta {
  return { index: at(index), term: inTerm(term), membership };
}

export interface Setup {
  readonly me?: number;
  readonly membership?: Membership;
  readonly log?: readonly Entry[];
  readonly term?: number;
  readonly votedFor?: number;
  readonly commit?: number;
  readonly applied?: number;
  readonly start?: SnapshotMeta;
  /** Entries of the log that are in memory; default all. */
  readonly tail?: readonly Entry[];
  readonly recovering?: boolean;
  readonly seed?: number;
  readonly options?: Partial<RaftOptions>;
}

export type Kind = RaftMessage['kind'];
export type Of<K extends Kind> = Extract<RaftMessage, { kind: K }>;

/** A core that the test drives by hand. */
export class Lone {
  readonly raft: Raft;
  readonly log: readonly Entry[];

  constructor(setup: Setup = {}) {
    const membership = setup.membership ?? voters(1, 2, 3);
    const start = setup.start ?? meta(0, 0, membership);
    this.log = setup.log ?? [];
    const last = this.log[this.log.length - 1] ?? start;
    const restored: Restored = {
      hardState: {
        term: inTerm(setup.term ?? last.term),
        votedFor: setup.votedFor === undefined ? undefined : id(setup.votedFor),
        commit: at(setup.commit ?? 0),
        recovering: setup.recovering ?? false,
      },
      start,
      applied: at(setup.applied ?? start.index),
      membership,
      lastIndex: last.index,
      lastTerm: last.term,
      tail: setup.tail ?? this.log,
    };
    const options: RaftOptions = {
      id: id(setup.me ?? 1),
      electionTicks: 10,
      heartbeatTicks: 2,
      random: seededRandom(setup.seed ?? 1),
      appendBytes: 1000,
      inflightAppends: 8,
      inflightBytes: 8000,
      logTailBytes: 100_000,
      membershipCodec: jsonCodec,
      ...setup.options,
    };
    this.raft = new Raft(options, restored);
  }

  get status() {
    return this.raft.status();
  }

  tick(count = 1): void {
    for (let done = 0; done < count; done++) this.raft.tick();
  }

  /** Takes Readies until there are no more, as a shell whose disk never answers would. */
  take(): Ready[] {
    const taken: Ready[] = [];
    while (this.raft.hasReady()) {
      taken.push(this.raft.ready());
      checkState(this.raft);
    }
    return taken;
  }

  /** Takes Readies with a disk that answers at once; returns everything sent. */
  flush(): RaftMessage[] {
    const sent: RaftMessage[] = [];
    while (this.raft.hasReady()) {
      const ready = this.raft.ready();
      sent.push(...ready.messages);
      if (ready.persistToken !== undefined) this.raft.persisted(ready.persistToken);
      sent.push(...ready.messagesAfterPersist);
      const last = ready.committed[ready.committed.length - 1];
      if (last) this.raft.applied(last.index);
      checkState(this.raft);
    }
    return sent;
  }

  /** Gives a message and returns what was sent after it, with a disk that answers at once. */
  step(message: RaftMessage): RaftMessage[] {
    this.raft.step(message);
    return this.flush();
  }

  append(fields: Partial<AppendRequest> = {}): AppendRequest {
    return {
      kind: 'appendRequest',
      from: id(2),
      to: this.status.id,
      term: this.status.term,
      prevIndex: at(0),
      prevTerm: inTerm(0),
      commit: at(0),
      entries: [],
      ...fields,
    };
  }

  /** A message of `kind` from `from` in the current term with the given further fields. */
  from<K extends Kind>(
    kind: K,
    from: number,
    fields: Omit<Of<K>, 'kind' | 'from' | 'to' | 'term'> & { term?: Term },
  ): Of<K> {
    return { kind, from: id(from), to: this.status.id, term: this.status.term, ...fields } as Of<K>;
  }

  accept(from: number, index: number): Of<'appendReply'> {
    return this.from('appendReply', from, {
      rejected: false,
      index: at(index),
      hintIndex: at(0),
      hintTerm: inTerm(0),
    });
  }

  /** Lets time pass until the election timer runs out; returns what is sent then. */
  timeOut(): RaftMessage[] {
    const { state } = this.raft;
    do {
      this.flush();
      this.tick();
    } while (state.electionElapsed > 0);
    return this.flush();
  }

  /** Makes it leader with the votes of the others; returns what it sent as leader. */
  lead(...supporters: number[]): RaftMessage[] {
    this.timeOut();
    const requestTerm = inTerm(this.status.term + 1);
    for (const from of supporters) this.step(this.from('preVoteReply', from, { granted: true, requestTerm }));
    let sent: RaftMessage[] = [];
    for (const from of supporters) sent = [...sent, ...this.step(this.from('voteReply', from, { granted: true }))];
    return sent;
  }
}

export function only<K extends Kind>(messages: readonly RaftMessage[], kind: K, to?: number): Of<K>[] {
  return messages.filter(
    (message): message is Of<K> => message.kind === kind && (to === undefined || message.to === to),
  );
}

/** The one message of its kind (and addressee). */
export function one<K extends Kind>(messages: readonly RaftMessage[], kind: K, to?: number): Of<K> {
  const found = only(messages, kind, to);
  const first = found[0];
  if (!first || found.length > 1) throw new Error(`expected one ${kind}, found ${found.length}`);
  return first;
}
