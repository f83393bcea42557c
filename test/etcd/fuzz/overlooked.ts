/** Txns that change a key twice without etcd noticing. */
import type { Key } from '../../../src/base/ids.js';
import { inRange } from '../../../src/base/ranges.js';
import type { RequestOpIn, TxnRequestIn } from '../../../src/proto/etcd.js';

interface Span {
  readonly start: Key;
  readonly end: Key | undefined;
}

/**
 * Whether etcd may overlook that a txn puts and deletes a key: it takes the end of a delete "from a key on" (one zero byte) for a key, and does not hold
 * the deletes of a nested txn against the puts of one before it. What it then does goes as far as a panic (a put that keeps the value of a key
 * which the txn has deleted).
 */
export function overlooksDuplicates(txn: TxnRequestIn): boolean {
  const operations = [...(txn.success ?? []), ...(txn.failure ?? [])];
  const puts = operations.flatMap(putsOf);
  const open = operations.flatMap(deletesOf).filter(({ end }) => end === '\0');
  return touches(open, puts) || overlooksNested(txn);
}

function overlooksNested(txn: TxnRequestIn): boolean {
  return [txn.success ?? [], txn.failure ?? []].some((operations) =>
    operations.some((operation, i) => {
      const nested = operation.request_txn;
      if (!nested) return false;
      const earlier = operations.slice(0, i).filter(({ request_txn }) => request_txn);
      return touches(deletesOf(operation), earlier.flatMap(putsOf)) || overlooksNested(nested);
    }),
  );
}

function touches(spans: readonly Span[], keys: readonly Key[]): boolean {
  return spans.some(({ start, end }) => keys.some((key) => inRange(key, start, end)));
}

function putsOf({ request_put: put, request_txn: txn }: RequestOpIn): Key[] {
  if (put) return [text(put.key)];
  return inBranches(txn, putsOf);
}

function deletesOf({ request_delete_range: deletion, request_txn: txn }: RequestOpIn): Span[] {
  if (!deletion) return inBranches(txn, deletesOf);
  const end = text(deletion.range_end);
  return [{ start: text(deletion.key), end: end === '' ? undefined : end }];
}

function inBranches<T>(txn: TxnRequestIn | null | undefined, of: (operation: RequestOpIn) => T[]): T[] {
  return [...(txn?.success ?? []), ...(txn?.failure ?? [])].flatMap(of);
}

function text(bytes: string | Uint8Array | undefined): Key {
  if (bytes === undefined || typeof bytes === 'string') return (bytes ?? '') as Key;
  return Buffer.from(bytes).toString('latin1') as Key;
}
