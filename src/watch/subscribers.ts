/** Watches whose consumers say how far they act by what they were sent, so that a drain can wait for them. */
import type { Revision } from '../base/ids.js';
import { limits } from '../base/limits.js';

/** What a watch of a subscriber follows. */
export interface Followed {
  readonly namespace: string;
  /** None: every service of the namespace. */
  readonly services: readonly string[];
}

/** How far a watch of a subscriber is. */
export interface WatchPosition {
  /** Everything that it selects was sent up to here; 0: nothing yet. */
  readonly told: number;
  /** The newest revision with which something was sent. */
  readonly news: number;
}

/** Who acts by the state of a service at a revision, as far as this member serves them. */
export interface SubscribersState {
  readonly subscribers: number;
  readonly acknowledged: number;
  /** Some that have not acknowledged it. */
  readonly missing: readonly string[];
  /** Some whose watches ended a moment ago before they had acknowledged it: they may be on their way to another member. */
  readonly vanished: readonly string[];
  /** Those sought that are live here. */
  readonly found: readonly string[];
}

export interface SubscribersQuery {
  readonly namespace: string;
  readonly service: string;
  readonly revision: Revision;
  /** Names of subscribers that vanished elsewhere. */
  readonly sought: readonly string[];
}

class Subscriber {
  acknowledged = 0;
  readonly watches = new Set<SubscribedWatch>();

  constructor(readonly name: string) {}
}

class SubscribedWatch {
  /** When it ended; undefined: it is live. */
  endedAt: number | undefined;

  constructor(
    readonly subscriber: Subscriber,
    readonly followed: Followed,
    public position: WatchPosition,
  ) {}

  /** What was sent to it and says nothing about the revision need not be acknowledged up to there. */
  hasAcknowledged(revision: Revision): boolean {
    const { acknowledged } = this.subscriber;
    if (acknowledged >= revision) return true;
    const { told, news } = this.position;
    return told >= revision && acknowledged >= news;
  }
}

export class Subscribers {
  private readonly byName = new Map<string, Subscriber>();
  /** By 'namespace/service', and 'namespace/' for those that follow all services. */
  private readonly byService = new Map<string, Set<SubscribedWatch>>();
  /** Ended ones that are not forgotten yet, oldest first. */
  private readonly ended = new Set<SubscribedWatch>();

  /** @param now milliseconds of a clock that never goes back */
  constructor(private readonly now: () => number) {}

  /** A watch of the subscriber begins. Returns what tells that it has ended. */
  add(name: string, followed: Followed, position: WatchPosition): () => void {
    this.forgetEnded();
    let subscriber = this.byName.get(name);
    if (!subscriber) {
      subscriber = new Subscriber(name);
      this.byName.set(name, subscriber);
    }
    const watch = new SubscribedWatch(subscriber, followed, position);
    subscriber.watches.add(watch);
    for (const key of keysOf(followed)) {
      const watches = this.byService.get(key);
      if (watches) watches.add(watch);
      else this.byService.set(key, new Set([watch]));
    }
    return () => this.end(watch);
  }

  /** It acts by everything up to the revision that it was sent. False: no watch of it is served here. */
  acknowledge(name: string, revision: number): boolean {
    this.forgetEnded();
    const subscriber = this.byName.get(name);
    if (!subscriber) return false;
    if (revision > subscriber.acknowledged) subscriber.acknowledged = revision;
    for (const { endedAt } of subscriber.watches) if (endedAt === undefined) return true;
    return false;
  }

  /** It goes on purpose: nobody waits for it. False: no watch of it is served here. */
  leave(name: string): boolean {
    const subscriber = this.byName.get(name);
    if (!subscriber) return false;
    for (const watch of [...subscriber.watches]) this.forget(watch);
    return true;
  }

  state({ namespace, service, revision, sought }: SubscribersQuery): SubscribersState {
    this.forgetEnded();
    /** Whether all live watches of it have acknowledged. */
    const live = new Map<Subscriber, boolean>();
    const gone: SubscribedWatch[] = [];
    for (const key of [`${namespace}/${service}`, `${namespace}/`]) {
      for (const watch of this.byService.get(key) ?? []) {
        if (watch.endedAt !== undefined) gone.push(watch);
        else live.set(watch.subscriber, watch.hasAcknowledged(revision) && (live.get(watch.subscriber) ?? true));
      }
    }
    let acknowledged = 0;
    const missing: string[] = [];
    for (const [{ name }, has] of live) {
      if (has) acknowledged++;
      else if (missing.length < limits.subscribersNamed) missing.push(name);
    }
    const vanished = new Set<string>();
    for (const watch of gone) {
      if (vanished.size === limits.subscribersNamed) break;
      if (!live.has(watch.subscriber) && !watch.hasAcknowledged(revision)) vanished.add(watch.subscriber.name);
    }
    const found = sought.filter((name) => {
      const subscriber = this.byName.get(name);
      return subscriber !== undefined && live.has(subscriber);
    });
    return { subscribers: live.size, acknowledged, missing, vanished: [...vanished], found };
  }

  private end(watch: SubscribedWatch): void {
    this.forgetEnded();
    if (watch.endedAt !== undefined || !watch.subscriber.watches.has(watch)) return;
    watch.endedAt = this.now();
    const { told, news } = watch.position;
    watch.position = { told, news };
    this.ended.add(watch);
  }

  private forgetEnded(): void {
    if (this.ended.size === 0) return;
    const before = this.now() - limits.subscriberReturnMs;
    for (const watch of this.ended) {
      if ((watch.endedAt ?? 0) > before) return;
      this.forget(watch);
    }
  }

  private forget(watch: SubscribedWatch): void {
    this.ended.delete(watch);
    const { subscriber, followed } = watch;
    subscriber.watches.delete(watch);
    if (subscriber.watches.size === 0) this.byName.delete(subscriber.name);
    for (const key of keysOf(followed)) {
      const watches = this.byService.get(key);
      watches?.delete(watch);
      if (watches?.size === 0) this.byService.delete(key);
    }
  }
}

function keysOf({ namespace, services }: Followed): string[] {
  return services.length === 0 ? [`${namespace}/`] : services.map((service) => `${namespace}/${service}`);
}
