const units = { KiB: 1_024, MiB: 1_024 ** 2, GiB: 1_024 ** 3 } as const;

/** What to write for a size; part of error texts. */
export const sizeHelp = 'a number and its unit, such as 512KiB, 64MiB or 1GiB';

/** Bytes of "512KiB", "64MiB", "1GiB"; undefined when the text is no size. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d+)(KiB|MiB|GiB)$/.exec(text);
  if (!match) return undefined;
  const bytes = Number(match[1]) * units[match[2] as keyof typeof units];
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
