const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** What to write for a duration; part of error texts. */
export const durationHelp = 'a number and its unit, such as 100ms, 5s, 10m, 1h or 7d';

/** Milliseconds of "100ms", "1.5s", "10m", "1h", "7d"; undefined when the text is no duration or is not a whole number of milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (!match) return undefined;
  // Rounded to a microsecond first: 1.1 × 1000 is not exactly 1100.
  const ms = Math.round(Number(match[1]) * units[match[2] as keyof typeof units] * 1_000) / 1_000;
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** The shortest text for a duration, for messages to people. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm', 's'] as const) {
    if (ms > 0 && ms % units[unit] === 0) return `${ms / units[unit]}${unit}`;
  }
  return `${ms}ms`;
}
