import { expect, test } from 'vitest';
import { instanceFilter } from '../../../src/api/quorate/selector.js';
import { Instance, type InstanceIn, InstanceSelector, type InstanceSelectorIn } from '../../../src/proto/quorate.js';
import { refusal } from '../../support/refusal.js';

const up: InstanceIn = { id: 'a', status: 1, zone: 'z1', metadata: { lang: 'ts', tier: 'gold' } };
const draining: InstanceIn = { id: 'b', status: 2, zone: '', metadata: {} };

function selects(selector: InstanceSelectorIn | null, instance: InstanceIn): boolean {
  const received = selector && InstanceSelector.decode(InstanceSelector.encode(selector));
  return instanceFilter(received)(Instance.decode(Instance.encode(instance)));
}

test.each<[InstanceSelectorIn | null, boolean, boolean]>([
  [null, true, true],
  [{}, true, true],
  [{ statuses: [1] }, true, false],
  [{ statuses: [2, 3] }, false, true],
  [{ zones: ['z1', 'z2'] }, true, false],
  [{ zones: [''] }, false, true],
  [{ metadata: { lang: 'ts' } }, true, false],
  [{ metadata: { lang: 'ts', tier: 'silver' } }, false, false],
  [{ metadata: { toString: 'x' } }, false, false],
  [{ statuses: [1], zones: ['z2'] }, false, false],
])('%j', (selector, first, second) => {
  expect(selects(selector, up)).toBe(first);
  expect(selects(selector, draining)).toBe(second);
});

test.each<InstanceSelectorIn>([
  { statuses: [0] },
  { zones: Array.from({ length: 65 }, (_, i) => `z${i}`) },
  { zones: ['z'.repeat(257)] },
  { metadata: { '': 'x' } },
])('%j is refused', (selector) => {
  expect(refusal(() => selects(selector, up)).reason).toBe('INVALID_FIELD');
});
