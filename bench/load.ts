/** Drives calls from many concurrent callers and counts them. */

export interface LoadResult {
  readonly perSecond: number;
  readonly failed: number;
}

/** Each caller calls again as soon as its last call has ended, until the time is over. */
export async function drive(
  callers: number,
  ms: number,
  call: (caller: number, n: number) => Promise<unknown>,
): Promise<LoadResult> {
  let done = 0;
  let failed = 0;
  const start = performance.now();
  const end = start + ms;
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let n = 0; performance.now() < end; n++) {
        try {
          await call(caller, n);
          done++;
        } catch {
          failed++;
        }
      }
    }),
  );
  return { perSecond: (done * 1_000) / (performance.now() - start), failed };
}

export function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
