/** Reads and writes of config documents, on few keys at a time so that callers meet. */
import type { ConfigDocument } from '../../../src/client/index.js';
import type { Answer, Change, Version } from '../history.js';
import type { Caller } from './caller.js';

export const namespace = 'chaos';

const liveKeys = 8;
/** Fewer than the versions that are kept, so that all can be read at the end. */
const writesPerKey = 90;
const timeoutMs = 4_000;
const pauseMs = 20;
/** Of values: most are small. */
const largeBytes = 20_000;

/** The keys in use now. One that was written often enough makes room for a new one. */
export class Keys {
  private made = 0;
  private readonly live = Array.from({ length: liveKeys }, () => this.fresh());
  private readonly writes = new Map<string, number>();
  /** Newest versions that some caller knows of. */
  readonly known = new Map<string, number>();

  private fresh(): string {
    return `k${this.made++}`;
  }

  get all(): readonly string[] {
    return Array.from({ length: this.made }, (_, i) => `k${i}`);
  }

  get current(): readonly string[] {
    return this.live;
  }

  forWriting(slot: number): string {
    const key = this.live[slot % liveKeys] ?? this.fresh();
    const writes = (this.writes.get(key) ?? 0) + 1;
    this.writes.set(key, writes);
    if (writes >= writesPerKey) this.live[slot % liveKeys] = this.fresh();
    return key;
  }

  learn(key: string, version: number): void {
    this.known.set(key, Math.max(version, this.known.get(key) ?? 0));
  }
}

export class DocumentCalls {
  private written = 0;
  /** Of the last write of this caller. */
  private minRevision = 0;

  constructor(
    private readonly caller: Caller,
    private readonly keys: Keys,
  ) {}

  run(): Promise<void> {
    return this.caller.repeat(pauseMs, () => this.step());
  }

  private step(): Promise<unknown> {
    const kind = this.caller.options.random();
    if (kind < 0.35) return this.get();
    if (kind < 0.75) return this.put();
    if (kind < 0.83) return this.remove();
    if (kind < 0.95) return this.publish();
    return this.list();
  }

  private get(): Promise<unknown> {
    const { client } = this.caller;
    const key = this.caller.pick(this.keys.current);
    const serializable = this.caller.chance(0.3);
    const minRevision = serializable && this.caller.chance(0.3) ? this.minRevision : undefined;
    return this.caller.call({ kind: 'get', key, serializable, minRevision }, async () => {
      const consistency = serializable ? 'serializable' : 'linearizable';
      const document = await client.config.get(`${namespace}/${key}`, { consistency, minRevision, timeoutMs });
      if (document) this.keys.learn(key, document.version);
      return { documents: document ? [versionOf(document)] : [] };
    });
  }

  private note({ revision, versions = [] }: Answer, keys: readonly string[]): Answer {
    this.minRevision = Math.max(this.minRevision, revision ?? 0);
    keys.forEach((key, i) => {
      this.keys.learn(key, versions[i] ?? 0);
    });
    return { revision, versions };
  }

  private put(): Promise<unknown> {
    const { client } = this.caller;
    const key = this.keyToWrite();
    const ifVersion = this.condition(key);
    const value = this.value();
    return this.caller.call({ kind: 'put', key, value, ifVersion }, async () => {
      const { version, revision } = await client.config.put(`${namespace}/${key}`, this.padded(value), {
        ifVersion,
        timeoutMs,
      });
      return this.note({ versions: [version], revision }, [key]);
    });
  }

  private remove(): Promise<unknown> {
    const { client } = this.caller;
    const key = this.keyToWrite();
    const ifVersion = this.condition(key);
    return this.caller.call({ kind: 'delete', key, ifVersion }, async () => {
      const { version, revision } = await client.config.delete(`${namespace}/${key}`, { ifVersion, timeoutMs });
      return this.note({ versions: [version], revision }, [key]);
    });
  }

  private publish(): Promise<unknown> {
    const { client } = this.caller;
    const keys = [...new Set([this.keyToWrite(), this.keyToWrite(), this.keyToWrite()])];
    const changes: Change[] = keys.map((key) => ({
      key,
      value: this.value(),
      ifVersion: this.caller.chance(0.1) ? this.condition(key) : undefined,
    }));
    return this.caller.call({ kind: 'publish', changes }, async () => {
      const sent = changes.map(({ key, value = '', ifVersion }) => ({
        name: `${namespace}/${key}`,
        put: this.padded(value),
        ifVersion,
      }));
      return this.note(await client.config.publish(sent, { timeoutMs }), keys);
    });
  }

  private list(): Promise<unknown> {
    const { client } = this.caller;
    const prefix = this.caller.pick(this.keys.current).slice(0, -1);
    return this.caller.call({ kind: 'list', prefix }, async () => {
      const documents: Version[] = [];
      let revision = 0;
      let pageToken: string | undefined;
      do {
        const page = await client.config.listPage(namespace, { prefix, pageSize: 5, pageToken, timeoutMs });
        documents.push(...page.documents.map(versionOf));
        revision = page.revision;
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      return { documents, revision };
    });
  }

  private keyToWrite(): string {
    return this.keys.forWriting(Math.floor(this.caller.options.random() * liveKeys));
  }

  /** None, the version that is likely right, or one that is likely wrong. */
  private condition(key: string): number | undefined {
    const known = this.keys.known.get(key) ?? 0;
    if (this.caller.chance(0.5)) return undefined;
    return this.caller.chance(0.8) ? known : Math.max(0, known - 1);
  }

  private value(): string {
    return `${this.caller.name}-${this.written++}`;
  }

  private padded(value: string): string {
    return this.caller.chance(0.02) ? `${value} ${'x'.repeat(largeBytes)}` : value;
  }
}

export function versionOf(document: ConfigDocument): Version {
  const { key, version, revision, deleted } = document;
  // Values are padded behind a space.
  const [value = ''] = document.text().split(' ', 1);
  return { key, version, revision, deleted, value };
}
