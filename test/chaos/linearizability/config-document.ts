/** One config document: versions count on over deletions, `ifVersion` compares and writes in one step (docs/guarantees.md). */
import type { Model } from './model.js';

export interface DocumentState {
  /** Of the last publication or deletion; 0: none yet. */
  readonly version: number;
  /** Undefined: there is no document. */
  readonly value: string | undefined;
}

export type DocumentInput =
  | { readonly kind: 'get' }
  | { readonly kind: 'put'; readonly value: string; readonly ifVersion?: number }
  | { readonly kind: 'delete'; readonly ifVersion?: number };

export type DocumentOutput =
  | { readonly kind: 'found'; readonly version: number; readonly value: string }
  /** A get found nothing, or there was nothing to delete. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'written'; readonly version: number }
  | { readonly kind: 'mismatch' };

export const configDocument: Model<DocumentState, DocumentInput, DocumentOutput> = {
  initial: { version: 0, value: undefined },
  step(state, input, output) {
    if (input.kind === 'get') return output === undefined || isRead(state, output) ? state : undefined;
    const expected = answerOf(state, input);
    if (output !== undefined && !isEqual(expected, output)) return undefined;
    if (expected.kind !== 'written') return state;
    return { version: expected.version, value: input.kind === 'put' ? input.value : undefined };
  },
  keyOf: ({ version, value }) => `${version}:${value ?? ''}`,
  isPast(state, _input, output) {
    if (output.kind === 'written') return output.version <= state.version;
    return output.kind === 'found' && output.version < state.version;
  },
  describe: (input, output) => `${JSON.stringify(input)} answered ${output ? JSON.stringify(output) : 'nothing'}`,
  describeState: ({ version, value }) => `version ${version} (${value ?? 'no document'})`,
};

function isRead({ version, value }: DocumentState, output: DocumentOutput): boolean {
  if (output.kind === 'absent') return value === undefined;
  return output.kind === 'found' && output.version === version && output.value === value;
}

function answerOf(state: DocumentState, input: Exclude<DocumentInput, { kind: 'get' }>): DocumentOutput {
  const current = state.value === undefined ? 0 : state.version;
  if (input.ifVersion !== undefined && input.ifVersion !== current) return { kind: 'mismatch' };
  if (input.kind === 'delete' && state.value === undefined) return { kind: 'absent' };
  return { kind: 'written', version: state.version + 1 };
}

function isEqual(expected: DocumentOutput, output: DocumentOutput): boolean {
  if (expected.kind === 'written') return output.kind === 'written' && output.version === expected.version;
  return expected.kind === output.kind;
}
