import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { QuorateError } from '../../../src/base/errors.js';
import { clusterService } from '../../../src/proto/quorate.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const { addMember, promoteMember, removeMember, replaceMember } = clusterService;
const newcomer = { name: 'n4', clientAddress: '127.0.0.1:7104', peerAddress: '127.0.0.1:7204' };

describe('changes of the membership', () => {
  test('are asked for by name or id', async () => {
    await api.client.call(addMember, newcomer);
    await api.client.call(addMember, { ...newcomer, stayLearner: true });
    await api.client.call(promoteMember, { name: 'n2' });
    await api.client.call(removeMember, { name: 'n3' });
    await api.client.call(removeMember, { id: 99 });
    await api.client.call(replaceMember, { name: 'n3', successor: newcomer });
    const add = { kind: 'add', ...newcomer };
    expect(api.replica.changes).toEqual([
      { ...add, promote: true, replaces: undefined },
      { ...add, promote: false, replaces: undefined },
      { kind: 'promote', id: 2 },
      { kind: 'remove', id: 3 },
      { kind: 'remove', id: 99 },
      { ...add, promote: true, replaces: 3 },
    ]);
  });

  test('are checked before the leader is asked', async () => {
    const wrong = [
      [addMember, { ...newcomer, name: '' }, 'INVALID_NAME'],
      [addMember, { ...newcomer, clientAddress: 'nowhere' }, 'INVALID_FIELD'],
      [addMember, { ...newcomer, peerAddress: '0.0.0.0:7204' }, 'INVALID_FIELD'],
      [addMember, { ...newcomer, peerAddress: newcomer.clientAddress }, 'INVALID_FIELD'],
      [replaceMember, { name: 'n3' }, 'INVALID_FIELD'],
      [removeMember, { name: 'nobody' }, 'MEMBER_NOT_FOUND'],
      [promoteMember, { name: 'nobody' }, 'MEMBER_NOT_FOUND'],
    ] as const;
    for (const [method, request, reason] of wrong)
      expect(await api.client.failure<object>(method, request), JSON.stringify(request)).toMatchObject({ reason });
    expect(api.replica.changes).toEqual([]);
  });

  test('without a name mean nobody, also while a member has none', async () => {
    const [one, two] = api.replica.members;
    Object.assign(api.replica, { members: [one, { ...two, name: '', clientAddress: '', learner: true }] });
    for (const method of [removeMember, promoteMember])
      expect(await api.client.failure<object>(method, {})).toMatchObject({ reason: 'MEMBER_NOT_FOUND' });
    expect(await api.client.failure(replaceMember, { successor: newcomer })).toMatchObject({
      reason: 'MEMBER_NOT_FOUND',
    });
    expect(api.replica.changes).toEqual([]);
    const { members } = await api.client.call(clusterService.listMembers, {});
    expect(members[1]).toMatchObject({ id: 2, name: '', clientAddress: '', peerAddress: two?.peerAddress });
  });

  test('that are refused are answered with the reason', async () => {
    api.replica.onChange = () => Promise.reject(new QuorateError('QUORUM_AT_RISK', 'n3 does not answer'));
    expect(await api.client.failure(removeMember, { name: 'n2' })).toMatchObject({
      reason: 'QUORUM_AT_RISK',
      text: 'n3 does not answer',
    });
  });
});
