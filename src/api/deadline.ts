import type { Deadline } from '@grpc/grpc-js';
import { limits } from '../base/limits.js';

/** How long before the caller's deadline a door answers NO_QUORUM, so that the caller still hears it: the smaller of the two. */
const marginMs = 100;
const marginShare = 0.1;

/**
 * Until when a call may wait, in performance.now() milliseconds: a little before the caller's own deadline (which grpc-js keeps on the wall clock).
 * Without one, so many milliseconds from now; in no case longer than mostMs.
 */
export function waitUntil(
  deadline: Deadline,
  mostMs = Number.POSITIVE_INFINITY,
  withoutMs: number = limits.defaultDeadlineMs,
): number {
  const at = typeof deadline === 'number' ? deadline : deadline.getTime();
  const now = performance.now();
  if (at === Number.POSITIVE_INFINITY) return now + Math.min(mostMs, withoutMs);
  const left = Math.max(0, at - Date.now());
  return now + Math.min(mostMs, left - Math.min(marginMs, left * marginShare));
}
