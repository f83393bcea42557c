/** Which instances of a service a consumer calls, and where. */
import type { Instance } from '../instance.js';

/** One place to call. */
export interface Listed {
  /** `host:port`; unique. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly weight: number;
  readonly zone: string;
  /** When it came to the list, milliseconds of performance.now(); -Infinity: it was in the first one. */
  readonly sinceMs: number;
  readonly instance: Instance;
}

export interface RosterOptions {
  /** A name of `ports`; the main port unless told. Instances without it are not called. */
  readonly port?: string;
  /** Milliseconds that only go forward. */
  readonly now?: () => number;
}

/** With fewer passing ones than this part of those that are up, the health checks are not believed. */
const panicBelow = 0.5;

/**
 * The instances to call: those that are up and pass their checks. When these are fewer than half of those that are up, all that are up: that so
 * many should have failed is less likely than that the checks err, and the few could not carry the load. Never one that drains, starts or is down.
 */
export function preferred(instances: Iterable<Instance>): {
  readonly chosen: readonly Instance[];
  readonly panic: boolean;
} {
  const up: Instance[] = [];
  for (const instance of instances) if (instance.status === 'UP') up.push(instance);
  const passing = up.filter(({ health }) => health === 'PASSING');
  const panic = passing.length < up.length * panicBelow;
  return { chosen: panic ? up : passing, panic };
}

/** Follows the list of one service. */
export class Roster {
  private items: ReadonlyMap<string, Listed> = new Map();
  private isPanicking = false;
  /** No list had anything in it yet. */
  private first = true;
  private readonly now: () => number;

  constructor(private readonly options: RosterOptions = {}) {
    this.now = options.now ?? (() => performance.now());
  }

  get list(): readonly Listed[] {
    return [...this.items.values()];
  }

  /** More than half of the instances that are up do not pass: all are called. */
  get panic(): boolean {
    return this.isPanicking;
  }

  /** @returns whether anything is other than before */
  update(instances: Iterable<Instance>): boolean {
    const { chosen, panic } = preferred(instances);
    const next = new Map<string, Listed>();
    const now = this.first ? Number.NEGATIVE_INFINITY : this.now();
    for (const instance of chosen) {
      const port = this.options.port === undefined ? instance.port : (instance.ports[this.options.port] ?? 0);
      if (port === 0) continue;
      const name = authority(instance.address, port);
      // A program that was started again may be listed twice, until the lease of its last life has ended.
      const twin = next.get(name);
      if (twin && twin.instance.createRevision > instance.createRevision) continue;
      const sinceMs = this.items.get(name)?.sinceMs ?? now;
      const { address: host, weight, zone } = instance;
      next.set(name, { name, host, port, weight, zone, sinceMs, instance });
    }
    const changed = panic !== this.isPanicking || !sameItems(this.items, next);
    this.items = next;
    this.isPanicking = panic;
    if (next.size > 0) this.first = false;
    return changed;
  }
}

/** `host:port`, with brackets around an IPv6 address. */
function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function sameItems(before: ReadonlyMap<string, Listed>, after: ReadonlyMap<string, Listed>): boolean {
  if (before.size !== after.size) return false;
  for (const [name, item] of after) {
    const old = before.get(name);
    if (old?.weight !== item.weight || old.zone !== item.zone || old.instance.id !== item.instance.id) return false;
  }
  return true;
}
