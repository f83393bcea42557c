import { expect, test } from 'vitest';
import { instanceFilter, selectorText } from '../../../src/api/quorate/selector.js';
import { Instance, type InstanceIn, InstanceSelector, type InstanceSelectorIn } from '../../../src/proto/quorate.js';
import { refusal } from '../../support/refusal.js';

const up: InstanceIn = {
  id: 'a',
  status: 1,
  zone: 'z1',
  version: '1.2',
  health: 1,
  metadata: { lang: 'ts', tier: 'gold', note: 'a = b' },
};
const draining: InstanceIn = { id: 'b', status: 2, zone: '', version: '1.3', health: 2, metadata: {} };

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
  [{ versions: ['1.2', '9'] }, true, false],
  [{ healths: [2, 3] }, false, true],
  [{ healths: [1], versions: ['1.3'] }, false, false],
  [{ expressions: ['lang=ts'] }, true, false],
  [{ expressions: [' lang =  ts '] }, true, false],
  [{ expressions: ['lang='] }, false, false],
  [{ expressions: ['lang!=ts'] }, false, true],
  [{ expressions: ['lang!=js'] }, true, true],
  [{ expressions: ['note=a = b'] }, true, false],
  [{ expressions: ['lang in (js,ts)'] }, true, false],
  [{ expressions: ['lang in(js)'] }, false, false],
  [{ expressions: ['lang in ( js , ts )', 'tier=silver'] }, false, false],
  [{ expressions: ['lang notin (js, ts)'] }, false, true],
  [{ expressions: ['tier notin (silver)'] }, true, true],
  [{ expressions: ['lang'] }, true, false],
  [{ expressions: ['!lang'] }, false, true],
  [{ expressions: ['! lang', 'tier!=gold'] }, false, true],
  [{ expressions: ['in'] }, false, false],
  [{ expressions: ['toString'] }, false, false],
  [{ expressions: ['!toString', 'toString!=x'] }, true, true],
])('%j', (selector, first, second) => {
  expect(selects(selector, up)).toBe(first);
  expect(selects(selector, draining)).toBe(second);
});

test.each<InstanceSelectorIn>([
  { statuses: [0] },
  { zones: Array.from({ length: 65 }, (_, i) => `z${i}`) },
  { zones: ['z'.repeat(257)] },
  { metadata: { '': 'x' } },
  { versions: Array.from({ length: 65 }, (_, i) => `v${i}`) },
  { healths: [0] },
  { healths: [9 as never] },
  { expressions: Array.from({ length: 33 }, (_, i) => `k${i}`) },
  { expressions: [''] },
  { expressions: ['!'] },
  { expressions: ['=x'] },
  { expressions: ['a b'] },
  { expressions: ['a==b'] },
  { expressions: ['a in ()'] },
  { expressions: ['a in (b,)'] },
  { expressions: ['a in (b'] },
  { expressions: ['a in b'] },
  { expressions: ['!a=b'] },
  { expressions: [`a=${'b'.repeat(1_024)}`] },
])('%j is refused', (selector) => {
  expect(refusal(() => selects(selector, up)).reason).toBe('INVALID_FIELD');
});

test('selectors that select the same are known to, and others are not', () => {
  const text = (selector: InstanceSelectorIn) =>
    selectorText(InstanceSelector.decode(InstanceSelector.encode(selector)));
  expect(text({})).toBe('');
  expect(selectorText(null)).toBe('');
  expect(text({ zones: ['b', 'a', 'b'], healths: [1, 4] })).toBe(text({ zones: ['a', 'b'], healths: [4, 1] }));
  const different: InstanceSelectorIn[] = [
    { zones: ['a'] },
    { versions: ['a'] },
    { expressions: ['a'] },
    { metadata: { a: '' } },
    { statuses: [1] },
    { healths: [1] },
  ];
  expect(new Set(different.map(text)).size).toBe(different.length);
});
