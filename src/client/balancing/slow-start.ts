/** A new instance gets its full share bit by bit: its caches are cold, its code is not compiled yet. */

/** Part of its weight that a new instance begins with. */
const floor = 0.1;

/** @returns 0.1 to 1: the part of its weight that an instance gets now */
export function warmth(sinceMs: number, nowMs: number, windowMs: number): number {
  const age = nowMs - sinceMs;
  return age >= windowMs ? 1 : Math.max(floor, age / windowMs);
}

/** How often the weights of warming instances are looked at, milliseconds. */
export function warmingStep(windowMs: number): number {
  return Math.max(50, windowMs / 50);
}
