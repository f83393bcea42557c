/** Picks by a policy among the instances that can be reached, with zones and slow start. Knows nothing of gRPC, HTTP or the store. */
import type { Random } from '../../base/random.js';
import { ConsistentHash } from './consistent-hash.js';
import { hashText, mix } from './hash.js';
import { LeastRequest } from './least-request.js';
import { PickFirst } from './pick-first.js';
import { defaultPolicy, type PolicyName } from './policy.js';
import { RoundRobin } from './round-robin.js';
import { type Avoid, type Picker, Slot } from './slot.js';
import { warmingStep, warmth } from './slow-start.js';
import { ownShare } from './zones.js';

/** Something that calls can be sent to. */
export interface Backend<T> {
  /** Unique in its service. */
  readonly name: string;
  /** Share of the load relative to the others; round_robin does not look at it. */
  readonly weight: number;
  readonly zone: string;
  readonly target: T;
  /** False: known, but not to be picked now, for example while it cannot be connected to. */
  readonly available: boolean;
  /** When it became known, milliseconds of the balancer's clock; -Infinity: long ago. */
  readonly sinceMs: number;
}

export interface BalancerOptions {
  readonly policy?: PolicyName;
  /** The caller's own: instances there are preferred as long as they can carry the load. None: zones do not matter. */
  readonly zone?: string;
  /** Time in which a new instance gets its full share, milliseconds; 10,000 unless told, 0: at once. */
  readonly slowStartMs?: number;
  /** consistent_hash: how far the calls under way on an instance may exceed its part of all; 1.25 unless told. */
  readonly loadFactor?: number;
  readonly random?: Random;
  /** Milliseconds that only go forward; performance.now() unless told. */
  readonly now?: () => number;
}

export const defaultSlowStartMs = 10_000;
export const defaultLoadFactor = 1.25;

export class Balancer<T> {
  private readonly slots = new Map<string, Slot<T>>();
  private own: readonly Slot<T>[] = [];
  private others: readonly Slot<T>[] = [];
  private readonly ownPicker: Picker<T>;
  private readonly otherPicker: Picker<T>;
  /** Part of the calls for the own zone. */
  private share = 1;
  private owed = 0;
  /** The weights change by themselves from here on; Infinity: they do not. */
  private warmAt = Number.POSITIVE_INFINITY;
  private readonly policy: PolicyName;
  private readonly zone: string;
  private readonly slowStartMs: number;
  private readonly random: Random;
  private readonly now: () => number;

  constructor(options: BalancerOptions = {}) {
    this.policy = options.policy ?? defaultPolicy;
    this.zone = options.zone ?? '';
    this.slowStartMs = options.slowStartMs ?? defaultSlowStartMs;
    this.random = options.random ?? Math.random;
    this.now = options.now ?? (() => performance.now());
    const loadFactor = options.loadFactor ?? defaultLoadFactor;
    this.ownPicker = makePicker(this.policy, this.random, loadFactor);
    this.otherPicker = makePicker(this.policy, this.random, loadFactor);
  }

  /** These are all now. Those that were there before keep their counts and their turns. */
  update(backends: readonly Backend<T>[]): void {
    const available: Slot<T>[] = [];
    const known = new Set<string>();
    for (const backend of backends) {
      known.add(backend.name);
      const slot = this.slotOf(backend);
      if (backend.available) available.push(slot);
    }
    for (const name of this.slots.keys()) if (!known.has(name)) this.slots.delete(name);
    this.share = this.zone === '' ? 1 : ownShare(available, this.zone);
    this.own = this.zone === '' ? available : available.filter((slot) => slot.zone === this.zone);
    this.others = this.zone === '' ? [] : available.filter((slot) => slot.zone !== this.zone);
    this.weigh(this.now());
  }

  /** How many can be picked. */
  get size(): number {
    return this.own.length + this.others.length;
  }

  /**
   * @param key what consistent_hash goes by; chance without one
   * @param attempt how often this call was tried before
   * @param avoid slots that are not to be picked
   * @returns undefined: there is none
   */
  pick(key?: string, attempt = 0, avoid?: Avoid<T>): Slot<T> | undefined {
    if (this.warmAt !== Number.POSITIVE_INFINITY) {
      const now = this.now();
      if (now >= this.warmAt) this.weigh(now);
    }
    const hash = this.policy !== 'consistent_hash' ? 0 : key === undefined ? this.chance() : hashText(key);
    if (this.stays(hash))
      return this.ownPicker.pick(hash, attempt, avoid) ?? this.otherPicker.pick(hash, attempt, avoid);
    return this.otherPicker.pick(hash, attempt, avoid) ?? this.ownPicker.pick(hash, attempt, avoid);
  }

  private slotOf({ name, target, weight, zone, sinceMs }: Backend<T>): Slot<T> {
    let slot = this.slots.get(name);
    if (!slot) {
      slot = new Slot(name, target);
      this.slots.set(name, slot);
    }
    slot.target = target;
    slot.fullWeight = this.policy === 'round_robin' ? 1 : weight;
    slot.zone = zone;
    slot.sinceMs = sinceMs;
    return slot;
  }

  private weigh(now: number): void {
    let warming = false;
    for (const slots of [this.own, this.others]) {
      for (const slot of slots) {
        const part = warmth(slot.sinceMs, now, this.slowStartMs);
        if (part < 1) warming = true;
        slot.weight = slot.fullWeight * part;
      }
    }
    this.ownPicker.update(this.own);
    this.otherPicker.update(this.others);
    this.warmAt = warming ? now + warmingStep(this.slowStartMs) : Number.POSITIVE_INFINITY;
  }

  /** Whether this call stays in the own zone. A key always stays or always goes, as long as the share is the same. */
  private stays(hash: number): boolean {
    if (this.share === 1) return true;
    if (this.policy === 'consistent_hash') return mix(hash ^ 0x5bd1e995) < this.share * 4_294_967_296;
    if (this.policy === 'pick_first') return this.share > 0;
    this.owed += this.share;
    if (this.owed < 1) return false;
    this.owed -= 1;
    return true;
  }

  private chance(): number {
    return Math.floor(this.random() * 4_294_967_296);
  }
}

function makePicker<T>(policy: PolicyName, random: Random, loadFactor: number): Picker<T> {
  switch (policy) {
    case 'pick_first':
      return new PickFirst(random);
    case 'round_robin':
    case 'weighted_round_robin':
      return new RoundRobin(random);
    case 'least_request':
      return new LeastRequest(random);
    case 'consistent_hash':
      return new ConsistentHash(loadFactor);
  }
}
