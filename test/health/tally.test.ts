import { describe, expect, it } from 'vitest';
import { Tally, type Verdict, verdictOfAll } from '../../src/health/tally.js';

const thresholds = { rise: 2, fall: 3 };

/** Verdicts after each probe: '+' passed, '-' failed. */
function verdicts(start: Verdict, probes: string): string[] {
  const tally = new Tally(thresholds, start);
  return [...probes].map((probe) => tally.add(probe === '+'));
}

describe('a tally', () => {
  it.each([
    ['the first probe decides when nothing is known, passing', 'unknown', '+', ['passing']],
    ['and failing', 'unknown', '-', ['failing']],
    ['`fall` in a row make what passed fail', 'passing', '---', ['passing', 'passing', 'failing']],
    ['`rise` in a row make what failed pass', 'failing', '++', ['failing', 'passing']],
    ['one that passes between begins the count anew', 'passing', '--+--', Array(5).fill('passing')],
    ['one that fails between begins the count anew', 'failing', '+-+-+', Array(5).fill('failing')],
    [
      'after a change the other threshold counts',
      'passing',
      '---++',
      ['passing', 'passing', 'failing', 'failing', 'passing'],
    ],
  ] as const)('%s', (_rule, start, probes, expected) => {
    expect(verdicts(start, probes)).toEqual(expected);
  });

  it('that sees an instance go up and down with every probe never changes', () => {
    expect(new Set(verdicts('passing', '-+'.repeat(100)))).toEqual(new Set(['passing']));
    expect(new Set(verdicts('failing', '+-'.repeat(100)))).toEqual(new Set(['failing']));
  });

  it('changes at most once in `fall` + `rise` probes over a whole cycle, whatever comes', () => {
    for (let pattern = 0; pattern < 1 << 10; pattern++) {
      const probes = Array.from({ length: 10 }, (_, i) => ((pattern >> i) & 1 ? '+' : '-')).join('');
      const seen = verdicts('passing', probes);
      const changes = seen.flatMap((verdict, i) => (verdict === (seen[i - 1] ?? 'passing') ? [] : [i]));
      let previous = -1;
      for (const at of changes) {
        const needed = seen[at] === 'failing' ? thresholds.fall : thresholds.rise;
        if (
          at - previous < needed ||
          probes.slice(at - needed + 1, at + 1) !== (seen[at] === 'failing' ? '-' : '+').repeat(needed)
        )
          throw new Error(`${probes} made ${seen.join(' ')}`);
        previous = at;
      }
    }
  });
});

describe('the verdict of several checks', () => {
  it.each([
    [['passing', 'passing'], 'passing'],
    [['passing', 'failing'], 'failing'],
    [['unknown', 'failing'], 'failing'],
    [['passing', 'unknown'], 'unknown'],
  ] as const)('of %j is %s', (all, verdict) => {
    expect(verdictOfAll(all)).toBe(verdict);
  });
});
