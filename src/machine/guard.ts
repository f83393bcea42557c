/**
 * The guard of services, and expiry by the cluster clock. An instance whose lease expires is not forgotten at once: for a window it is remembered under
 * `/quorate/guard/`. When so many of a service are remembered that most of it has ended, they did not go by themselves: all of them are listed again as
 * SUSPECT, on leases of the machine that end the hold. Whoever registers again, or deregisters, is no longer suspect.
 */
import { assert } from '../base/assert.js';
import { type Key, type LeaseId, NO_LEASE } from '../base/ids.js';
import { prefixEnd } from '../base/ranges.js';
import { suspected } from './instance-json.js';
import type { KeyEntry } from './key-index.js';
import { grant } from './lease-commands.js';
import type { Lease } from './leases.js';
import type { Parts } from './parts.js';
import { eachKey } from './range.js';
import { GUARD_ROOT, guardKey, REGISTRY_ROOT, serviceOf } from './registry-keys.js';
import type { ServiceState } from './services.js';

/** Instances that are listed again in one revision: a watch must be able to send it as one message. */
const LISTED_PER_REVISION = 64;

type Fate = 'forgotten' | 'remembered' | 'suspect';

/**
 * Ends the leases whose time is up, the longest overdue first, each in a revision of its own, and lists on what the guard has begun to list again; a bounded
 * number with one entry.
 */
export function expire(parts: Parts): void {
  const { services, leases, clock, bounds } = parts;
  const run = new Expiry(parts);
  let left = bounds.expiriesPerEntry;
  while (left > 0) {
    const pending = services.nextPending;
    if (pending !== undefined) {
      left -= run.listAgain(pending, Math.min(left, LISTED_PER_REVISION));
      parts.keys.commit();
      continue;
    }
    const lease = leases.next;
    if (lease === undefined || lease.deadline > clock) break;
    left -= lease.ofMachine ? run.endOwn(lease, left) : run.end(lease);
  }
  services.endBatch(clock);
}

/** A lease of the machine goes with its last key. */
function releaseLease({ leases }: Parts, id: LeaseId): void {
  const lease = leases.get(id);
  if (lease?.ofMachine && lease.keys.size === 0) leases.remove(lease);
}

/** Expiries of one entry: what they put under a lease of the machine shares one for each service. */
class Expiry {
  private readonly memory = new Map<string, Lease>();
  private readonly hold = new Map<string, Lease>();

  constructor(private readonly parts: Parts) {}

  /** A lease of a client ends. @returns 1: how many ended */
  end(lease: Lease): number {
    const { keys, leases } = this.parts;
    const names = [...lease.keys].sort();
    const fates = this.fatesOf(names);
    for (const key of names) {
      const entry = keys.index.get(key);
      if (entry === undefined) continue;
      if (key.startsWith(REGISTRY_ROOT)) this.endInstance(key, entry, lease, fates);
      else keys.delete(key, entry);
    }
    leases.remove(lease);
    for (const [service, fate] of fates) {
      const state = this.parts.services.get(service);
      if (fate === 'suspect' && state !== undefined && state.ended > 0) this.listAgain(state, LISTED_PER_REVISION);
    }
    keys.commit();
    return 1;
  }

  /** What becomes of the instances among these keys, by service. */
  private fatesOf(names: readonly Key[]): ReadonlyMap<string, Fate> {
    const { services } = this.parts;
    const counts = new Map<string, number>();
    for (const key of names) {
      if (!key.startsWith(REGISTRY_ROOT)) continue;
      const service = serviceOf(key, REGISTRY_ROOT.length);
      counts.set(service, (counts.get(service) ?? 0) + 1);
    }
    const fates = new Map<string, Fate>();
    for (const [service, count] of counts) fates.set(service, fateOf(services.of(service), count));
    return fates;
  }

  private endInstance(key: Key, entry: KeyEntry, lease: Lease, fates: ReadonlyMap<string, Fate>): void {
    const { keys, services, wallMs } = this.parts;
    const service = serviceOf(key, REGISTRY_ROOT.length);
    const fate = fates.get(service);
    if (fate === 'forgotten') {
      keys.delete(key, entry);
      return;
    }
    const { guard } = services.of(service).settings;
    const reason = `its lease of ${lease.ttlMs} ms was not renewed, as those of most of its service`;
    const json = suspected(keys.newest(entry).value, lease.id, reason, wallMs);
    if (fate === 'suspect') {
      keys.put(key, json, this.own(this.hold, service, guard.holdMs).id);
      return;
    }
    keys.put(guardKey(key), json, this.own(this.memory, service, guard.windowMs).id);
    keys.delete(key, entry);
  }

  /** Lists remembered instances of a service again, in the revision that is being made. @returns how many; at least one */
  listAgain(state: ServiceState, most: number): number {
    const { keys } = this.parts;
    const prefix = `${GUARD_ROOT}${state.name}/` as Key;
    const found: { readonly key: Key; readonly entry: KeyEntry }[] = [];
    eachKey(keys, prefix, prefixEnd(prefix), (key, entry) => {
      if (entry.live) found.push({ key, entry });
      return found.length < most;
    });
    assert(found.length > 0, 'a service with ended instances has them under its guard');
    for (const { key, entry } of found) {
      const memory = entry.lease;
      const { value } = keys.newest(entry);
      const hold = this.own(this.hold, state.name, state.settings.guard.holdMs);
      keys.put(`${REGISTRY_ROOT}${key.slice(GUARD_ROOT.length)}` as Key, value, hold.id);
      keys.delete(key, entry);
      releaseLease(this.parts, memory);
    }
    return found.length;
  }

  /** A lease of the machine ends: what the guard remembered or held is gone for good. @returns how many keys, or 1 */
  endOwn(lease: Lease, most: number): number {
    const { keys, leases } = this.parts;
    const names = [...lease.keys].sort().slice(0, most);
    for (const key of names) {
      const entry = keys.index.get(key);
      if (entry !== undefined) keys.delete(key, entry);
    }
    if (lease.keys.size === 0) leases.remove(lease);
    keys.commit();
    return Math.max(1, names.length);
  }

  private own(shared: Map<string, Lease>, service: string, ttlMs: number): Lease {
    const known = shared.get(service);
    if (known !== undefined && this.parts.leases.get(known.id) === known) return known;
    const granted = grant(this.parts, NO_LEASE, ttlMs, 'machine');
    assert(granted.kind === 'granted', 'settings of the guard have positive times');
    shared.set(service, granted.lease);
    return granted.lease;
  }
}

function fateOf(state: ServiceState, count: number): Fate {
  if (state.settings.guard.off) return 'forgotten';
  if (state.suspects > 0) return 'suspect';
  return state.isEmptiedBy(state.ended + count, state.ended + state.listed) ? 'suspect' : 'remembered';
}
