/** Errors of the etcd door: etcd's codes and etcd's texts, to the letter, because its clients match on them. */
import { Metadata } from '@grpc/grpc-js';
import { QuorateError, type Reason, reasons } from '../../base/errors.js';
import type { Failure, FailureStatus } from '../status.js';

/** Codes that only this door answers with. */
const DATA_LOSS = 15;
const UNAUTHENTICATED = 16;

interface EtcdStatus {
  readonly code: number;
  readonly text: string;
  /** What the same refusal is called by the rest of the product. */
  readonly reason: Reason;
}

function status(code: number, reason: Reason, text: string): EtcdStatus {
  return { code, reason, text: `etcdserver: ${text}` };
}

/** By the names that etcd gives them in its API documents. */
const etcdErrors = {
  EmptyKey: status(3, 'INVALID_KEY', 'key is not provided'),
  KeyNotFound: status(3, 'KEY_NOT_FOUND', 'key not found'),
  ValueProvided: status(3, 'INVALID_FIELD', 'value is provided'),
  LeaseProvided: status(3, 'INVALID_FIELD', 'lease is provided'),
  TooManyOps: status(3, 'TOO_MANY_CHANGES', 'too many operations in txn request'),
  DuplicateKey: status(3, 'DUPLICATE_KEY', 'duplicate key given in txn request'),
  InvalidClientApiVersion: status(3, 'INVALID_FIELD', 'invalid client api version'),
  InvalidSortOption: status(3, 'INVALID_FIELD', 'invalid sort option'),
  Compacted: status(11, 'REVISION_COMPACTED', 'mvcc: required revision has been compacted'),
  FutureRev: status(11, 'REVISION_IN_FUTURE', 'mvcc: required revision is a future revision'),
  NoSpace: status(8, 'OVERLOADED', 'mvcc: database space exceeded'),
  LeaseNotFound: status(5, 'LEASE_NOT_FOUND', 'requested lease not found'),
  LeaseExist: status(9, 'LEASE_EXISTS', 'lease already exists'),
  LeaseTtlTooLarge: status(11, 'INVALID_TTL', 'too large lease TTL'),
  WatchCanceled: status(1, 'CANCELLED', 'watch canceled'),
  MemberExist: status(9, 'MEMBER_EXISTS', 'member ID already exist'),
  PeerUrlExist: status(9, 'MEMBER_EXISTS', 'Peer URLs already exists'),
  MemberNotEnoughStarted: status(9, 'QUORUM_AT_RISK', 're-configuration failed due to not enough started members'),
  MemberBadUrls: status(3, 'INVALID_FIELD', 'given member URLs are invalid'),
  MemberNotFound: status(5, 'MEMBER_NOT_FOUND', 'member not found'),
  MemberNotLearner: status(9, 'MEMBER_NOT_READY', 'can only promote a learner member'),
  LearnerNotReady: status(9, 'MEMBER_NOT_READY', 'can only promote a learner member which is in sync with leader'),
  TooManyLearners: status(9, 'TOO_MANY_MEMBERS', 'too many learner members in cluster'),
  RequestTooLarge: status(3, 'REQUEST_TOO_LARGE', 'request is too large'),
  TooManyRequests: status(8, 'OVERLOADED', 'too many requests'),
  RootUserNotExist: status(9, 'INVALID_FIELD', 'root user does not exist'),
  RootRoleNotExist: status(9, 'INVALID_FIELD', 'root user does not have root role'),
  UserAlreadyExist: status(9, 'INVALID_FIELD', 'user name already exists'),
  UserEmpty: status(3, 'INVALID_FIELD', 'user name is empty'),
  UserNotFound: status(9, 'INVALID_FIELD', 'user name not found'),
  RoleAlreadyExist: status(9, 'INVALID_FIELD', 'role name already exists'),
  RoleNotFound: status(9, 'INVALID_FIELD', 'role name not found'),
  RoleEmpty: status(3, 'INVALID_FIELD', 'role name is empty'),
  AuthFailed: status(3, 'INVALID_FIELD', 'authentication failed, invalid user ID or password'),
  PermissionDenied: status(7, 'INVALID_FIELD', 'permission denied'),
  RoleNotGranted: status(9, 'INVALID_FIELD', 'role is not granted to the user'),
  PermissionNotGranted: status(9, 'INVALID_FIELD', 'permission is not granted to the role'),
  AuthNotEnabled: status(9, 'INVALID_FIELD', 'authentication is not enabled'),
  InvalidAuthToken: status(UNAUTHENTICATED, 'INVALID_FIELD', 'invalid auth token'),
  NoLeader: status(14, 'NO_QUORUM', 'no leader'),
  NotLeader: status(9, 'TRANSFER_FAILED', 'not leader'),
  LeaderChanged: status(14, 'OUTCOME_UNKNOWN', 'leader changed'),
  NotCapable: status(14, 'UNIMPLEMENTED', 'not capable'),
  Stopped: status(14, 'MEMBER_STOPPING', 'server stopped'),
  Timeout: status(14, 'NO_QUORUM', 'request timed out'),
  TimeoutDueToLeaderFail: status(14, 'OUTCOME_UNKNOWN', 'request timed out, possibly due to previous leader failure'),
  TimeoutDueToConnectionLost: status(14, 'OUTCOME_UNKNOWN', 'request timed out, possibly due to connection lost'),
  Unhealthy: status(14, 'NO_QUORUM', 'unhealthy cluster'),
  Corrupt: status(DATA_LOSS, 'BUG', 'corrupt cluster'),
  NotSupportedForLearner: status(14, 'MEMBER_NOT_READY', 'rpc not supported for learner'),
  BadLeaderTransferee: status(9, 'TRANSFER_FAILED', 'bad leader transferee'),
} as const satisfies Record<string, EtcdStatus>;

export type EtcdErrorName = keyof typeof etcdErrors;

/** What each reason is called here. Reasons that are not listed keep their own code and text. */
const namesOfReasons: Partial<Record<Reason, EtcdErrorName>> = {
  KEY_NOT_FOUND: 'KeyNotFound',
  TOO_MANY_CHANGES: 'TooManyOps',
  DUPLICATE_KEY: 'DuplicateKey',
  REVISION_COMPACTED: 'Compacted',
  REVISION_IN_FUTURE: 'FutureRev',
  LEASE_NOT_FOUND: 'LeaseNotFound',
  LEASE_EXISTS: 'LeaseExist',
  MEMBER_NOT_FOUND: 'MemberNotFound',
  MEMBER_EXISTS: 'PeerUrlExist',
  QUORUM_AT_RISK: 'Unhealthy',
  TOO_MANY_MEMBERS: 'TooManyLearners',
  REQUEST_TOO_LARGE: 'RequestTooLarge',
  OVERLOADED: 'TooManyRequests',
  NO_QUORUM: 'Timeout',
  CHANGE_IN_PROGRESS: 'Timeout',
  OUTCOME_UNKNOWN: 'TimeoutDueToConnectionLost',
  MEMBER_STOPPING: 'Stopped',
  MEMBER_STARTING: 'NoLeader',
};

/** A refusal with a status of etcd's own. */
class EtcdError extends QuorateError {
  constructor(
    readonly status: number,
    reason: Reason,
    readonly text: string,
  ) {
    super(reason, text);
  }
}

/** The refusal that etcd calls by this name. */
export function etcdError(name: EtcdErrorName): QuorateError {
  const { code, reason, text } = etcdErrors[name];
  return new EtcdError(code, reason, text);
}

/** A refusal that has no name in etcd's API: the text is sent as it is, prefix and all. */
export function otherEtcdError(code: number, text: string): QuorateError {
  return new EtcdError(code, 'UNKNOWN', text);
}

/** The code and text under which a failure is answered; also for failures that travel in a message, such as a watch's cancel reason. */
export function etcdTextOf(failure: Failure): { readonly code: number; readonly text: string } {
  if (failure instanceof EtcdError) return { code: failure.status, text: failure.text };
  const name = namesOfReasons[failure.reason];
  if (name !== undefined) return etcdErrors[name];
  return { code: reasons[failure.reason], text: `etcdserver: ${failure.message}` };
}

/** etcd sends code and text and no details. */
export function etcdStatusOf(failure: Failure): FailureStatus {
  const { code, text } = etcdTextOf(failure);
  return { name: 'QuorateError', code, message: text, details: text, metadata: new Metadata() };
}
