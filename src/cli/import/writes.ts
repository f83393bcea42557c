/** Writes to the cluster, gathered into txns. */
import { Code } from '../../base/errors.js';
import { type KeyValue, kVService, type RequestOpIn } from '../../proto/etcd.js';
import { CommandError } from '../exit-codes.js';
import { type EtcdServer, Refused } from './etcd-server.js';
import { shown } from './key-range.js';
import type { Leases } from './leases.js';

/** The cluster takes 128 operations and 1.5 MiB at once. */
const mostOperations = 100;
const mostBytes = 1024 * 1024;
const overheadBytes = 64;

export class Writes {
  private operations: RequestOpIn[] = [];
  private readonly keys = new Set<string>();
  private bytes = 0;

  constructor(
    private readonly cluster: EtcdServer,
    private readonly leases: Leases,
  ) {}

  /** False: its lease has ended, and so will the key. */
  async put({ key, value, lease: source }: KeyValue): Promise<boolean> {
    const lease = await this.leases.idFor(source);
    if (lease === undefined) return false;
    await this.add(key, { request: 'request_put', request_put: { key, value, lease } }, value.length);
    return true;
  }

  delete(key: Buffer): Promise<void> {
    return this.add(key, { request: 'request_delete_range', request_delete_range: { key } }, 0);
  }

  /** Writes what was gathered. @throws CommandError when the cluster refuses it */
  async flush(): Promise<void> {
    const { operations } = this;
    if (operations.length === 0) return;
    const first = [...this.keys][0] ?? '';
    this.operations = [];
    this.keys.clear();
    this.bytes = 0;
    try {
      await this.cluster.call(kVService.txn, { success: operations });
    } catch (error) {
      if (error instanceof Refused && error.code === Code.NOT_FOUND)
        throw new CommandError(
          'a lease ended in the cluster while its keys were copied: run the import again; --follow keeps leases alive',
        );
      if (error instanceof Refused)
        throw new CommandError(
          `the cluster refuses ${operations.length === 1 ? 'the key' : `${operations.length} keys from`} ${shown(Buffer.from(first, 'latin1'))}: ${error.message}`,
        );
      throw error;
    }
  }

  private async add(key: Buffer, operation: RequestOpIn, valueBytes: number): Promise<void> {
    const name = key.toString('latin1');
    const bytes = key.length + valueBytes + overheadBytes;
    // A txn may write a key once.
    if (this.operations.length >= mostOperations || this.bytes + bytes > mostBytes || this.keys.has(name))
      await this.flush();
    this.keys.add(name);
    this.bytes += bytes;
    this.operations.push(operation);
  }
}
