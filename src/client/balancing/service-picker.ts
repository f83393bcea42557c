/** Picks instances for callers that send their calls by themselves, such as over HTTP. */
import { QuorateError } from '../../base/errors.js';
import type { Instance } from '../instance.js';
import { Balancer, type BalancerOptions } from './balancer.js';
import type { PolicyName } from './policy.js';
import { type Listed, Roster } from './roster.js';
import { type FollowedService, followService, type ServiceSource } from './service.js';
import type { Slot } from './slot.js';

export interface ServicePickerOptions extends Omit<BalancerOptions, 'policy'> {
  readonly namespace: string;
  /** That of the service's settings unless told. */
  readonly policy?: PolicyName;
  /** A name of the instances' `ports`; their main port unless told. */
  readonly port?: string;
}

export interface PickOptions {
  /** Picks that this call has tried already: it gets another instance, if there is one. */
  readonly tried?: readonly Picked[];
  /** Time to wait for the list of a service that is asked for the first time, milliseconds; 10,000 unless told. */
  readonly timeoutMs?: number;
}

/** An instance for one call. */
export interface Picked {
  readonly instance: Instance;
  /** `host:port` to call. */
  readonly authority: string;
  /**
   * To be called once when the call has ended: least_request and consistent_hash count the calls under way. With `failed`, when the instance did
   * not answer, it is left out for a second, and twice as long each time in a row, up to 30 s.
   */
  done(outcome?: 'ok' | 'failed'): void;
}

/** An instance that did not answer is left out for so long at first and at most, milliseconds. */
const leaveOutMs = 1_000;
const leaveOutCapMs = 30_000;

/** Instances of services by name. Follows each service from the first pick on, until it or the client is closed. */
export class ServicePicker {
  private readonly services = new Map<string, ServiceTargets>();
  private isClosed = false;

  /** @param source `quorate.registry` */
  constructor(
    private readonly source: ServiceSource,
    private readonly options: ServicePickerOptions,
  ) {}

  /**
   * An instance of the service. Answers at once except for the first pick of a service.
   * @param key what consistent_hash goes by, such as the id of a user
   * @throws QuorateError NO_INSTANCE when there is none to call, DEADLINE_EXCEEDED when no member tells of the service in time
   */
  async pick(service: string, key?: string, options: PickOptions = {}): Promise<Picked> {
    if (this.isClosed) throw new QuorateError('CANCELLED', 'the picker is closed');
    let targets = this.services.get(service);
    if (!targets || targets.ended) {
      targets?.close();
      targets = new ServiceTargets(this.source, service, this.options);
      this.services.set(service, targets);
    }
    if (!targets.known) await targets.ready(options.timeoutMs ?? 10_000);
    return targets.pick(key, options.tried ?? []);
  }

  /** Stops following. */
  close(): void {
    this.isClosed = true;
    for (const targets of this.services.values()) targets.close();
    this.services.clear();
  }
}

/** The instances of one service. */
class ServiceTargets {
  private readonly followed: FollowedService;
  private readonly release: () => void;
  private readonly stopListening: () => void;
  private readonly roster: Roster;
  private readonly now: () => number;
  private balancer: Balancer<Listed>;
  private policy: PolicyName | undefined;
  /** Instances that did not answer, by name. */
  private readonly failures = new Map<string, { inRow: number; untilMs: number }>();
  /** When the next of them may be tried again. */
  private tryAgainMs = Number.POSITIVE_INFINITY;

  constructor(
    source: ServiceSource,
    private readonly name: string,
    private readonly options: ServicePickerOptions,
  ) {
    const { service, release } = followService(source, options.namespace, name);
    this.followed = service;
    this.release = release;
    this.now = options.now ?? (() => performance.now());
    this.roster = new Roster({ port: options.port, now: this.now });
    this.balancer = new Balancer(options);
    this.stopListening = service.onChange(() => this.onChange());
    if (service.known) this.onChange();
  }

  get known(): boolean {
    return this.policy !== undefined;
  }

  get ended(): boolean {
    return this.followed.error !== undefined;
  }

  async ready(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const text = `no member told of service ${this.options.namespace}/${this.name} within ${timeoutMs} ms`;
      timer = setTimeout(() => reject(new QuorateError('DEADLINE_EXCEEDED', text)), timeoutMs);
    });
    try {
      await Promise.race([this.followed.ready(), late]);
    } finally {
      clearTimeout(timer);
    }
    if (!this.known) this.onChange();
  }

  pick(key: string | undefined, tried: readonly Picked[]): Picked {
    if (this.now() >= this.tryAgainMs) this.spread();
    const names = new Set(tried.map(({ authority }) => authority));
    const avoid = tried.length > 0 ? (slot: Slot<Listed>) => names.has(slot.name) : undefined;
    const slot = this.balancer.pick(key, 0, avoid) ?? this.balancer.pick(key);
    if (!slot) throw new QuorateError('NO_INSTANCE', `no usable instance of ${this.options.namespace}/${this.name}`);
    slot.inFlight++;
    let ended = false;
    return {
      instance: slot.target.instance,
      authority: slot.name,
      done: (outcome = 'ok') => {
        if (ended) return;
        ended = true;
        slot.inFlight--;
        if (outcome === 'failed') this.onFailed(slot.name);
        else this.failures.delete(slot.name);
      },
    };
  }

  close(): void {
    this.stopListening();
    this.release();
  }

  private onChange(): void {
    const policy = this.options.policy ?? this.followed.policy;
    if (policy !== this.policy) this.balancer = new Balancer({ ...this.options, policy });
    this.policy = policy;
    this.roster.update(this.followed.instances);
    this.spread();
  }

  private onFailed(name: string): void {
    const inRow = (this.failures.get(name)?.inRow ?? 0) + 1;
    const untilMs = this.now() + Math.min(leaveOutCapMs, leaveOutMs * 2 ** (inRow - 1));
    this.failures.set(name, { inRow, untilMs });
    this.spread();
  }

  private spread(): void {
    const now = this.now();
    const { list } = this.roster;
    this.tryAgainMs = Number.POSITIVE_INFINITY;
    const present = new Set<string>();
    const backends = list.map((target) => {
      const { name, weight, zone, sinceMs } = target;
      present.add(name);
      const untilMs = this.failures.get(name)?.untilMs ?? 0;
      if (untilMs > now) this.tryAgainMs = Math.min(this.tryAgainMs, untilMs);
      return { name, target, weight, zone, sinceMs, available: untilMs <= now };
    });
    for (const name of this.failures.keys()) if (!present.has(name)) this.failures.delete(name);
    // Better one that may not answer than none.
    const none = !backends.some(({ available }) => available);
    this.balancer.update(none ? backends.map((backend) => ({ ...backend, available: true })) : backends);
  }
}
