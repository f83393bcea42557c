/** Leases of the etcd as leases of the cluster: under the same id if that is free. */
import { Code } from '../../base/errors.js';
import { leaseService } from '../../proto/etcd.js';
import { type EtcdServer, pause, Refused, refusal } from './etcd-server.js';
import type { ImportState } from './import-state.js';

/** How often leases are looked at that are kept alive; the shortest lease lasts 2 s. */
const roundMs = 500;
/** A lease is looked at after this part of the time that it had left. */
const share = 1 / 3;

export class Leases {
  /** When the lease of the etcd is looked at again; milliseconds of the wall clock. */
  private readonly due = new Map<string, number>();
  /** Live in the cluster as far as this run knows. */
  private readonly verified = new Set<string>();
  /** Ended at the etcd while its keys were copied. */
  private readonly ended = new Set<string>();
  /** Got another id, because theirs was taken. */
  renamed = 0;
  granted = 0;

  /** @param keepAlive leases last as long as they do at the etcd: they get the whole TTL and are kept alive by keepUp() */
  constructor(
    private readonly etcd: EtcdServer,
    private readonly cluster: EtcdServer,
    private readonly state: ImportState,
    private readonly keepAlive: boolean,
  ) {
    for (const id of state.leases.keys()) this.due.set(id, 0);
  }

  /** The lease of the cluster that stands for one of the etcd, granted when it is first met. Undefined: it has ended, and its keys with it. */
  async idFor(lease: string): Promise<string | undefined> {
    if (lease === '0') return '0';
    if (this.ended.has(lease)) return undefined;
    const known = this.state.leases.get(lease);
    if (known !== undefined && (this.verified.has(lease) || (await this.livesInCluster(known)))) {
      this.verified.add(lease);
      return known;
    }
    const { TTL, grantedTTL } = await this.etcd.call(leaseService.leaseTimeToLive, { ID: lease });
    const ttl = this.keepAlive ? grantedTTL : TTL;
    if (Number(TTL) <= 0) {
      this.ended.add(lease);
      this.state.leases.delete(lease);
      return undefined;
    }
    const id = await this.grant(lease, ttl, known === lease);
    this.state.leases.set(lease, id);
    this.verified.add(lease);
    this.due.set(lease, Date.now() + Number(TTL) * 1_000 * share);
    return id;
  }

  /** Leases of the cluster with those of the etcd that they stand for. */
  get sources(): ReadonlyMap<string, string> {
    return new Map([...this.state.leases].map(([source, id]) => [id, source]));
  }

  /** Whether keys of this lease of the etcd can still be in the cluster. */
  async isAlive(lease: string): Promise<boolean> {
    const id = this.state.leases.get(lease);
    return id !== undefined && (await this.livesInCluster(id));
  }

  /** Until it is aborted, keeps leases alive that live at the etcd. */
  async keepUp(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      for (const [lease, at] of [...this.due]) if (at <= Date.now() && !signal.aborted) await this.renew(lease, signal);
      await pause(roundMs, signal);
    }
  }

  private async livesInCluster(id: string): Promise<boolean> {
    const { TTL } = await this.cluster.call(leaseService.leaseTimeToLive, { ID: id });
    return Number(TTL) > 0;
  }

  private async renew(lease: string, signal: AbortSignal): Promise<void> {
    const id = this.state.leases.get(lease);
    try {
      const { TTL } = await this.etcd.call(leaseService.leaseTimeToLive, { ID: lease }, signal);
      // Its keys are deleted by what the watch says.
      if (id === undefined || Number(TTL) <= 0) this.due.delete(lease);
      else if (await this.keptAlive(id)) this.due.set(lease, Date.now() + Number(TTL) * 1_000 * share);
      else {
        this.verified.delete(lease);
        this.due.delete(lease);
      }
    } catch (error) {
      // The next round tries again; whoever copies meets the same trouble and says so.
      if (!(error instanceof Error)) throw error;
    }
  }

  /** False: the cluster does not know it any more. */
  private keptAlive(id: string): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const stream = this.cluster.stream(leaseService.leaseKeepAlive);
      stream.on('data', ({ TTL }: { TTL: string }) => {
        resolve(Number(TTL) > 0);
        stream.end();
      });
      stream.on('error', (error) => {
        this.cluster.moveOn();
        reject(refusal(error));
      });
      stream.on('end', () => resolve(false));
      stream.write({ ID: id });
    });
  }

  /** @param ours a lease with this id in the cluster was made by an earlier run */
  private async grant(lease: string, ttl: string, ours: boolean): Promise<string> {
    this.granted++;
    try {
      await this.cluster.call(leaseService.leaseGrant, { ID: lease, TTL: ttl });
      return lease;
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== Code.FAILED_PRECONDITION) throw error;
    }
    if (ours) return lease;
    this.renamed++;
    const { ID } = await this.cluster.call(leaseService.leaseGrant, { ID: '0', TTL: ttl });
    return ID;
  }
}
