/** Keeps a directory of all services as this member's applied state goes on. */
import { instanceFromVersion } from '../api/quorate/instance.js';
import { KeyPages } from '../api/quorate/watch-pages.js';
import { QuorateError } from '../base/errors.js';
import { limits } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { parseInstanceKey, registrySpan } from '../machine/registry-keys.js';
import type { KeyVersion } from '../machine/types.js';
import type { Replica } from '../replica/types.js';
import type { Watcher } from '../watch/types.js';
import { Directory } from './directory.js';
import { endpointOf } from './endpoints.js';

/** Instances read in one turn of the event loop. */
const pageKeys = 200;
/** How long one question for a confirmation may take, and the pause before the next. */
const confirmMs = 5_000;
const pauseMs = 500;

export class RegistryFollower {
  private loaded: Directory | undefined;
  private confirmed = false;
  private watcher: Watcher | undefined;
  private stopped = false;
  private cancel: () => void = () => {};

  constructor(
    private readonly replica: Replica,
    private readonly defaultNamespace: string,
    private readonly log: Log,
  ) {}

  /** Undefined until this member has been as far as the others once: a member that comes back after days would know ghosts only. */
  get directory(): Directory | undefined {
    return this.confirmed ? this.loaded : undefined;
  }

  start(): void {
    this.confirm();
    this.load();
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
    this.watcher?.cancel();
  }

  private confirm(): void {
    if (this.stopped) return;
    const waiting = this.replica.readBarrier(performance.now() + confirmMs, (error) => {
      if (!error) {
        this.confirmed = true;
        this.cancel = () => {};
        return;
      }
      const timer = setTimeout(() => this.confirm(), pauseMs);
      this.cancel = () => clearTimeout(timer);
    });
    this.cancel = () => waiting.cancel();
  }

  /** Reads everything anew, page by page; what there was is served until it is complete. */
  private load(): void {
    const { revision } = this.replica.machine;
    const pages = new KeyPages([registrySpan], revision, { keysOnly: false, pageKeys, pageBytes: limits.pageBytes });
    const directory = new Directory(this.defaultNamespace);
    const step = (): void => {
      if (this.stopped) return;
      try {
        // Asked for anew each time: installing an image replaces the machine.
        for (const version of pages.next(this.replica.machine)) this.apply(directory, version);
      } catch (error) {
        if (!(error instanceof QuorateError)) throw error;
        this.log.debug({ why: error.message }, 'DNS reads the registry once more');
        setImmediate(() => this.load());
        return;
      }
      if (!pages.done) {
        setImmediate(step);
        return;
      }
      this.loaded = directory;
      this.watcher = this.replica.hub.watch([registrySpan], revision, {
        isOwn: true,
        onChanges: (_revision, changes) => {
          for (const { current } of changes) this.apply(directory, current);
          return true;
        },
        onCompacted: () => this.load(),
      });
    };
    setImmediate(step);
  }

  private apply(directory: Directory, version: KeyVersion): void {
    const name = parseInstanceKey(version.key);
    if (!name) return;
    const { namespace, service } = name;
    if (version.deleted) directory.delete(namespace, service, version.key);
    else directory.set(namespace, service, version.key, endpointOf(instanceFromVersion(version)));
  }
}
