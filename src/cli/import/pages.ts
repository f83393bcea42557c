/** The keys of a range at one revision, page by page. */
import { type KeyValue, kVService, type RangeRequestIn, type RangeResponse } from '../../proto/etcd.js';
import type { EtcdServer } from './etcd-server.js';
import { isReserved, type KeyRange, rangeAfter } from './key-range.js';

/** Values are up to 1.5 MiB, and a page is held in memory. */
const pageKeys = 100;
const pageKeysWithoutValues = 5_000;

export interface PageOptions {
  /** 0: the current one of each page. */
  readonly revision: string;
  readonly keysOnly?: boolean;
  /** Only keys that were written after this revision. */
  readonly changedAfter?: string;
}

/** Pages without reserved keys; the next one is on its way while one is used. @throws Refused when the revision is compacted meanwhile */
export async function* pages(server: EtcdServer, range: KeyRange, options: PageOptions): AsyncGenerator<KeyValue[]> {
  const { revision, keysOnly = false, changedAfter = '0' } = options;
  const ask = (from: KeyRange) => {
    const limit = keysOnly ? pageKeysWithoutValues : pageKeys;
    const request: RangeRequestIn = { ...from, revision, limit, keys_only: keysOnly };
    if (changedAfter !== '0') request.min_mod_revision = (BigInt(changedAfter) + 1n).toString();
    const answer = server.call(kVService.range, request);
    answer.catch(() => {});
    return answer;
  };
  let next: ReturnType<typeof ask> | undefined = ask(range);
  while (next) {
    const { kvs, more }: RangeResponse = await next;
    const last = kvs.at(-1);
    next = more && last ? ask(rangeAfter(range, last.key)) : undefined;
    yield kvs.filter(({ key }) => !isReserved(key));
  }
}

/** Current revision, and how many keys there are at it. */
export async function countKeys(
  server: EtcdServer,
  range: KeyRange,
  revision = '0',
): Promise<{ readonly revision: string; readonly clusterId: string; readonly count: number }> {
  const { header, count } = await server.call(kVService.range, { ...range, revision, count_only: true });
  return { revision: header?.revision ?? '0', clusterId: header?.cluster_id ?? '0', count: Number(count) };
}
