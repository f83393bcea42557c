/** A source of numbers in [0, 1). Product code below the shell gets it as an argument, so that a seed decides everything. */
export type Random = () => number;

/** Deterministic generator (mulberry32): good enough for timers and tests, not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
