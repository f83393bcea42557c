/** Configuration as a typed value that keeps itself up to date. */
import { QuorateError } from '../../base/errors.js';
import type { Log } from '../../base/log.js';
import { cancelled, messageOf } from '../errors.js';
import type { ConfigEvent } from '../events.js';
import type { WatchSource } from '../follower.js';
import { type Difference, differences, freeze } from './difference.js';
import {
  type ConfigIssue,
  configIssue,
  type Documents,
  issueText,
  type ParseDocument,
  type Place,
  parseByContentType,
  placeName,
  readTree,
} from './document-tree.js';
import { LocalFile } from './local-file.js';
import {
  changesTo,
  type Publication,
  Publications,
  publicationsOf,
  type Settled,
  type Verdict,
} from './publications.js';
import type { StandardSchema } from './standard-schema.js';

export interface BindOptions {
  /** A file of this process alone that keeps the last good documents, for starts while no member can be reached. */
  readonly file?: string;
  /** So long the members may take before the file is used, milliseconds; 3,000 unless told. */
  readonly fileAfterMs?: number;
  /** Makes a value of each document; by default JSON where the content type says so, else text. */
  readonly parse?: ParseDocument;
  /** Aborting closes the binding. */
  readonly signal?: AbortSignal;
}

/** The value in force has changed. */
export interface BindingChange<Value> {
  readonly current: Value;
  readonly previous: Value;
  readonly differences: readonly Difference[];
  /** The revision of the store that was heard of last. */
  readonly revision: number;
}

/** The newest state of the store is invalid: some of it, or all, is not in force. */
export interface BindingProblem {
  /** CONFIG_INVALID; names the documents and what is wrong with them, not what is in them. */
  readonly error: QuorateError;
  readonly issues: readonly ConfigIssue[];
  /** `namespace/key` of documents whose newest version is not in force: invalid ones, and what was published together with them. */
  readonly heldBack: readonly string[];
}

const fileAfterMs = 3_000;
/** More issues than these are only counted in a sentence. */
const issuesTold = 5;

/** Kept up to date from its creation until it is closed. Made by `config.bind`. */
export class ConfigBinding<Value> {
  private readonly publications = new Publications();
  /** What came and was not looked at yet. */
  private arrived: Publication[] = [];
  /** The state of the store as it was last heard of, or before that the one of the file. */
  private known: Documents = new Map();
  private settling = false;
  private due = false;
  private reached = 0;
  private inForce: { readonly value: Value; readonly source: 'store' | 'file' } | undefined;
  private fallback: { readonly value: Value } | undefined;
  private fallbackTimer: NodeJS.Timeout | undefined;
  private readonly file: LocalFile | undefined;
  private readonly changeListeners = new Set<(change: BindingChange<Value>) => void>();
  private readonly problemListeners = new Set<(problem: BindingProblem | undefined) => void>();
  private readonly waiters = new Set<{ resolve(value: Value): void; reject(error: unknown): void }>();
  private trouble: BindingProblem | undefined;
  private failure: QuorateError | undefined;
  private closed = false;

  constructor(
    private readonly source: WatchSource<ConfigEvent>,
    private readonly place: Place,
    private readonly schema: StandardSchema<unknown, Value>,
    private readonly options: BindOptions,
    private readonly log: Log,
  ) {
    const { file, signal } = options;
    const onFailure = (message: string) => log.warn({ of: placeName(place) }, message);
    this.file = file === undefined ? undefined : new LocalFile(file, place, onFailure);
    if (signal?.aborted) {
      this.closed = true;
      return;
    }
    signal?.addEventListener('abort', this.onAbort);
    void this.begin();
  }

  /**
   * The value in force: read-only, and another object after every change, so that who keeps it sees one state throughout.
   * @throws QuorateError FAILED_PRECONDITION CONFIG_INVALID before the first valid state; ready() waits for that
   */
  get current(): Value {
    if (!this.inForce)
      throw (
        this.trouble?.error ??
        new QuorateError('CONFIG_INVALID', `nothing is known of ${placeName(this.place)} yet: wait for ready()`)
      );
    return this.inForce.value;
  }

  /** Where the value in force comes from: `file` while no member has told anything better. Undefined before the first valid state. */
  get origin(): 'store' | 'file' | undefined {
    return this.inForce?.source;
  }

  /** The revision of the store that was heard of last; 0 before any. */
  get revision(): number {
    return this.reached;
  }

  /** What keeps the newest state of the store from being in force; undefined while it is. */
  get problem(): BindingProblem | undefined {
    return this.trouble;
  }

  /** Why the binding has ended by itself, such as INVALID_NAME. */
  get error(): QuorateError | undefined {
    return this.failure;
  }

  /**
   * Resolves with the value in force as soon as there is one: from the store, or from the file when the store does not answer in time.
   * @throws QuorateError CONFIG_INVALID when the store's first state is not valid and there is no file to go by · DEADLINE_EXCEEDED ·
   *   CANCELLED when the binding is closed before · or what ended it
   */
  ready(options?: { readonly timeoutMs?: number }): Promise<Value> {
    if (this.inForce) return Promise.resolve(this.inForce.value);
    if (this.closed) return Promise.reject(this.failure ?? cancelled('the binding is closed'));
    if (this.trouble) return Promise.reject(this.trouble.error);
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      this.waiters.add(waiter);
      if (options?.timeoutMs === undefined) return;
      const late = setTimeout(() => {
        this.waiters.delete(waiter);
        reject(
          new QuorateError('DEADLINE_EXCEEDED', `no state of ${placeName(this.place)} within ${options.timeoutMs} ms`),
        );
      }, options.timeoutMs);
      waiter.resolve = (value) => {
        clearTimeout(late);
        resolve(value);
      };
      waiter.reject = (error) => {
        clearTimeout(late);
        reject(error);
      };
    });
  }

  /** Calls the listener after every change of `current` but the first. Returns what ends that. */
  onChange(listener: (change: BindingChange<Value>) => void): () => void {
    this.changeListeners.add(listener);
    return () => this.changeListeners.delete(listener);
  }

  /** Calls the listener when there is a problem, when it is another one, and with undefined when it is over. Returns what ends that. */
  onProblem(listener: (problem: BindingProblem | undefined) => void): () => void {
    this.problemListeners.add(listener);
    return () => this.problemListeners.delete(listener);
  }

  /** Stops following; `current` stays as it is. */
  close(): void {
    this.end(undefined);
  }

  private readonly onAbort = (): void => this.close();

  private async begin(): Promise<void> {
    const stored = await this.file?.load();
    if (stored) await this.prepareFallback(stored);
    if (this.closed) return;
    if (this.fallback) this.fallbackTimer = setTimeout(() => this.fallBack(), this.options.fileAfterMs ?? fileAfterMs);
    this.source.start({ onEvent: (event) => this.onEvent(event), onEnd: (error) => this.end(error) }, undefined);
  }

  private async prepareFallback(documents: Documents): Promise<void> {
    const verdict = await this.judge(documents);
    if (!verdict.valid) {
      this.log.warn({ file: this.options.file }, `the local file is no help: ${this.invalid(verdict.issues).message}`);
      return;
    }
    this.publications.begin(documents);
    this.known = documents;
    this.fallback = { value: verdict.value };
  }

  private fallBack(): void {
    clearTimeout(this.fallbackTimer);
    if (!this.fallback || this.inForce) return;
    this.log.warn({ of: placeName(this.place), file: this.options.file }, 'configuration is taken from the local file');
    this.enforce(this.fallback.value, 'file');
  }

  private onEvent(event: ConfigEvent): void {
    this.reached = event.revision;
    if (event.kind === 'progress') return;
    const known = new Map(this.known);
    if (event.kind === 'snapshot') this.arrived.push(...changesTo(known, event.items));
    else this.arrived.push(...publicationsOf(event.items));
    for (const publication of this.arrived) {
      for (const [key, document] of publication) {
        if (document) known.set(key, document);
        else known.delete(key);
      }
    }
    this.known = known;
    this.due = true;
    if (!this.settling) void this.settle();
  }

  /** Judges what came, and what comes while it is at it: a schema may take its time. */
  private async settle(): Promise<void> {
    this.settling = true;
    while (this.due && !this.closed) {
      this.due = false;
      for (const publication of this.arrived.splice(0)) this.publications.add(publication);
      const settled = await this.publications.settle((documents) => this.judge(documents));
      if (!this.closed) this.onSettled(settled);
    }
    this.settling = false;
  }

  private async judge(documents: Documents): Promise<Verdict<Value, ConfigIssue>> {
    const { value, issues } = readTree(this.place, documents, this.options.parse ?? parseByContentType);
    if (issues.length > 0) return { valid: false, issues };
    try {
      const result = await this.schema['~standard'].validate(value);
      if (!result.issues) return { valid: true, value: result.value };
      return { valid: false, issues: result.issues.map((issue) => configIssue(this.place, documents, issue)) };
    } catch (error) {
      return {
        valid: false,
        issues: [{ message: `the schema failed: ${messageOf(error)}`, document: undefined, path: [] }],
      };
    }
  }

  private onSettled({ value, issues }: Settled<Value, ConfigIssue>): void {
    const before = this.trouble;
    if (issues.length === 0) this.trouble = undefined;
    if (value) {
      this.enforce(value.of, 'store');
      if (this.publications.inForce) this.file?.save(this.publications.inForce);
    }
    if (issues.length === 0) {
      if (before) this.tell(this.problemListeners, undefined);
      return;
    }
    this.fallBack();
    const { namespace } = this.place;
    const heldBack = this.publications.heldKeys.map((key) => `${namespace}/${key}`).sort();
    const error = this.invalid(issues);
    this.trouble = { error, issues, heldBack };
    if (error.message === before?.error.message && heldBack.join() === before.heldBack.join()) return;
    this.log.error({ reason: error.reason, heldBack }, error.message);
    this.tell(this.problemListeners, this.trouble);
    for (const waiter of this.takeWaiters()) waiter.reject(error);
  }

  private enforce(value: Value, source: 'store' | 'file'): void {
    clearTimeout(this.fallbackTimer);
    const before = this.inForce;
    const found = before ? differences(before.value, value) : [];
    if (before && found.length === 0) {
      this.inForce = { value: before.value, source };
      return;
    }
    freeze(value);
    this.inForce = { value, source };
    for (const waiter of this.takeWaiters()) waiter.resolve(value);
    if (before)
      this.tell(this.changeListeners, {
        current: value,
        previous: before.value,
        differences: found,
        revision: this.reached,
      });
  }

  private takeWaiters(): { resolve(value: Value): void; reject(error: unknown): void }[] {
    const waiters = [...this.waiters];
    this.waiters.clear();
    return waiters;
  }

  private tell<Told>(listeners: ReadonlySet<(told: Told) => void>, told: Told): void {
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        // The listener's own fault must not stop the binding for the others.
        this.log.error({ error: messageOf(error) }, 'a listener of a binding failed');
      }
    }
  }

  private invalid(issues: readonly ConfigIssue[]): QuorateError {
    const told = issues.slice(0, issuesTold).map((issue) => issueText(this.place, issue));
    if (issues.length > issuesTold) told.push(`and ${issues.length - issuesTold} more`);
    const kept = this.inForce ? '; the last good state stays in force' : '';
    const text = `the configuration ${placeName(this.place)} is not valid${kept}: ${told.join('; ')}`;
    return new QuorateError('CONFIG_INVALID', text);
  }

  private end(error: QuorateError | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.failure = error;
    clearTimeout(this.fallbackTimer);
    this.options.signal?.removeEventListener('abort', this.onAbort);
    this.source.close();
    this.changeListeners.clear();
    this.problemListeners.clear();
    if (error) this.log.error({ reason: error.reason, error: error.message }, 'a binding ended');
    for (const waiter of this.takeWaiters()) waiter.reject(error ?? cancelled('the binding was closed'));
  }
}
