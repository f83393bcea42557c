/** The contract between members. `grpc.ts` is the real one, `memory.ts` its twin for tests; one suite runs on both. */
import type { MemberId, Term } from '../base/ids.js';
import type { RaftMessage, SnapshotMeta } from '../raft/types.js';

/** Encoded commands of one origin on their way to the leader. */
export interface ForwardMessage {
  readonly kind: 'forward';
  readonly from: MemberId;
  readonly to: MemberId;
  readonly incarnation: number;
  readonly firstSequence: number;
  readonly commands: readonly Uint8Array[];
}
/** A change of the membership on its way to the leader, or the answer on its way back. */
export interface ChangeMessage {
  readonly kind: 'change';
  readonly from: MemberId;
  readonly to: MemberId;
  /** Chosen by the asking member; comes back with the answer. */
  readonly token: number;
  readonly answer: boolean;
  readonly data: Uint8Array;
}
/** The question how far the subscribers of a service are, or its answer. */
export interface SubscribersMessage {
  readonly kind: 'subscribers';
  readonly from: MemberId;
  readonly to: MemberId;
  /** Chosen by the asking member; comes back with the answer. */
  readonly token: number;
  readonly answer: boolean;
  readonly data: Uint8Array;
}
export type PeerMessage = RaftMessage | ForwardMessage | ChangeMessage | SubscribersMessage;

export interface PeerAddress {
  readonly id: MemberId;
  readonly name: string;
  /** "host:port" */
  readonly address: string;
}

export interface IncomingSnapshot {
  readonly from: MemberId;
  readonly term: Term;
  readonly meta: SnapshotMeta;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** SHA-256 (hex) that the sender announced; defined once chunks has ended. */
  sha256(): string;
}

export interface TransportHandlers {
  onMessage(message: PeerMessage): void;
  /** Our stream to the peer is open: it can hear us. What was queued before may be lost. `founded`: the peer's log is not empty. */
  onConnected(peer: MemberId, founded: boolean): void;
  /**
   * Our stream to the peer broke. `refused`: connecting again was refused, so its process is gone. Called with false and once more with true
   * when that is found out only later.
   */
  onDisconnected(peer: MemberId, refused: boolean): void;
  /** A peer says that this member was removed from the cluster. */
  onRemoved?(): void;
  /** Resolves when the image is installed (true) or not wanted (false). */
  onSnapshot(snapshot: IncomingSnapshot): Promise<boolean>;
}

export interface Transport {
  /** Binds the peer port and begins to connect. @throws FatalError when the port is taken */
  start(handlers: TransportHandlers): Promise<void>;
  /**
   * Queues for the peer; what is queued in one turn of the event loop goes as one envelope. Order is kept while the connection lives; messages to a peer
   * that is away, or beyond the queue limit, are dropped.
   */
  send(message: PeerMessage): void;
  /**
   * Streams an image, as fast as the peer takes it; resolves true when the peer has installed it, false when it did not want it or the stream
   * broke. Rejects only with an error of `chunks` or `sha256` (asked for after the last chunk).
   */
  sendSnapshot(
    to: MemberId,
    term: Term,
    meta: SnapshotMeta,
    chunks: AsyncIterable<Uint8Array>,
    sha256: () => Promise<string>,
  ): Promise<boolean>;
  /**
   * Who the other members are from now on. Streams to and from those that are not among them end; the members in `removed` are told that they
   * were removed, whenever they call. A member that this one has not heard of yet, and that has taken part in the cluster, is a peer once it calls:
   * it may be the leader from whom this one has to hear of it. A stream to a peer whose address is another one now goes on while it lives; the next
   * one goes to the new address, or, when nobody answers there, to where the peer itself says it is when it calls.
   */
  setPeers(peers: readonly PeerAddress[], removed: readonly MemberId[]): void;
  isConnected(peer: MemberId): boolean;
  stop(): Promise<void>;
}
