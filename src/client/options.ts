/** What callers may say when they connect and with each call, and the pace at which the client works by itself. */
import type { Log } from '../base/log.js';
import type { Random } from '../base/random.js';

export interface ConnectOptions {
  /** Client addresses of members, `host:port`: a list, or one string with commas. All members is best; one is enough to begin. */
  readonly endpoints: readonly string[] | string;
  /** Time for one call over all its attempts, milliseconds; 10,000 unless told. */
  readonly timeoutMs?: number;
  /** Hears about fail-overs and lost registrations. Silent without one. */
  readonly log?: Log;
  /** Chooses the first endpoint and spreads retries; Math.random unless told. */
  readonly random?: Random;
}

/** Accepted by every call. */
export interface CallOptions {
  /** Aborting ends the call with CANCELLED. A mutation that was already sent may still be applied. */
  readonly signal?: AbortSignal;
  /** Time for this call over all its attempts, milliseconds. */
  readonly timeoutMs?: number;
}

/** Accepted by every read. */
export interface ReadOptions extends CallOptions {
  /**
   * `linearizable` (default): the answer reflects every write acknowledged before. `serializable`: the applied state of the member that
   * is asked; needs no quorum and may be old.
   */
  readonly consistency?: 'linearizable' | 'serializable';
  /** With `serializable`: wait until the member has reached this revision. */
  readonly minRevision?: number;
}

/** Paces and limits of the client, milliseconds; tests shorten them. */
export interface Tuning {
  /** A call without an answer for so long is also sent to another member (its request id keeps it from being applied twice). */
  readonly hedgeAfterMs: number;
  /** How often waiting calls are looked at. */
  readonly sweepMs: number;
  /** Answers that tell of other members than before make the client ask for them, at most so often. */
  readonly membersMs: number;
  /** Full-jitter back-off between rounds over all endpoints. */
  readonly backoffStartMs: number;
  readonly backoffCapMs: number;
  /** A watch on which nothing arrived for so long, not even progress, moves on. */
  readonly watchQuietMs: number;
  /** A watch moves on from a member that has not heard from the leader for so long. */
  readonly leaderContactLimitMs: number;
  /** A watch at a revision that every member calls the future for so long begins anew. */
  readonly aheadLimitMs: number;
  /** A member that does not answer a keep-alive for so long is left. */
  readonly keepAliveAnswerMs: number;
  /** How long acknowledgements of a watch for which nobody waits gather. */
  readonly acknowledgeMs: number;
  /** Time that close() gives to deregistrations. */
  readonly closeMs: number;
  /** Reconnect back-off of a channel: first and longest. */
  readonly reconnectStartMs: number;
  readonly reconnectCapMs: number;
  /** HTTP/2 pings on a connection with calls, and how long their answer may take. */
  readonly pingMs: number;
  readonly pingAnswerMs: number;
}

export const defaultTuning: Tuning = {
  hedgeAfterMs: 2_500,
  sweepMs: 100,
  membersMs: 500,
  backoffStartMs: 10,
  backoffCapMs: 500,
  watchQuietMs: 6_000,
  leaderContactLimitMs: 5_000,
  aheadLimitMs: 10_000,
  keepAliveAnswerMs: 2_500,
  acknowledgeMs: 250,
  closeMs: 2_000,
  reconnectStartMs: 50,
  reconnectCapMs: 500,
  pingMs: 5_000,
  pingAnswerMs: 3_000,
};
