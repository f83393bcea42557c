/** `etcdserverpb.KV`. */
import { revision as revisionOf } from '../../base/ids.js';
import { isReadOnly } from '../../machine/txn.js';
import {
  type DeleteRangeRequest,
  type DeleteRangeResponseIn,
  kVService,
  type PutRequest,
  type PutResponseIn,
  type RangeRequest,
  type RangeResponseIn,
  type TxnRequest,
  type TxnResponseIn,
} from '../../proto/etcd.js';
import type { Handlers } from '../handlers.js';
import type { UnaryCall } from '../unary-call.js';
import { onCompact } from './compact.js';
import { etcdHeader } from './header.js';
import { checkDeleteSize, checkPutSize, checkTxnSize } from './kv-size.js';
import { deleteCommandOf, deleteResponseOf, putCommandOf, putResponseOf } from './put.js';
import { rangeQueryOf, rangeResponseOf } from './range.js';
import { readRange } from './range-pages.js';
import { isSerializable, txnCommandOf, txnResponseOf } from './txn.js';

/** A serializable read is answered from what this member has. */
const asItIs = revisionOf(0);
const newest = revisionOf(0);

export function serveKv(table: Handlers): void {
  table.unary(kVService.range, onRange);
  table.unary(kVService.put, onPut);
  table.unary(kVService.deleteRange, onDeleteRange);
  table.unary(kVService.txn, onTxn);
  table.unary(kVService.compact, onCompact);
}

function onRange(request: RangeRequest, call: UnaryCall<RangeResponseIn>): void {
  const asked = rangeQueryOf(request);
  const query = asked.revision < 0 ? { ...asked, revision: newest } : asked;
  call.readAt(request.serializable ? asItIs : undefined, () => {
    readRange(call, query, (result, revision) => {
      call.reply(rangeResponseOf(result, etcdHeader(call.replica, revision)));
    });
  });
}

function onPut(request: PutRequest, call: UnaryCall<PutResponseIn>): void {
  const command = putCommandOf(request);
  checkPutSize(request);
  call.apply(command, '', 'put', (result, revision) => {
    call.reply(putResponseOf(result, etcdHeader(call.replica, revision)));
  });
}

function onDeleteRange(request: DeleteRangeRequest, call: UnaryCall<DeleteRangeResponseIn>): void {
  const command = deleteCommandOf(request);
  checkDeleteSize(request);
  call.apply(command, '', 'deleteRange', (result, revision) => {
    call.reply(deleteResponseOf(result, etcdHeader(call.replica, revision)));
  });
}

function onTxn(request: TxnRequest, call: UnaryCall<TxnResponseIn>): void {
  const command = txnCommandOf(request);
  if (isReadOnly(command)) {
    call.readAt(isSerializable(request) ? asItIs : undefined, () => {
      const { replica } = call;
      const { revision } = replica.machine;
      call.reply(txnResponseOf(replica.machine.readTxn(command), etcdHeader(replica, revision), revision));
    });
    return;
  }
  checkTxnSize(request);
  call.apply(command, '', 'txn', (result, revision) => {
    call.reply(txnResponseOf(result, etcdHeader(call.replica, revision), revision));
  });
}
