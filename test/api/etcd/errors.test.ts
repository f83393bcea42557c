import { expect, test } from 'vitest';
import { etcdError, etcdStatusOf, otherEtcdError } from '../../../src/api/etcd/errors.js';
import { QuorateError, type Reason, reasons } from '../../../src/base/errors.js';

/** Code and text, as etcd's API documents have them. */
const documented: readonly (readonly [Reason, number, string])[] = [
  ['KEY_NOT_FOUND', 3, 'etcdserver: key not found'],
  ['TOO_MANY_CHANGES', 3, 'etcdserver: too many operations in txn request'],
  ['DUPLICATE_KEY', 3, 'etcdserver: duplicate key given in txn request'],
  ['REQUEST_TOO_LARGE', 3, 'etcdserver: request is too large'],
  ['LEASE_NOT_FOUND', 5, 'etcdserver: requested lease not found'],
  ['MEMBER_NOT_FOUND', 5, 'etcdserver: member not found'],
  ['OVERLOADED', 8, 'etcdserver: too many requests'],
  ['LEASE_EXISTS', 9, 'etcdserver: lease already exists'],
  ['REVISION_COMPACTED', 11, 'etcdserver: mvcc: required revision has been compacted'],
  ['REVISION_IN_FUTURE', 11, 'etcdserver: mvcc: required revision is a future revision'],
  ['NO_QUORUM', 14, 'etcdserver: request timed out'],
  ['OUTCOME_UNKNOWN', 14, 'etcdserver: request timed out, possibly due to connection lost'],
  ['MEMBER_STOPPING', 14, 'etcdserver: server stopped'],
  ['MEMBER_STARTING', 14, 'etcdserver: no leader'],
];

test.each(documented)('%s is %i %s', (reason, code, text) => {
  const status = etcdStatusOf(new QuorateError(reason, 'our own sentence'));
  expect(status).toMatchObject({ code, details: text, message: text });
});

test('what etcd has no name for keeps its code and sentence', () => {
  const status = etcdStatusOf(new QuorateError('RESERVED_KEY', 'keys under /quorate/ are not yours'));
  expect(status).toMatchObject({ code: 3, details: 'etcdserver: keys under /quorate/ are not yours' });
});

test('every reason has a text that clients know for one of etcd', () => {
  for (const reason of Object.keys(reasons) as Reason[])
    expect(etcdStatusOf({ reason, message: 'why', metadata: {} }).details, reason).toMatch(/^etcdserver: ./);
});

test('refusals by name, also under codes that the rest of the product has not', () => {
  expect(etcdStatusOf(etcdError('EmptyKey'))).toMatchObject({ code: 3, details: 'etcdserver: key is not provided' });
  expect(etcdStatusOf(etcdError('PermissionDenied'))).toMatchObject({ code: 7 });
  expect(etcdStatusOf(etcdError('InvalidAuthToken'))).toMatchObject({ code: 16 });
  expect(etcdStatusOf(otherEtcdError(2, 'election: no leader'))).toMatchObject({
    code: 2,
    details: 'election: no leader',
  });
});

test('a status has no details beside its text (etcd)', () => {
  expect(etcdStatusOf(etcdError('EmptyKey')).metadata.getMap()).toEqual({});
});
