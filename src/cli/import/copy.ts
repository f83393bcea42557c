/** Brings the cluster to the etcd's state at one revision: everything the first time, later what changed since. */
import type { EtcdServer } from './etcd-server.js';
import { Refused } from './etcd-server.js';
import type { ImportState } from './import-state.js';
import { type KeyRange, rangeAfter } from './key-range.js';
import type { Leases } from './leases.js';
import { countKeys, pages } from './pages.js';
import { Writes } from './writes.js';

/** The next copy may begin while this one is not at its end: at least these many keys are written again. */
const saveEveryPages = 10;

export interface CopyParties {
  readonly etcd: EtcdServer;
  readonly cluster: EtcdServer;
  readonly range: KeyRange;
  readonly state: ImportState;
  readonly leases: Leases;
}

export interface Copied {
  puts: number;
  deletes: number;
  /** What was deleted at the etcd since the last copy cannot be known. */
  deletionsUnknown: boolean;
}

export interface CopyListener {
  /** A copy of so many keys begins; `since` '0': of all. */
  onBegin(keys: number, revision: string, since: string): void;
  onKeys(keys: number): void;
}

/**
 * Copies, and remembers how far it came. When it returns, the state's revision is that of the copy.
 * @throws whatever `signal` was aborted with, when it is
 */
export async function copy(
  parties: CopyParties,
  copied: Copied,
  listener: CopyListener,
  signal: AbortSignal,
): Promise<void> {
  const { state } = parties;
  for (;;) {
    const continued = state.progress.copying !== undefined;
    try {
      await copyOnce(parties, copied, listener, signal);
      // What was interrupted is of an old revision: what changed since comes next.
      if (!continued) return;
    } catch (error) {
      if (!(error instanceof Refused && error.compacted)) throw error;
      // The revision that was copied, or the one of the last copy, is gone: all that lives now is copied.
      copied.deletionsUnknown ||= state.progress.revision !== '0' || state.progress.copying !== undefined;
      await state.save({ revision: '0' });
    }
  }
}

async function copyOnce(
  parties: CopyParties,
  copied: Copied,
  listener: CopyListener,
  signal: AbortSignal,
): Promise<void> {
  const { etcd, range, state, cluster, leases } = parties;
  const { revision: since, copying } = state.progress;
  const revision = copying?.revision ?? (await countKeys(etcd, range)).revision;
  if (revision === since) return;
  const rest = copying ? rangeAfter(range, Buffer.from(copying.after, 'base64')) : range;
  listener.onBegin((await countKeys(etcd, rest, revision)).count, revision, since);
  const writes = new Writes(cluster, leases);
  let count = 0;
  let page = 0;
  for await (const kvs of pages(etcd, rest, { revision, changedAfter: since })) {
    signal.throwIfAborted();
    for (const kv of kvs) if (await writes.put(kv)) copied.puts++;
    await writes.flush();
    count += kvs.length;
    listener.onKeys(count);
    const last = kvs.at(-1);
    if (last && ++page % saveEveryPages === 0)
      await state.save({ revision: since, copying: { revision, after: last.key.toString('base64') } });
  }
  if (since !== '0') {
    for await (const key of gone(etcd, range, since, revision)) {
      await writes.delete(key);
      copied.deletes++;
    }
    await writes.flush();
  }
  await state.save({ revision });
}

/** Keys that lived at one revision and do not at a later one. */
async function* gone(etcd: EtcdServer, range: KeyRange, before: string, now: string): AsyncGenerator<Buffer> {
  const living = keys(etcd, range, now);
  let next = await living.next();
  for await (const key of keys(etcd, range, before)) {
    while (!next.done && Buffer.compare(next.value, key) < 0) next = await living.next();
    if (next.done || !next.value.equals(key)) yield key;
  }
}

async function* keys(etcd: EtcdServer, range: KeyRange, revision: string): AsyncGenerator<Buffer> {
  for await (const page of pages(etcd, range, { revision, keysOnly: true })) for (const { key } of page) yield key;
}
