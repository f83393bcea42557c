import { describe, expect, it } from 'vitest';
import { memberJson, statusTable } from '../../src/cli/commands/status.js';
import { leaderOf, type MemberView } from '../../src/cli/member-views.js';
import type { MemberStatus } from '../../src/client/index.js';

function member(name: string, leader: string, term = 3): MemberView {
  const status: MemberStatus = {
    clusterId: 9,
    memberId: 7,
    term,
    revision: 12,
    name,
    role: name === leader ? 'LEADER' : 'FOLLOWER',
    leaderId: leader === '' ? 0 : 5,
    leaderName: leader,
    lastIndex: 41,
    commitIndex: 40,
    appliedIndex: 40,
    firstIndex: 1,
    compactedRevision: 0,
    leaderContactAgeMs: 0,
    keys: 4,
    leases: 0,
    watchers: 0,
    memoryBytes: 100 * 1024 * 1024,
    diskBytes: 2_048,
    serverVersion: '0.1.0',
    stateHash: '',
    stateHashIndex: 0,
    clusterClockMs: 0,
    recovering: false,
  };
  return { address: `127.0.0.1:${name.slice(1)}`, name, status };
}
const unstarted: MemberView = { address: '', name: undefined, status: undefined };
const down = (name: string): MemberView => ({ address: '127.0.0.1:9', name, status: undefined });

describe('the leader of a cluster', () => {
  it('is the one that a majority names', () => {
    expect(leaderOf([member('n1', 'n2'), member('n2', 'n2'), down('n3')])).toBe('n2');
  });

  it('is nobody without a majority, counted over all members', () => {
    expect(leaderOf([member('n2', 'n2'), down('n1'), down('n3')])).toBeUndefined();
    expect(leaderOf([member('n1', ''), member('n2', ''), member('n3', '')])).toBeUndefined();
    expect(leaderOf([])).toBeUndefined();
  });

  it('is known whoever was added and never started', () => {
    expect(leaderOf([member('n1', 'n1'), unstarted, unstarted])).toBe('n1');
  });

  it('is not an old leader that has not heard of the newer term', () => {
    expect(leaderOf([member('n1', 'n1', 3), member('n2', 'n2', 4), member('n3', 'n2', 4)])).toBe('n2');
  });

  it('is nobody while the members of a majority are in different terms', () => {
    expect(leaderOf([member('n1', 'n1', 3), member('n2', 'n1', 5), down('n3')])).toBeUndefined();
  });
});

describe('status for people', () => {
  it('has a row for every member, also for one that does not answer', () => {
    expect(statusTable([member('n1', 'n1'), down('n2')], false).split('\n')).toEqual([
      'NAME  ROLE         TERM  APPLIED  REVISION  KEYS  LEASES  WATCHERS  MEMORY   DISK     CLIENT',
      'n1    leader          3       40        12     4       0         0  100 MiB  2.0 KiB  127.0.0.1:1',
      'n2    unreachable     -        -         -     -       -         -  -        -        127.0.0.1:9',
    ]);
  });

  it('tells one that does not answer from one that was never started', () => {
    const rows = statusTable([down('n2'), unstarted], false)
      .split('\n')
      .slice(1);
    expect(rows.map((row) => row.split(/ {2,}/).slice(0, 2))).toEqual([
      ['n2', 'unreachable'],
      ['-', 'not started'],
    ]);
  });

  it('adds hashes when they were asked for', () => {
    expect(statusTable([down('n2')], true)).toMatch(/HASH +AT INDEX\n/);
  });
});

describe('status for programs', () => {
  it('keeps its shape', () => {
    expect(Object.keys(memberJson(member('n1', 'n1')))).toEqual([
      'name',
      'clientAddress',
      'reachable',
      'memberId',
      'clusterId',
      'role',
      'leader',
      'term',
      'revision',
      'compactedRevision',
      'firstIndex',
      'lastIndex',
      'commitIndex',
      'appliedIndex',
      'leaderContactAgeMs',
      'keys',
      'leases',
      'watchers',
      'memoryBytes',
      'diskBytes',
      'recovering',
      'version',
    ]);
    expect(memberJson(down('n3'))).toEqual({ name: 'n3', clientAddress: '127.0.0.1:9', reachable: false });
  });
});
