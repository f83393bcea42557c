/** Whether both sides hold the same. */
import { createHash } from 'node:crypto';
import type { KeyValue } from '../../proto/etcd.js';
import type { CopyParties } from './copy.js';
import { countKeys, pages } from './pages.js';

const mostExamples = 5;

export interface Side {
  readonly revision: string;
  readonly keys: number;
  /** SHA-256 over keys, values and leases, in the order of keys. */
  readonly sha256: string;
}

export interface Check {
  readonly etcd: Side;
  readonly cluster: Side;
  /** Keys of the etcd that the cluster lacks, or has with another value or lease. */
  readonly missing: number;
  readonly different: number;
  /** Some of both. */
  readonly examples: readonly Buffer[];
  /** Keys that are only in the cluster; they do not count in its side. */
  readonly others: number;
  /** Keys whose lease has ended in the cluster or at the etcd meanwhile; they count on neither side. */
  readonly ended: number;
}

/**
 * Compares the etcd at the state's revision with the cluster as it is now.
 * @throws Refused when that revision was compacted
 */
export async function check({ etcd, cluster, range, state, leases }: CopyParties): Promise<Check> {
  const { revision } = state.progress;
  const { revision: clusterRevision } = await countKeys(cluster, range);
  const sources = leases.sources;
  const sides = [new Tally(revision), new Tally(clusterRevision)] as const;
  const result = { missing: 0, different: 0, others: 0, ended: 0, examples: [] as Buffer[] };
  const wrong = (key: Buffer) => {
    if (result.examples.length < mostExamples) result.examples.push(key);
  };
  const copies = each(pages(cluster, range, { revision: clusterRevision }));
  let copy = await copies.next();
  for await (const kv of each(pages(etcd, range, { revision }))) {
    while (!copy.done && Buffer.compare(copy.value.key, kv.key) < 0) {
      result.others++;
      copy = await copies.next();
    }
    const found = !copy.done && copy.value.key.equals(kv.key) ? copy.value : undefined;
    if (found) copy = await copies.next();
    else if (kv.lease !== '0' && !(await leases.isAlive(kv.lease))) {
      result.ended++;
      continue;
    }
    sides[0].add(kv, kv.lease);
    if (!found) result.missing++;
    else {
      const lease = sources.get(found.lease) ?? found.lease;
      sides[1].add(found, lease);
      if (found.value.equals(kv.value) && lease === kv.lease) continue;
      result.different++;
    }
    wrong(kv.key);
  }
  for (; !copy.done; copy = await copies.next()) result.others++;
  return { etcd: sides[0].side, cluster: sides[1].side, ...result };
}

async function* each(all: AsyncIterable<readonly KeyValue[]>): AsyncGenerator<KeyValue, undefined> {
  for await (const page of all) yield* page;
}

class Tally {
  private readonly hash = createHash('sha256');
  private keys = 0;

  constructor(private readonly revision: string) {}

  add({ key, value }: KeyValue, lease: string): void {
    this.keys++;
    this.hash.update(`${key.length} ${value.length} ${lease}\n`).update(key).update(value);
  }

  get side(): Side {
    return { revision: this.revision, keys: this.keys, sha256: this.hash.digest('hex') };
  }
}
