/** One service as its consumers follow it: its instances and its policy. Consumers in one process share the watch. */
import { QuorateError } from '../../base/errors.js';
import type { Instance } from '../instance.js';
import type { ReadOptions } from '../options.js';
import type { RegistryView } from '../registry.js';
import { defaultPolicy, isPolicyName, type PolicyName } from './policy.js';

/** What is asked of the registry; `quorate.registry` has it. */
export interface ServiceSource {
  view(namespace: string, service: string): RegistryView;
  getService?(namespace: string, service: string, options?: ReadOptions): Promise<{ readonly policy: string }>;
}

/** How often the settings are looked at, milliseconds: nobody watches them. */
const settingsMs = 30_000;

/** A consumer begins without the settings when they take longer than this, milliseconds. */
const settingsWaitMs = 1_000;

export class FollowedService {
  private readonly view: RegistryView;
  private readonly listeners = new Set<() => void>();
  private settingsPolicy: PolicyName = defaultPolicy;
  private isReady = false;
  private isClosed = false;
  private timer: NodeJS.Timeout | undefined;
  private readonly becameReady: Promise<void>;

  constructor(
    private readonly source: ServiceSource,
    readonly namespace: string,
    readonly name: string,
  ) {
    this.view = source.view(namespace, name);
    this.view.onChange(() => this.tell());
    this.becameReady = this.begin();
    // Whoever waits hears of it; nobody may be waiting.
    this.becameReady.catch(() => {});
  }

  /** As far as is known; the last known ones while no member can be reached. */
  get instances(): Iterable<Instance> {
    return this.view.current.values();
  }

  /** Of the service's settings. */
  get policy(): PolicyName {
    return this.settingsPolicy;
  }

  /** The instances are known. */
  get known(): boolean {
    return this.isReady;
  }

  /** Resolves when they are. @throws QuorateError CANCELLED, or what ended the view, such as INVALID_NAME */
  ready(): Promise<void> {
    return this.becameReady;
  }

  /** Calls the listener after every change of instances or policy, before the change is acknowledged. Returns what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Why it is no longer followed, if that ended by itself. */
  get error(): QuorateError | undefined {
    return this.view.error;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.timer);
    this.listeners.clear();
    this.view.close();
  }

  private async begin(): Promise<void> {
    const settings = this.readSettings();
    await this.view.ready();
    await Promise.race([settings, pause(settingsWaitMs)]);
    this.isReady = true;
    this.tell();
  }

  private async readSettings(): Promise<void> {
    const before = this.settingsPolicy;
    try {
      const answer = await this.source.getService?.(this.namespace, this.name, { consistency: 'serializable' });
      const policy = answer?.policy ?? '';
      // A policy that this version does not know.
      this.settingsPolicy = isPolicyName(policy) ? policy : defaultPolicy;
    } catch (error) {
      // They stay as they were. A refusal will come from the view too, and is told there.
      if (!(error instanceof QuorateError)) throw error;
    }
    if (this.isClosed) return;
    this.timer = setTimeout(() => void this.readSettings(), settingsMs * (0.75 + Math.random() / 2));
    this.timer.unref();
    if (this.settingsPolicy !== before) this.tell();
  }

  private tell(): void {
    if (!this.isReady || this.isClosed) return;
    for (const listener of this.listeners) listener();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}

interface Shared {
  readonly service: FollowedService;
  users: number;
}

const shared = new WeakMap<ServiceSource, Map<string, Shared>>();

/** A service of this source; the same one for all that ask while it is in use. `release` must be called once. */
export function followService(
  source: ServiceSource,
  namespace: string,
  name: string,
): { readonly service: FollowedService; release(): void } {
  const services = shared.get(source) ?? new Map<string, Shared>();
  shared.set(source, services);
  const key = `${namespace}/${name}`;
  let entry = services.get(key);
  // One that ended by itself is of no use to a new consumer.
  if (!entry || entry.service.error) {
    entry = { service: new FollowedService(source, namespace, name), users: 0 };
    services.set(key, entry);
  }
  const mine = entry;
  mine.users++;
  return {
    service: mine.service,
    release: () => {
      mine.users--;
      if (mine.users > 0) return;
      mine.service.close();
      if (services.get(key) === mine) services.delete(key);
    },
  };
}
