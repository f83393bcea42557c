import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../../src/base/random.js';
import { checkHistory } from './checker.js';
import { configDocument, type DocumentState } from './config-document.js';
import { bad, type DocumentOperation, good } from './histories.js';
import { instanceSet } from './instance-set.js';
import { randomHistory } from './random-history.js';

const shuffled = (operations: readonly DocumentOperation[], seed: number) => {
  const random = seededRandom(seed);
  return operations
    .map((operation) => ({ operation, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ operation }) => operation);
};

describe('a history of one document', () => {
  it.each(good)('is linearizable: $name', ({ operations }) => {
    for (let seed = 0; seed < 5; seed++)
      expect(checkHistory(configDocument, shuffled(operations, seed))).toEqual({ kind: 'linearizable' });
  });

  it.each(bad)('is not: $name', ({ operations }) => {
    for (let seed = 0; seed < 5; seed++)
      expect(checkHistory(configDocument, shuffled(operations, seed))).toMatchObject({ kind: 'violation' });
  });

  it('that is not names the answer that nothing explains', () => {
    const [stale] = bad;
    expect(checkHistory(configDocument, stale?.operations ?? [])).toEqual({
      kind: 'violation',
      problem:
        '2 of 3 answers can be explained, up to version 2 (b); not this one: {"kind":"get"} answered {"kind":"found","version":1,"value":"a"}',
    });
  });

  it('that takes too long to decide is said to be undecided', () => {
    const operations = randomHistory(seededRandom(1), { operations: 100, callers: 5, lost: 0 });
    expect(checkHistory(configDocument, operations, 10)).toMatchObject({ kind: 'undecided' });
  });
});

/** Tries every order: a second route to the verdict, for short histories. */
function isLinearizable(history: readonly DocumentOperation[], state: DocumentState = configDocument.initial): boolean {
  if (history.every(({ output }) => output === undefined)) return true;
  const firstReturn = Math.min(
    ...history.filter(({ output }) => output !== undefined).map((operation) => operation.return),
  );
  return history.some((operation, i) => {
    if (operation.call > firstReturn) return false;
    const next = configDocument.step(state, operation.input, operation.output);
    return next !== undefined && isLinearizable([...history.slice(0, i), ...history.slice(i + 1)], next);
  });
}

describe('random histories', () => {
  it('are linearizable as they were made', () => {
    for (let seed = 0; seed < 300; seed++) {
      const history = randomHistory(seededRandom(seed), { operations: 60, callers: 4, lost: 0.15 });
      expect({ seed, ...checkHistory(configDocument, history) }).toEqual({ seed, kind: 'linearizable' });
    }
  });

  it('with one answer changed get the verdict of a search through all orders', () => {
    const verdicts = { linearizable: 0, violation: 0, undecided: 0 };
    for (let seed = 0; seed < 1_500; seed++) {
      const random = seededRandom(seed);
      const history = randomHistory(random, { operations: 7, callers: 3, lost: 0.2 });
      const i = Math.floor(random() * history.length);
      const j = Math.floor(random() * history.length);
      const [a, b] = [history[i], history[j]];
      if (a === undefined || b === undefined) continue;
      // The answer of another operation of its kind, or other times.
      if (a.input.kind === b.input.kind) history[i] = { ...a, output: b.output };
      else history[i] = { ...a, call: b.call, return: b.return };
      const { kind } = checkHistory(configDocument, history);
      expect({ seed, kind }).toEqual({ seed, kind: isLinearizable(history) ? 'linearizable' : 'violation' });
      verdicts[kind]++;
    }
    expect(verdicts.linearizable).toBeGreaterThan(100);
    expect(verdicts.violation).toBeGreaterThan(100);
  });
});

describe('a history of a set of instances', () => {
  const done = { kind: 'done' } as const;
  const listed = (...ids: string[]) => ({ kind: 'listed', ids }) as const;
  const register = (id: string, call: number, end: number) => ({
    input: { kind: 'register', id } as const,
    output: done,
    call,
    return: end,
  });
  const list = (call: number, ...ids: string[]) => ({
    input: { kind: 'list' } as const,
    output: listed(...ids),
    call,
    return: call + 1,
  });

  it('is linearizable when every list can be placed', () => {
    const lost = { input: { kind: 'deregister', id: 'a' } as const, output: undefined, call: 3, return: 0 };
    const history = [register('a', 0, 1), register('b', 2, 9), list(4, 'a'), lost, list(6, 'b', 'a'), list(10, 'b')];
    expect(checkHistory(instanceSet, history)).toEqual({ kind: 'linearizable' });
  });

  it('is not when an instance is missing, too many, or deregistered twice', () => {
    expect(checkHistory(instanceSet, [register('a', 0, 1), list(2)])).toMatchObject({ kind: 'violation' });
    expect(checkHistory(instanceSet, [register('a', 0, 1), list(2, 'a', 'b')])).toMatchObject({ kind: 'violation' });
    const deregister = (call: number) => ({
      input: { kind: 'deregister', id: 'a' } as const,
      output: done,
      call,
      return: call + 1,
    });
    expect(checkHistory(instanceSet, [register('a', 0, 1), deregister(2), deregister(4)])).toMatchObject({
      kind: 'violation',
    });
  });
});
