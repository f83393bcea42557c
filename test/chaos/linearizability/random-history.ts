/** Linearizable histories by chance: each operation takes effect at a moment between its call and its return. */
import type { Random } from '../../../src/base/random.js';
import { configDocument, type DocumentInput, type DocumentOutput, type DocumentState } from './config-document.js';
import type { DocumentOperation } from './histories.js';

export interface RandomHistoryOptions {
  readonly operations: number;
  readonly callers: number;
  /** Part of the operations that get no answer. */
  readonly lost: number;
}

export function randomHistory(
  random: Random,
  { operations, callers, lost }: RandomHistoryOptions,
): DocumentOperation[] {
  let state: DocumentState = configDocument.initial;
  const planned = Array.from({ length: callers }, () => ({ call: random() * 10, effect: 0 }));
  for (const one of planned) one.effect = one.call + random() * 10;
  const history: DocumentOperation[] = [];
  for (let n = 0; n < operations; n++) {
    const next = planned.reduce((a, b) => (b.effect < a.effect ? b : a));
    const input = randomInput(random, state, n);
    const output = answer(state, input);
    const isLost = random() < lost;
    // A lost operation may also never take effect.
    if (!isLost || random() < 0.5) state = configDocument.step(state, input, output) ?? state;
    const end = next.effect + random() * 10;
    history.push({ input, output: isLost ? undefined : output, call: next.call, return: end });
    next.call = end + random();
    next.effect = next.call + random() * 10;
  }
  return history;
}

function randomInput(random: Random, state: DocumentState, n: number): DocumentInput {
  const kind = random();
  if (kind < 0.4) return { kind: 'get' };
  if (kind < 0.7) return { kind: 'put', value: `v${n}` };
  if (kind < 0.9)
    return { kind: 'put', value: `v${n}`, ifVersion: Math.max(0, state.version - (random() < 0.3 ? 1 : 0)) };
  return { kind: 'delete' };
}

/** What the document answers in this state: the one output among all that the model takes. */
function answer(state: DocumentState, input: DocumentInput): DocumentOutput {
  const { version, value } = state;
  if (input.kind === 'get') return value === undefined ? { kind: 'absent' } : { kind: 'found', version, value };
  const candidates: DocumentOutput[] = [
    { kind: 'written', version: version + 1 },
    { kind: 'mismatch' },
    { kind: 'absent' },
  ];
  const taken = candidates.find((output) => configDocument.step(state, input, output) !== undefined);
  if (taken === undefined) throw new Error('the model takes no answer');
  return taken;
}
