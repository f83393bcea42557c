/** Codes, texts and which answers have no header were seen at etcd 3.4. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code, QuorateError } from '../../../src/base/errors.js';
import { type Key, type MemberId, NO_LEASE, revision } from '../../../src/base/ids.js';
import { maintenanceService } from '../../../src/proto/etcd.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { until } from '../../support/until.js';
import { type Api, collect, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const put = (replica: FakeReplica, key: string, value: string): void =>
  void replica.apply({
    kind: 'put',
    key: key as Key,
    value: Buffer.from(value),
    lease: NO_LEASE,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
  });

describe('the status', () => {
  test('says what the member is and how far', async () => {
    put(api.replica, 'a', '1');
    const { appliedIndex, commitIndex } = api.replica.status();
    expect(await api.client.call(maintenanceService.status, {})).toMatchObject({
      header: { cluster_id: '77', member_id: '1', revision: '2', raft_term: '3' },
      version: expect.stringMatching(/^3\.5\.\d+$/) as string,
      dbSize: '4096',
      dbSizeInUse: '4096',
      leader: '1',
      raftIndex: String(commitIndex),
      raftTerm: '3',
      raftAppliedIndex: String(appliedIndex),
      errors: [],
      isLearner: false,
    });
  });

  test('says that there is no leader, and that the member is a learner', async () => {
    api.replica.leader = undefined;
    Object.assign(api.replica, { members: api.replica.members.map((member) => ({ ...member, learner: true })) });
    expect(await api.client.call(maintenanceService.status, {})).toMatchObject({
      leader: '0',
      errors: ['etcdserver: no leader'],
      isLearner: true,
    });
  });
});

describe('alarms', () => {
  test.each([
    ['listed', { action: 0 }],
    ['taken back', { action: 2, alarm: 1 }],
  ] as const)('that do not exist are %s without so much as a header', async (_what, request) => {
    const answer = await api.client.call(maintenanceService.alarm, request);
    expect(answer.header).toBeNull();
    expect(answer.alarms).toEqual([]);
  });

  test('cannot be raised', async () => {
    const request = { action: 1, alarm: 1 } as const;
    expect(await api.client.failure(maintenanceService.alarm, request)).toMatchObject({ code: Code.UNIMPLEMENTED });
  });
});

test('there is nothing to defragment, and nothing to downgrade to', async () => {
  expect((await api.client.call(maintenanceService.defragment, {})).header).toBeNull();
  expect(await api.client.failure(maintenanceService.downgrade, {})).toMatchObject({ code: Code.UNIMPLEMENTED });
});

describe('the hash', () => {
  const hashOf = async (at: number) => api.client.call(maintenanceService.hashKV, { revision: at });

  test('is equal for equal content, whatever was compacted, and names its revision', async () => {
    const other = new FakeReplica();
    for (const replica of [api.replica, other]) for (let i = 0; i < 700; i++) put(replica, `k${i % 600}`, `v${i}`);
    const before = await hashOf(0);
    expect(before).toMatchObject({ header: { revision: '701' }, compact_revision: '-1', hash_revision: '701' });
    api.replica.apply({ kind: 'compact', revision: revision(650) });
    const after = await hashOf(701);
    expect(after).toMatchObject({ hash: before.hash, compact_revision: '650' });
    expect((await api.client.call(maintenanceService.hash, {})).hash).toBe(before.hash);

    const otherApi = await startApi();
    try {
      Object.assign(otherApi.replica, { machine: other.machine });
      expect((await otherApi.client.call(maintenanceService.hashKV, {})).hash).toBe(before.hash);
    } finally {
      await otherApi.stop();
      other.hub.close();
    }
  });

  test('of a revision stays when others follow, and differs when a key is added or written again', async () => {
    put(api.replica, 'a', '1');
    const one = await hashOf(2);
    put(api.replica, 'a', '1');
    const two = await hashOf(3);
    put(api.replica, 'b', '1');
    const three = await hashOf(4);
    expect((await hashOf(2)).hash).toBe(one.hash);
    expect((await hashOf(3)).hash).toBe(two.hash);
    expect(new Set([one.hash, two.hash, three.hash]).size).toBe(3);
  });

  test.each([
    [5, Code.OUT_OF_RANGE, 'etcdserver: mvcc: required revision is a future revision'],
    [2, Code.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted'],
    [1, Code.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted'],
  ])('of revision %i of 2 to 4 is refused: the compacted one too', async (at, code, text) => {
    for (const key of ['a', 'b', 'c']) put(api.replica, key, '1');
    api.replica.apply({ kind: 'compact', revision: revision(2) });
    expect(await api.client.failure(maintenanceService.hashKV, { revision: at })).toMatchObject({ code, text });
    expect((await hashOf(3)).hash).not.toBe(0);
    expect((await hashOf(-1)).hash_revision).toBe('4');
  });
});

describe('a snapshot', () => {
  test.each([
    ['short', [Buffer.from('first '), Buffer.from('second')]],
    ['empty', []],
    ['just so long that no zeros are needed', [Buffer.alloc(496, 'a')]],
    ['longer than what is on disk', [Buffer.alloc(4_000, 'a'), Buffer.alloc(4_000, 'b')]],
  ])('that is %s is a file that etcdctl takes', async (_what, chunks) => {
    api.replica.imageChunks = chunks;
    const { messages, error } = await collect(api.client.serverStream(maintenanceService.snapshot, {}));
    expect(error).toBeUndefined();
    const file = Buffer.concat(messages.map(({ blob }) => blob));
    const content = file.subarray(0, -32);
    expect(content.length % 512).toBe(0);
    expect(file.subarray(-32)).toEqual(createHash('sha256').update(content).digest());
    const image = Buffer.concat(chunks);
    expect(content.subarray(-16, -8).toString()).toBe('quorate1');
    expect(content.readBigUInt64BE(content.length - 8)).toBe(BigInt(image.length));
    expect(content.subarray(0, image.length)).toEqual(image);
    const remaining = messages.map(({ remaining_bytes }) => Number(remaining_bytes));
    expect(remaining.pop()).toBe(0);
    expect(Math.min(...remaining)).toBeGreaterThan(0);
    expect(api.replica.openImages).toBe(0);
  });

  test('waits for a caller that reads slowly, and ends with it', async () => {
    api.replica.imageChunks = Array.from({ length: 200 }, () => Buffer.alloc(256 * 1024));
    const stream = api.client.serverStream(maintenanceService.snapshot, {});
    stream.on('error', () => {});
    await until('the image is open', () => api.replica.openImages === 1);
    stream.cancel();
    await until('the image is closed', () => api.replica.openImages === 0);
  });
});

describe('leadership', () => {
  const move = (targetID: number) => api.client.call(maintenanceService.moveLeader, { targetID });
  const failure = (targetID: number) => api.client.failure(maintenanceService.moveLeader, { targetID });

  test('moves to a voter, and stays with the leader if asked so', async () => {
    const moves: (MemberId | undefined)[] = [];
    api.replica.onTransfer = (to) => {
      moves.push(to);
      return Promise.resolve(to ?? api.replica.memberId);
    };
    expect((await move(2)).header).toBeNull();
    await move(1);
    expect(moves).toEqual([2]);
  });

  test('moves from the leader only', async () => {
    api.replica.leader = 2 as MemberId;
    expect(await failure(3)).toMatchObject({ code: Code.FAILED_PRECONDITION, text: 'etcdserver: not leader' });
    api.replica.leader = undefined;
    expect(await failure(3)).toMatchObject({ text: 'etcdserver: not leader' });
  });

  test('moves to no learner and no stranger', async () => {
    const [one, two, three] = api.replica.members;
    Object.assign(api.replica, { members: [one, { ...two, learner: true }, three] });
    const bad = { code: Code.FAILED_PRECONDITION, text: 'etcdserver: bad leader transferee' };
    for (const target of [0, 2, 9]) expect(await failure(target)).toMatchObject(bad);
  });

  test('that does not move in time says so', async () => {
    api.replica.onTransfer = () => Promise.reject(new QuorateError('TRANSFER_FAILED', 'too late'));
    expect(await failure(2)).toMatchObject({
      code: Code.UNAVAILABLE,
      text: 'etcdserver: request timed out, leader transfer took too long',
    });
  });
});
