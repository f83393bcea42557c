/** Short ways to say things to the etcd door in tests, and to look at what it says. */
import { expect } from 'vitest';
import {
  type CompareIn,
  type KeyValue,
  kVService,
  type RequestOpIn,
  type TxnResponse,
} from '../../../src/proto/etcd.js';
import type { Api } from '../api-client.js';

export const b = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Puts keys in order, each in a revision of its own; an empty store is at revision 1. */
export async function fill(api: Api, ...pairs: readonly string[]): Promise<void> {
  for (const pair of pairs) {
    const [key = '', value = ''] = pair.split('=');
    await api.client.call(kVService.put, { key: b(key), value: b(value) });
  }
}

/** `key=value` of each. */
export function shown(kvs: readonly KeyValue[]): string[] {
  return kvs.map(({ key, value }) => `${key.toString('latin1')}=${value.toString('latin1')}`);
}

/** Everything in the store, past the door. */
export function stored(api: Api): string[] {
  const none = 0 as never;
  const query = { limit: 0, revision: none, keysOnly: false, countOnly: false, minModRevision: none } as const;
  const more = { maxModRevision: none, minCreateRevision: none, maxCreateRevision: none } as const;
  const all = { kind: 'range', key: '\0' as never, end: '\0' as never } as const;
  const { items } = api.replica.machine.range({ ...all, ...query, ...more, sortOrder: 'none', sortTarget: 'key' });
  return items.map(({ key, value }) => `${key}=${Buffer.from(value).toString('latin1')}`);
}

export const putOp = (key: string, value = '', more = {}): RequestOpIn => ({
  request_put: { key: b(key), value: b(value), ...more },
});
export const rangeOp = (key: string, more = {}): RequestOpIn => ({ request_range: { key: b(key), ...more } });
export const deleteOp = (key: string, end = ''): RequestOpIn => ({
  request_delete_range: { key: b(key), range_end: b(end) },
});

export function txn(
  api: Api,
  success: RequestOpIn[],
  compare: CompareIn[] = [],
  failure: RequestOpIn[] = [],
): Promise<TxnResponse> {
  return api.client.call(kVService.txn, { compare, success, failure });
}

/** How a txn is refused; it must not have changed anything. */
export async function refusedTxn(
  api: Api,
  success: RequestOpIn[],
  compare: CompareIn[] = [],
): Promise<{ code: number; text: string }> {
  const before = api.replica.machine.revision;
  const { code, text } = await api.client.failure(kVService.txn, { compare, success });
  expect(api.replica.machine.revision).toBe(before);
  return { code, text };
}
