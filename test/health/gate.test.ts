import { expect, it } from 'vitest';
import { Gate } from '../../src/health/gate.js';

it('lets so many in at once, the others in the order in which they came', () => {
  const gate = new Gate(2);
  const started: string[] = [];
  const enter = (name: string) => gate.enter(() => started.push(name));
  enter('a');
  enter('b');
  const takeBack = enter('c');
  enter('d');
  enter('e');
  expect(started).toEqual(['a', 'b']);
  takeBack();
  gate.leave();
  expect(started).toEqual(['a', 'b', 'd']);
  gate.leave();
  expect(started).toEqual(['a', 'b', 'd', 'e']);
  expect(gate.busy).toBe(2);
  gate.leave();
  gate.leave();
  expect(gate.busy).toBe(0);
  enter('f');
  expect(started.at(-1)).toBe('f');
});
