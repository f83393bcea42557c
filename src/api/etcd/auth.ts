/**
 * `etcdserverpb.Auth`, as a server answers on which authentication is off and no user or role was ever made. Making one is refused, so that stays true.
 */
import { Code } from '../../base/errors.js';
import { type AuthStatusResponseIn, authService } from '../../proto/etcd.js';
import type { Replica } from '../../replica/types.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { type EtcdErrorName, etcdError, otherEtcdError } from './errors.js';
import { etcdHeader } from './header.js';

/** etcd counts changes of users and roles from here. */
const firstAuthRevision = 1;

export function serveAuth(table: Handlers, replica: Replica): void {
  const header = () => etcdHeader(replica, replica.machine.revision);
  const onEmptyAnswer = (_request: object, call: UnaryCall<{ header: ReturnType<typeof header> }>): void =>
    call.reply({ header: header() });

  table.unary(authService.authStatus, (_request, call: UnaryCall<AuthStatusResponseIn>) =>
    call.reply({ header: header(), enabled: false, authRevision: firstAuthRevision }),
  );
  table.unary(authService.authDisable, onEmptyAnswer);
  table.unary(authService.userList, onEmptyAnswer);
  table.unary(authService.roleList, onEmptyAnswer);

  table.unary(authService.authEnable, refusal('RootUserNotExist'));
  table.unary(authService.authenticate, refusal('AuthNotEnabled'));
  table.unary(authService.userGet, refusal('UserNotFound'));
  table.unary(authService.userDelete, refusal('UserNotFound'));
  table.unary(authService.userChangePassword, refusal('UserNotFound'));
  table.unary(authService.userGrantRole, refusal('UserNotFound'));
  table.unary(authService.userRevokeRole, refusal('UserNotFound'));
  table.unary(authService.roleGet, refusal('RoleNotFound'));
  table.unary(authService.roleDelete, refusal('RoleNotFound'));
  table.unary(authService.roleGrantPermission, refusal('RoleNotFound'));
  table.unary(authService.roleRevokePermission, refusal('RoleNotFound'));

  table.unary(authService.userAdd, ({ name }) => {
    throw name === '' ? etcdError('UserEmpty') : notThere();
  });
  table.unary(authService.roleAdd, ({ name }) => {
    throw name === '' ? etcdError('RoleEmpty') : notThere();
  });
}

function refusal(name: EtcdErrorName): () => never {
  return () => {
    throw etcdError(name);
  };
}

function notThere(): Error {
  return otherEtcdError(
    Code.UNIMPLEMENTED,
    'etcdserver: users and roles are not supported: authentication is always off',
  );
}
