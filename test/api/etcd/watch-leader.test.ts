import { Metadata } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LeaderMonitor } from '../../../src/api/etcd/watch-leader.js';
import type { MemberId } from '../../../src/base/ids.js';
import { FakeReplica } from '../../support/fake-replica.js';

/** etcd's monitor: a look each election timeout; streams end after three looks in a row without a leader. */
describe('streams that need a leader', () => {
  let replica: FakeReplica;
  let monitor: LeaderMonitor;
  const lost = vi.fn();
  const required = new Metadata();
  required.set('hasleader', 'true');

  beforeEach(() => {
    vi.useFakeTimers();
    lost.mockReset();
    replica = new FakeReplica();
    monitor = new LeaderMonitor(replica);
  });

  afterEach(() => {
    vi.useRealTimers();
    replica.hub.close();
  });

  function looks(count: number, leader: MemberId | undefined): void {
    replica.leader = leader;
    vi.advanceTimersByTime(count * 1_000);
  }

  it('end at the third look in a row that finds none, once', () => {
    monitor.watch(required, lost);
    looks(2, undefined);
    looks(1, 2 as MemberId);
    looks(2, undefined);
    expect(lost).not.toHaveBeenCalled();
    looks(10, undefined);
    expect(lost).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('hear nothing once they have ended, and others never do', () => {
    monitor.watch(required, lost).cancel();
    monitor.watch(new Metadata(), lost);
    expect(vi.getTimerCount()).toBe(0);
    looks(10, undefined);
    expect(lost).not.toHaveBeenCalled();
  });

  it('are refused where there is no leader', () => {
    replica.leader = undefined;
    expect(() => monitor.watch(required, lost)).toThrow('etcdserver: no leader');
  });
});
