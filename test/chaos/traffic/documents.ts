/** Reads and writes of config documents, on few keys at a time so that callers meet. */
import type { ConfigDocument } from '../../../src/client/index.js';
import type { Answer, Change, Precondition, Version } from '../history.js';
import type { Caller } from './caller.js';

export const namespace = 'chaos';

const liveKeys = 8;
/** Fewer than the versions that are kept, so that all can be read at the end. */
const writesPerKey = 90;
const timeoutMs = 4_000;
const pauseMs = 20;
/** Of values: most are small. */
const largeBytes = 20_000;
/** Together more than limits.watchQueueBytes and the few events that wait in the client. */
const burstWrites = 80;
const burstBytes = 20_000;
const burstEveryMs = 20_000;

/** The keys in use now. One that was written often enough makes room for a new one. */
export class Keys {
  private made = 0;
  private readonly live = Array.from({ length: liveKeys }, () => this.create());
  private readonly writes = new Map<string, number>();
  private lastWritten: string | undefined;
  /** Newest versions that some caller knows of. */
  readonly known = new Map<string, number>();

  private create(): string {
    return `k${this.made++}`;
  }

  get all(): readonly string[] {
    return Array.from({ length: this.made }, (_, i) => `k${i}`);
  }

  get current(): readonly string[] {
    return this.live;
  }

  forWriting(slot: number): string {
    const key = this.live[slot % liveKeys] ?? this.create();
    const writes = (this.writes.get(key) ?? 0) + 1;
    this.writes.set(key, writes);
    if (writes >= writesPerKey) this.live[slot % liveKeys] = this.create();
    return key;
  }

  /** One whose write was acknowledged just now, if there is any. */
  get newest(): string | undefined {
    return this.lastWritten;
  }

  written(key: string, version: number): void {
    this.lastWritten = key;
    this.learn(key, version);
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
    if (kind < 0.35) return this.get(this.caller.pick(this.keys.current));
    if (kind < 0.68) return this.put();
    if (kind < 0.75) return this.remove();
    if (kind < 0.82) return this.rollback();
    if (kind < 0.95) return this.publish();
    return this.list();
  }

  /** Now and then more at once than a watch stream has room for, so that a consumer that does not take it falls behind. */
  async runInBursts(): Promise<void> {
    await this.caller.repeat(2 * burstEveryMs, async () => {
      await Promise.all(Array.from({ length: burstWrites }, () => this.put(burstBytes)));
    });
  }

  /** Reads what other callers have just written, again and again. */
  runAfterOthers(): Promise<void> {
    return this.caller.repeat(4 * pauseMs, () => {
      const { newest } = this.keys;
      return newest === undefined ? Promise.resolve() : this.get(newest);
    });
  }

  private get(key: string): Promise<unknown> {
    const { client } = this.caller;
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
      this.keys.written(key, versions[i] ?? 0);
    });
    return { revision, versions };
  }

  private put(bytes = 0): Promise<unknown> {
    const { client } = this.caller;
    const key = this.keyToWrite();
    const ifVersion = bytes > 0 ? undefined : this.condition(key);
    const value = this.value();
    return this.caller.call({ kind: 'put', key, value, ifVersion }, async () => {
      const { version, revision } = await client.config.put(
        `${namespace}/${key}`,
        bytes > 0 ? this.padded(value, bytes) : this.padded(value),
        {
          ifVersion,
          timeoutMs,
        },
      );
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

  /** To a version that is likely there. */
  private rollback(): Promise<unknown> {
    const { client } = this.caller;
    const key = this.keyToWrite();
    const ifVersion = this.condition(key);
    const newest = this.keys.known.get(key) ?? 1;
    const toVersion = Math.max(1, newest - Math.floor(this.caller.options.random() * 5));
    const mark = this.value();
    return this.caller.call({ kind: 'rollback', key, toVersion, ifVersion, mark }, async () => {
      const { version, revision } = await client.config.rollback(`${namespace}/${key}`, toVersion, {
        ifVersion,
        comment: mark,
        timeoutMs,
      });
      return this.note({ versions: [version], revision }, [key]);
    });
  }

  /** A transaction: several documents change, if they and others are as expected. */
  private publish(): Promise<unknown> {
    const { client } = this.caller;
    const keys = [...new Set([this.keyToWrite(), this.keyToWrite(), this.keyToWrite()])];
    const changes: Change[] = keys.map((key, i) => ({
      key,
      // At least one has a value by which the publication is known.
      value: i > 0 && this.caller.chance(0.1) ? undefined : this.value(),
      ifVersion: this.caller.chance(0.2) ? this.condition(key) : undefined,
    }));
    const others = this.keys.current.filter((key) => !keys.includes(key) && this.caller.chance(0.05));
    const preconditions: Precondition[] = others.map((key) => ({ key, version: this.keys.known.get(key) ?? 0 }));
    return this.caller.call({ kind: 'publish', changes, preconditions }, async () => {
      const sent = changes.map(({ key, value, ifVersion }) => ({
        name: `${namespace}/${key}`,
        ...(value === undefined ? ({ delete: true } as const) : { put: this.padded(value) }),
        ifVersion,
      }));
      const conditions = preconditions.map(({ key, version }) => ({ name: `${namespace}/${key}`, version }));
      return this.note(await client.config.publish(sent, { preconditions: conditions, timeoutMs }), keys);
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

  private padded(value: string, bytes = this.caller.chance(0.01) ? largeBytes : 0): string {
    return bytes > 0 ? `${value} ${'x'.repeat(bytes)}` : value;
  }
}

export function versionOf(document: ConfigDocument): Version {
  const { key, version, revision, deleted } = document;
  // Values are padded behind a space.
  const [value = ''] = document.text().split(' ', 1);
  return { key, version, revision, deleted, value, rollback: document.comment === '' ? undefined : document.comment };
}
