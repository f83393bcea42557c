/** The contract of the probers, one for each kind of check. */

export type ProbeResult =
  | { readonly kind: 'passed' }
  /** `why` in a few words. */
  | { readonly kind: 'failed'; readonly why: string }
  /** This member could not look: that says nothing about the instance. */
  | { readonly kind: 'unable'; readonly why: string };

export interface Probe {
  /**
   * Looks once whether the instance works; the time limit is the caller's. Calls `done` exactly once, in a later turn, unless it was aborted.
   * @returns what aborts it
   */
  run(done: (result: ProbeResult) => void): () => void;
  /** Closes what is kept between two probes. */
  close(): void;
}

export const passed: ProbeResult = { kind: 'passed' };

export function failed(why: string): ProbeResult {
  return { kind: 'failed', why };
}

/** What an error of the system says about the instance. */
export function resultOf(error: unknown): ProbeResult {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const why = words.get(code) ?? (error instanceof Error ? error.message : String(error));
  return { kind: ownFaults.has(code) ? 'unable' : 'failed', why };
}

/** What this member has run out of. */
const ownFaults = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL']);

const words = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'connection reset'],
  ['EHOSTUNREACH', 'host unreachable'],
  ['ENETUNREACH', 'network unreachable'],
  ['ENOTFOUND', 'unknown host'],
  ['EAI_AGAIN', 'the name server does not answer'],
  ['HPE_HEADER_OVERFLOW', 'the head of the answer is too long'],
]);
