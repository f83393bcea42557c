/**
 * What the fuzzer does to both stores. A step is data, so that it can be printed, recorded and played again. In 64-bit fields `@5` stands for the fifth
 * revision of the session and `#2` for the lease of the session's second grant: each store has its own numbers for them.
 */
import { kVService, leaseService, type WatchRequestIn } from '../../../src/proto/etcd.js';
import type { Method } from '../../../src/proto/schema.js';

export type Calling = Method<object, object, object, object>;

export const calls = {
  range: kVService.range,
  put: kVService.put,
  deleteRange: kVService.deleteRange,
  txn: kVService.txn,
  compact: kVService.compact,
  grant: leaseService.leaseGrant,
  revoke: leaseService.leaseRevoke,
  timeToLive: leaseService.leaseTimeToLive,
  leases: leaseService.leaseLeases,
} satisfies Record<string, Calling>;
export type CallName = keyof typeof calls;

export type Step =
  /** `lease`: number of this grant. */
  | { readonly kind: CallName; readonly via: number; readonly request: object; readonly lease?: number }
  | { readonly kind: 'keepAlive'; readonly via: number; readonly request: object }
  | { readonly kind: 'watch'; readonly stream: number; readonly request: WatchRequestIn }
  /** All watches have told all there is; then their events are compared. */
  | { readonly kind: 'settle' }
  /** Waits until a lease has run out. */
  | { readonly kind: 'expire'; readonly lease: number };

/** One line, in which bytes are texts; fields with zero values are left out. */
export function show(value: unknown): string {
  return JSON.stringify(value, (name, field: unknown) => {
    if (isBytesJson(field)) return field.data.length === 0 ? undefined : bytesText(Buffer.from(field.data));
    const isItem = /^\d+$/.test(name);
    return !isItem && (field === '0' || field === 0 || field === false) && name !== 'via' ? undefined : field;
  });
}

/** Printable and short, also for values of a megabyte; equal texts mean equal bytes, as good as. */
export function bytesText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length <= 64) return buffer.toString('latin1');
  let hash = 0;
  for (const byte of buffer) hash = (Math.imul(hash, 31) + byte) >>> 0;
  return `${buffer.toString('latin1', 0, 8)}… ${buffer.length} bytes, ${hash.toString(16)}`;
}

/** How JSON sees a Buffer. */
function isBytesJson(value: unknown): value is { readonly type: 'Buffer'; readonly data: number[] } {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === 'Buffer' && 'data' in value;
}
