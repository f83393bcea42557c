/** Codes and texts were seen at etcd 3.4; members without a revision in the header too. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code, QuorateError } from '../../../src/base/errors.js';
import type { MemberId } from '../../../src/base/ids.js';
import { clusterService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const withLearner = (): void => {
  const [one, two, three] = api.replica.members;
  Object.assign(api.replica, { members: [three, { ...two, learner: true }, one] });
};
const header = { cluster_id: '77', member_id: '1', revision: '0', raft_term: '3' };

describe('the list of members', () => {
  test('is by id, with URLs, and without a revision', async () => {
    withLearner();
    const answer = await api.client.call(clusterService.memberList, {});
    expect(answer.header).toMatchObject(header);
    expect(answer.members).toEqual([
      {
        ID: '1',
        name: 'n1',
        peerURLs: ['http://127.0.0.1:7201'],
        clientURLs: ['http://127.0.0.1:7101'],
        isLearner: false,
      },
      expect.objectContaining({ ID: '2', isLearner: true }) as object,
      expect.objectContaining({ ID: '3', isLearner: false }) as object,
    ]);
  });

  test('comes from this member alone, or is confirmed by the cluster if asked for', async () => {
    api.replica.quorum = false;
    expect((await api.client.call(clusterService.memberList, {})).members).toHaveLength(3);
    const confirmed = api.client.call(clusterService.memberList, { linearizable: true });
    await until('it waits for the cluster', () => api.replica.waiting === 1);
    api.replica.quorum = true;
    expect((await confirmed).members).toHaveLength(3);
  });
});

describe('a member', () => {
  test('is removed by its id, and the others are answered', async () => {
    api.replica.onChange = async () => {
      Object.assign(api.replica, { members: api.replica.members.filter(({ id }) => id !== 2) });
    };
    const answer = await api.client.call(clusterService.memberRemove, { ID: 2 });
    expect(answer.header).toMatchObject(header);
    expect(answer.members.map(({ ID }) => ID)).toEqual(['1', '3']);
    expect(api.replica.changes).toEqual([{ kind: 'remove', id: 2 }]);
  });

  test('that is a learner is promoted, and no other', async () => {
    withLearner();
    await api.client.call(clusterService.memberPromote, { ID: 2 });
    expect(api.replica.changes).toEqual([{ kind: 'promote', id: 2 as MemberId }]);
    expect(await api.client.failure(clusterService.memberPromote, { ID: 1 })).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      text: 'etcdserver: can only promote a learner member',
    });
  });

  test.each([
    [
      'MEMBER_NOT_READY',
      Code.FAILED_PRECONDITION,
      'etcdserver: can only promote a learner member which is in sync with leader',
    ],
    ['QUORUM_AT_RISK', Code.UNAVAILABLE, 'etcdserver: unhealthy cluster'],
    ['NO_QUORUM', Code.UNAVAILABLE, 'etcdserver: request timed out'],
  ] as const)('that cannot be promoted for %s is answered as by etcd', async (reason, code, text) => {
    withLearner();
    api.replica.onChange = () => Promise.reject(new QuorateError(reason, 'not now'));
    expect(await api.client.failure(clusterService.memberPromote, { ID: 2 })).toMatchObject({ code, text });
  });

  test('moves to another peer URL, which nobody else may have', async () => {
    api.replica.onChange = async () => {
      const [one, ...others] = api.replica.members;
      Object.assign(api.replica, { members: [{ ...one, peerAddress: '10.0.0.1:7201' }, ...others] });
    };
    const update = { ID: 1, peerURLs: ['http://10.0.0.1:7201', 'https://10.0.0.1:7201'] };
    const answer = await api.client.call(clusterService.memberUpdate, update);
    expect(answer.header).toMatchObject(header);
    expect(answer.members.map(({ peerURLs }) => peerURLs[0])).toEqual([
      'http://10.0.0.1:7201',
      'http://127.0.0.1:7202',
      'http://127.0.0.1:7203',
    ]);
    expect(api.replica.changes).toEqual([{ kind: 'describe', id: 1, peerAddress: '10.0.0.1:7201' }]);
    const taken = { ID: 1, peerURLs: ['http://127.0.0.1:7202'] };
    const refusal = { code: Code.FAILED_PRECONDITION, text: 'etcdserver: Peer URLs already exists' };
    expect(await api.client.failure(clusterService.memberUpdate, taken)).toMatchObject(refusal);
    // Somebody else was faster, and this member had not heard of it.
    api.replica.onChange = () => Promise.reject(new QuorateError('MEMBER_EXISTS', 'it is an address of member n2'));
    expect(await api.client.failure(clusterService.memberUpdate, update)).toMatchObject(refusal);
  });

  test.each([[clusterService.memberRemove], [clusterService.memberPromote], [clusterService.memberUpdate]])(
    'that is none is not found',
    async (method) => {
      for (const ID of [5, '0', '18446744073709551615'])
        expect(await api.client.failure(method, { ID })).toMatchObject({
          code: Code.NOT_FOUND,
          text: 'etcdserver: member not found',
        });
    },
  );

  test.each([
    [{}, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['x'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://a'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://a:1/path'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://a:65536'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://0.0.0.0:1'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://a:1', 'x'] }, Code.INVALID_ARGUMENT, 'etcdserver: given member URLs are invalid'],
    [{ peerURLs: ['http://127.0.0.1:7203'] }, Code.FAILED_PRECONDITION, 'etcdserver: Peer URLs already exists'],
    [
      { peerURLs: ['http://127.0.0.1:7204', 'http://127.0.0.1:7205'] },
      Code.INVALID_ARGUMENT,
      'etcdserver: the peer URLs name 2 addresses, and a member has one: give the one at which the other members reach it',
    ],
  ])('is not added by %j', async (request, code, text) => {
    expect(await api.client.failure(clusterService.memberAdd, request)).toMatchObject({
      code,
      text,
      reason: undefined,
    });
    expect(api.replica.changes).toEqual([]);
  });

  test.each([
    ['a learner for good', true],
    ['one that becomes a voter', false],
  ])('is added by its peer URL as %s, without a name and client URLs', async (_, isLearner) => {
    const unstarted = { id: 9 as MemberId, name: '', clientAddress: '', peerAddress: '127.0.0.1:7204', learner: true };
    api.replica.onChange = async () => {
      Object.assign(api.replica, { members: [unstarted, ...api.replica.members] });
    };
    const peerURLs = ['http://127.0.0.1:7204', 'http://127.0.0.1:7204'];
    const answer = await api.client.call(clusterService.memberAdd, { peerURLs, isLearner });
    const member = { ID: '9', name: '', peerURLs: ['http://127.0.0.1:7204'], clientURLs: [], isLearner: true };
    expect(answer).toMatchObject({ header, member });
    expect(answer.members.map(({ ID }) => ID)).toEqual(['1', '2', '3', '9']);
    expect(answer.members[3]).toEqual(member);
    const { id: _id, learner: _learner, ...added } = unstarted;
    expect(api.replica.changes).toEqual([{ kind: 'add', ...added, promote: !isLearner, replaces: undefined }]);
    expect(await api.client.failure(clusterService.memberAdd, { peerURLs })).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      text: 'etcdserver: Peer URLs already exists',
    });
  });

  test('is added, and another moves, only by a member that knows of all changes before', async () => {
    api.replica.quorum = false;
    const added = api.client.call(clusterService.memberAdd, { peerURLs: ['http://127.0.0.1:7204'] });
    await until('it waits for the cluster', () => api.replica.waiting === 1);
    const [one] = api.replica.members;
    Object.assign(api.replica, { members: [{ ...one, peerAddress: '127.0.0.1:7204' }] });
    api.replica.quorum = true;
    await expect(added).rejects.toMatchObject({ text: 'etcdserver: Peer URLs already exists' });
    expect(api.replica.changes).toEqual([]);
  });
});
