/** What an etcd answers on which authentication is off and nobody ever made a user or a role. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Code } from '../../../src/base/errors.js';
import { authService } from '../../../src/proto/etcd.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

test('authentication is off', async () => {
  const answer = await api.client.call(authService.authStatus, {});
  expect(answer).toMatchObject({ header: { member_id: '1', revision: '1' }, enabled: false, authRevision: '1' });
});

test('it can be turned off again, and there are no users and no roles', async () => {
  expect((await api.client.call(authService.authDisable, {})).header?.cluster_id).toBe('77');
  expect((await api.client.call(authService.userList, {})).users).toEqual([]);
  expect((await api.client.call(authService.roleList, {})).roles).toEqual([]);
});

test.each([
  ['enable', authService.authEnable, {}, 'root user does not exist'],
  ['authenticate', authService.authenticate, { name: 'a', password: 'b' }, 'authentication is not enabled'],
  ['user get', authService.userGet, { name: 'a' }, 'user name not found'],
  ['user delete', authService.userDelete, { name: 'a' }, 'user name not found'],
  ['user password', authService.userChangePassword, { name: 'a' }, 'user name not found'],
  ['user grant', authService.userGrantRole, { name: 'a' }, 'user name not found'],
  ['user revoke', authService.userRevokeRole, { name: 'a' }, 'user name not found'],
  ['role get', authService.roleGet, { role: 'a' }, 'role name not found'],
  ['role delete', authService.roleDelete, { role: 'a' }, 'role name not found'],
  ['role grant', authService.roleGrantPermission, { name: 'a' }, 'role name not found'],
  ['role revoke', authService.roleRevokePermission, { role: 'a' }, 'role name not found'],
])('%s is refused as by etcd', async (_what, method, request, text) => {
  expect(await api.client.failure(method, request)).toEqual({
    code: Code.FAILED_PRECONDITION,
    text: `etcdserver: ${text}`,
    reason: undefined,
    metadata: {},
  });
});

test.each([
  ['user', authService.userAdd],
  ['role', authService.roleAdd],
])('a %s needs a name, and cannot be added', async (what, method) => {
  expect(await api.client.failure(method, {})).toMatchObject({
    code: Code.INVALID_ARGUMENT,
    text: `etcdserver: ${what} name is empty`,
  });
  expect(await api.client.failure(method, { name: 'a' })).toMatchObject({
    code: Code.UNIMPLEMENTED,
    text: 'etcdserver: users and roles are not supported: authentication is always off',
  });
});
