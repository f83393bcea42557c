import { describe, expect, it } from 'vitest';
import { clusterTime } from '../../src/base/ids.js';
import { ClusterClock } from '../../src/replica/cluster-clock.js';

describe('ClusterClock', () => {
  it('moves with real time from the newest stamp in the log', () => {
    const clock = new ClusterClock(1_000);
    clock.begin(clusterTime(5_000), 100);
    expect(clock.stamp(350, clusterTime(5_000))).toBe(5_250);
    expect(clock.stamp(600, clusterTime(5_250))).toBe(5_500);
  });

  it('does not lose the fractions of milliseconds between frequent stamps', () => {
    const clock = new ClusterClock(1_000);
    clock.begin(clusterTime(0), 0);
    let applied = clusterTime(0);
    for (let i = 1; i <= 1_000; i++) applied = clock.stamp(i * 1.9, applied);
    expect(applied).toBe(1_900);
  });

  it('moves by at most one step beyond what is applied, and the time above is lost', () => {
    const clock = new ClusterClock(1_000);
    clock.begin(clusterTime(0), 0);
    expect(clock.stamp(60_000, clusterTime(0))).toBe(1_000);
    expect(clock.stamp(61_000, clusterTime(0))).toBe(1_000);
    expect(clock.stamp(61_500, clusterTime(1_000))).toBe(1_500);
  });

  it('never goes back, whatever the real clock does', () => {
    const clock = new ClusterClock(1_000);
    clock.begin(clusterTime(7_000), 1_000);
    expect(clock.stamp(900, clusterTime(6_000))).toBe(7_000);
  });
});
