/** What differs between the watches of the two services; the stream itself is common. */
import type { Key, Revision } from '../../base/ids.js';
import type { Machine } from '../../machine/machine.js';
import type { Change, KeyVersion } from '../../machine/types.js';
import type { ProgressIn, ResponseHeaderIn } from '../../proto/quorate.js';
import type { KeyRange } from '../../watch/types.js';

/** The newest change to a key over one or several revisions. */
export interface News {
  readonly current: KeyVersion;
  /** The key existed before the first of these revisions. */
  readonly existed: boolean;
}

/** Reads the selected state at one revision, piece by piece. */
export interface StateReader<Item> {
  readonly done: boolean;
  /** Some more items, a bounded piece of work. @throws QuorateError REVISION_COMPACTED */
  read(machine: Machine): readonly Item[];
}

/**
 * @typeParam Item an element of the snapshot
 * @typeParam Content what one message of changes says
 */
export interface WatchView<Item, Content> {
  /** What the hub is asked for; may be more than what is selected. */
  readonly ranges: readonly KeyRange[];
  /** Streams with equal selections get equal messages. */
  readonly selection: string;
  /** Remembers what the client holds: contentOf must see every change then. */
  readonly remembers: boolean;
  stateAt(revision: Revision): StateReader<Item>;
  /** What must be remembered of the state at the revision that a client resumes after; undefined: nothing. */
  heldAt(revision: Revision): StateReader<Item> | undefined;
  /** About how many bytes it takes in a message. */
  sizeOf(item: Item): number;
  /** All changes of one revision pass through here before anything is said about them. False: it cannot go on, the client needs the full state. */
  pass(changes: readonly Change[]): boolean;
  /** The client holds nothing (from the next snapshot on). */
  forget(): void;
  /** The client holds these. */
  remember(items: readonly Item[]): void;
  /** Changes with an equal name replace each other when a slow client gets only the newest; undefined: not selected. */
  nameOf(version: KeyVersion): Key | undefined;
  /** What a message says in which nothing is left of what was conflated, such as an instance that came and went. */
  readonly nothing: Content;
  /** What the client is to be told; undefined: nothing. */
  contentOf(news: Iterable<News>): Content | undefined;
  encodeSnapshot(header: ResponseHeaderIn, items: readonly Item[], resync: boolean, more: boolean): Buffer;
  encodeChanges(header: ResponseHeaderIn, content: Content, conflated: boolean): Buffer;
  encodeProgress(header: ResponseHeaderIn, progress: ProgressIn): Buffer;
}
