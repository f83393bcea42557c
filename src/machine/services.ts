/**
 * What the machine knows of each service beside its instances: the settings that concern the machine, and how many instances are listed, suspect and
 * remembered by the guard. All of it follows from the keys, so it is kept up with every version, lived through or loaded, and is not stored.
 */
import { clusterTime, type LeaseId } from '../base/ids.js';
import type { KeyEntry } from './key-index.js';
import type { LeaseTable } from './leases.js';
import { GUARD_ROOT, REGISTRY_ROOT, SERVICE_ROOT, serviceOf } from './registry-keys.js';
import { type MachineSettings, NO_SETTINGS, parseSettings } from './service-settings.js';
import type { KeyVersion } from './types.js';

/** The root that all of these keys share. */
const COMMON_ROOT = '/quorate/';

export class ServiceState {
  settings: MachineSettings = NO_SETTINGS;
  /** Instances, suspect ones among them. */
  listed = 0;
  /** Instances that the guard lists though their leases have ended. */
  suspects = 0;
  /** The leases of the machine that they hang on, with how many of them. */
  readonly holds = new Map<LeaseId, number>();
  /** Instances that have ended within the guard's window and are not listed. */
  ended = 0;

  constructor(readonly name: string) {}

  /** Instances whose leases are alive. */
  get alive(): number {
    return this.listed - this.suspects;
  }

  /** The guard holds instances, and has more to list again. */
  get isPending(): boolean {
    return this.suspects > 0 && this.ended > 0 && !this.settings.guard.off;
  }

  /** Whether the guard steps in when so many instances have ended of so many. */
  isEmptiedBy(ended: number, all: number): boolean {
    const { off, percent, atLeast } = this.settings.guard;
    return !off && ended >= atLeast && ended * 100 > percent * all;
  }

  /** Enough instances are alive again. */
  get isRecovered(): boolean {
    return this.alive * 100 >= (100 - this.settings.guard.percent) * (this.listed + this.ended);
  }

  get isForgettable(): boolean {
    return this.listed === 0 && this.ended === 0 && this.settings === NO_SETTINGS;
  }
}

export class ServiceTable {
  /** By `{namespace}/{service}`. */
  private readonly states = new Map<string, ServiceState>();
  private readonly pending = new Set<string>();
  /** Services that the guard holds instances of, and that were changed by the entry that is being applied. */
  private readonly touched = new Set<ServiceState>();

  constructor(private readonly leases: LeaseTable) {}

  get(name: string): ServiceState | undefined {
    return this.states.get(name);
  }

  /** The state of a service that there may be no key of yet. */
  of(name: string): ServiceState {
    const known = this.states.get(name);
    if (known !== undefined) return known;
    const state = new ServiceState(name);
    this.states.set(name, state);
    return state;
  }

  /** Sees each newest version, before the index and the leases know it. `before`: the live version that it replaces. */
  moved(before: KeyEntry | undefined, current: KeyVersion): void {
    const { key } = current;
    if (!key.startsWith(COMMON_ROOT)) return;
    if (key.startsWith(REGISTRY_ROOT))
      this.listedChanged(this.of(serviceOf(key, REGISTRY_ROOT.length)), before, current);
    else if (key.startsWith(GUARD_ROOT)) this.endedChanged(this.of(serviceOf(key, GUARD_ROOT.length)), before, current);
    else if (key.startsWith(SERVICE_ROOT)) this.settingsChanged(this.of(key.slice(SERVICE_ROOT.length)), current);
  }

  private listedChanged(state: ServiceState, before: KeyEntry | undefined, current: KeyVersion): void {
    if (before !== undefined) {
      state.listed--;
      this.hold(state, before.lease, -1);
    }
    if (!current.deleted) {
      state.listed++;
      this.hold(state, current.lease, 1);
    }
    this.changed(state);
  }

  private hold(state: ServiceState, lease: LeaseId, more: number): void {
    if (!this.leases.get(lease)?.ofMachine) return;
    state.suspects += more;
    const held = (state.holds.get(lease) ?? 0) + more;
    if (held === 0) state.holds.delete(lease);
    else state.holds.set(lease, held);
  }

  private endedChanged(state: ServiceState, before: KeyEntry | undefined, current: KeyVersion): void {
    if (before !== undefined) state.ended--;
    if (!current.deleted) state.ended++;
    this.changed(state);
  }

  private settingsChanged(state: ServiceState, current: KeyVersion): void {
    state.settings = current.deleted ? NO_SETTINGS : parseSettings(current.value);
    this.changed(state);
  }

  private changed(state: ServiceState): void {
    if (state.isPending) this.pending.add(state.name);
    else this.pending.delete(state.name);
    if (state.suspects > 0) this.touched.add(state);
    if (state.isForgettable) this.states.delete(state.name);
  }

  /** A service whose ended instances are to be listed again: the same one on every member. */
  get nextPending(): ServiceState | undefined {
    if (this.pending.size === 0) return undefined;
    const [first = ''] = [...this.pending].sort();
    return this.states.get(first);
  }

  /** Ends an entry: where enough instances are alive again, what is suspect has one window left. */
  endBatch(now: number): void {
    if (this.touched.size === 0) return;
    for (const state of this.touched) {
      if (state.suspects === 0 || !state.isRecovered) continue;
      this.shortenHolds(state, now + state.settings.guard.windowMs);
    }
    this.touched.clear();
  }

  /** Lets all suspects of a service go at `deadline` at the latest. */
  shortenHolds(state: ServiceState, deadline: number): void {
    for (const id of [...state.holds.keys()].sort()) {
      const lease = this.leases.get(id);
      if (lease !== undefined) this.leases.shorten(lease, clusterTime(deadline));
    }
  }

  /** Loading is no change. */
  finishLoad(): void {
    this.touched.clear();
  }
}
