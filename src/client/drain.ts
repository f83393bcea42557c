/** How an instance is drained. */
import { type DrainRequestIn, type DrainResponse, registryService } from '../proto/quorate.js';
import type { Connection } from './connection.js';
import type { InstanceRef } from './instance.js';
import type { CallOptions } from './options.js';
import type { Procedure } from './unary-call.js';

export interface DrainOptions extends CallOptions {
  /** How long to wait for the subscribers, milliseconds: up to 600,000; 30,000 unless told. */
  readonly waitMs?: number;
  /** Why, in at most 256 characters. */
  readonly reason?: string;
}

/** What became of a drain. */
export interface Drained {
  /** Of the change to DRAINING. */
  readonly revision: number;
  /** Live subscribers of the service, and how many of them send nothing new to the instance. */
  readonly subscribers: number;
  readonly acknowledged: number;
  /** Names of some that may still do. */
  readonly missing: readonly string[];
  /** Members that did not say what their subscribers do. */
  readonly silentMembers: readonly string[];
}

const defaultWaitMs = 30_000;

/** A call that takes as long as it waits: other members are asked only when the first is late. */
export function drainCall(
  connection: Connection,
  { namespace, service, id }: InstanceRef,
  options: DrainOptions | undefined,
): { procedure: Procedure<DrainRequestIn, DrainResponse, Drained>; request: DrainRequestIn; timeoutMs: number } {
  const waitMs = options?.waitMs ?? defaultWaitMs;
  const requestId = connection.nextRequestId();
  return {
    procedure: {
      method: registryService.drain,
      convert: drainedOf,
      hedgeAfterMs: waitMs + connection.ring.tuning.hedgeAfterMs,
    },
    // On the wire 0 is the default.
    request: { namespace, service, id, waitMs: Math.max(1, waitMs), reason: options?.reason, requestId },
    timeoutMs: options?.timeoutMs ?? waitMs + connection.timeoutMs,
  };
}

function drainedOf({ header, subscribers, acknowledged, missing, silentMembers }: DrainResponse): Drained {
  return { revision: header?.revision ?? 0, subscribers, acknowledged, missing, silentMembers };
}
