import { instanceShare, withoutShare, withShare } from '../base/instance-checksum.js';
import type { RegistryChangesEvent } from './events.js';
import type { ContentSum } from './follower.js';
import { type Instance, instanceName } from './instance.js';

/** The checksum of the instances that a watch has told of, reckoned from what it told. */
export class InstanceSum implements ContentSum<Instance, RegistryChangesEvent> {
  /** What each adds; undefined: it is not known which instances there are. */
  private shares: Map<string, number> | undefined;
  private sum = 0;

  get value(): number | undefined {
    return this.shares && this.sum;
  }

  onSnapshot(items: readonly Instance[]): void {
    this.shares = new Map();
    this.sum = 0;
    for (const item of items) this.add(this.shares, item);
  }

  onChanges({ updated, removed }: RegistryChangesEvent): void {
    const { shares } = this;
    if (!shares) return;
    for (const ref of removed) this.remove(shares, instanceName(ref));
    for (const item of updated) this.add(shares, item);
  }

  forget(): void {
    this.shares = undefined;
  }

  private add(shares: Map<string, number>, item: Instance): void {
    const name = instanceName(item);
    this.remove(shares, name);
    const share = instanceShare(name, item.revision);
    shares.set(name, share);
    this.sum = withShare(this.sum, share);
  }

  private remove(shares: Map<string, number>, name: string): void {
    const share = shares.get(name);
    if (share === undefined) return;
    shares.delete(name);
    this.sum = withoutShare(this.sum, share);
  }
}
