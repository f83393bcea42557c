/** Config documents: read, publish, follow. */
import { QuorateError } from '../base/errors.js';
import {
  type ConfigChangeIn,
  configService,
  type DeleteConfigResponse,
  type GetConfigResponse,
  type HistoryResponse,
  type ListConfigResponse,
  type PublishResponse,
  type PutConfigResponse,
  type RollbackResponse,
} from '../proto/quorate.js';
import { type BindOptions, ConfigBinding } from './binding/binding.js';
import type { Place } from './binding/document-tree.js';
import type { SchemaOutput, StandardSchema } from './binding/standard-schema.js';
import { type ConfigSelection, configFollower, configViewModel } from './config-watch.js';
import type { Connection } from './connection.js';
import { ConfigDocument, type DocumentName, type DocumentRef, parseDocumentName } from './document.js';
import type { ConfigChangesEvent, ConfigEvent, WatchOptions } from './events.js';
import type { CallOptions, ReadOptions } from './options.js';
import { readMessage } from './read.js';
import { LiveView, type ViewOptions } from './view.js';
import { Watch } from './watch.js';

export interface GetOptions extends ReadOptions {
  /** One of the kept versions instead of the newest. */
  readonly version?: number;
}

/** Said with every mutation. */
export interface MutationOptions extends CallOptions {
  readonly author?: string;
  readonly comment?: string;
}

export interface ConditionalOptions extends MutationOptions {
  /** Only if this is the current version (0: only if the document does not exist), else VERSION_MISMATCH. */
  readonly ifVersion?: number;
}

export interface PutOptions extends ConditionalOptions {
  readonly contentType?: string;
}

/** A mutation that was committed. */
export interface Published {
  /** The new version of the document. */
  readonly version: number;
  /** The revision of the key space in which it was published. */
  readonly revision: number;
}

/** One change of a publication: new content (`put`), or `delete: true`. */
export type PublishChange = {
  readonly name: DocumentName;
  readonly ifVersion?: number;
} & ({ readonly put: string | Uint8Array; readonly contentType?: string } | { readonly delete: true });

export interface PublishOptions extends MutationOptions {
  /** Conditions on documents that the publication does not change; version 0: must not exist. */
  readonly preconditions?: readonly { readonly name: DocumentName; readonly version: number }[];
}

export interface ListOptions extends ReadOptions {
  /** Only keys that begin with this. */
  readonly prefix?: string;
  /** Leave the values out. */
  readonly keysOnly?: boolean;
  /** Documents of one page, at most 1000; 100 unless told. */
  readonly pageSize?: number;
}

export interface ListPageOptions extends ListOptions {
  /** `nextPageToken` of the page before. */
  readonly pageToken?: string;
}

export interface ConfigPage {
  readonly documents: readonly ConfigDocument[];
  /** Undefined on the last page. */
  readonly nextPageToken: string | undefined;
  /** All pages show the state of the first page's revision. */
  readonly revision: number;
}

export interface HistoryOptions extends ReadOptions {
  /** At most 100, which is also the default. */
  readonly limit?: number;
  /** Only versions below this one. */
  readonly beforeVersion?: number;
  /** Leave the values out. */
  readonly withoutValues?: boolean;
}

/** Documents by key. */
export type ConfigView = LiveView<ConfigDocument, ConfigChangesEvent>;

export interface ConfigWatchOptions extends ConfigSelection, WatchOptions {}

/** `quorate.config`. Every call fails with a QuorateError; mutations are never applied twice, whatever happens on the way. */
export class ConfigClient {
  /** Made by connect(). */
  constructor(private readonly connection: Connection) {}

  /** The document in its newest or in an older version; undefined when there is none. */
  get(name: DocumentName, options?: GetOptions): Promise<ConfigDocument | undefined> {
    const ref = parseDocumentName(name);
    if (!ref) return refused(name);
    const request = {
      namespace: ref.namespace,
      key: ref.key,
      version: options?.version ?? 0,
      read: readMessage(options),
    };
    return this.connection.unary(procedures.get, request, options);
  }

  /**
   * Publishes a document. Text is stored as UTF-8.
   * @throws QuorateError VERSION_MISMATCH, INVALID_NAME, INVALID_KEY, VALUE_TOO_LARGE
   */
  put(name: DocumentName, value: string | Uint8Array, options?: PutOptions): Promise<Published> {
    const ref = parseDocumentName(name);
    if (!ref) return refused(name);
    const request = {
      namespace: ref.namespace,
      key: ref.key,
      value: bytesOf(value),
      contentType: options?.contentType,
      ifVersion: options?.ifVersion,
      author: options?.author,
      comment: options?.comment,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.put, request, options);
  }

  /** Publishes a value as JSON text, with content type application/json unless told otherwise. */
  putJson(name: DocumentName, value: unknown, options?: PutOptions): Promise<Published> {
    const text = JSON.stringify(value);
    if (text === undefined)
      return Promise.reject(new QuorateError('INVALID_FIELD', `a ${typeof value} cannot be written as JSON`));
    return this.put(name, text, { contentType: 'application/json', ...options });
  }

  /**
   * Deletes a document; its history stays.
   * @throws QuorateError CONFIG_NOT_FOUND, VERSION_MISMATCH
   */
  delete(name: DocumentName, options?: ConditionalOptions): Promise<Published> {
    const ref = parseDocumentName(name);
    if (!ref) return refused(name);
    const request = {
      namespace: ref.namespace,
      key: ref.key,
      ifVersion: options?.ifVersion,
      author: options?.author,
      comment: options?.comment,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.delete, request, options);
  }

  /** Publishes up to 128 changes in one revision: all of them or none. `versions` are in the order of the changes. */
  publish(
    changes: readonly PublishChange[],
    options?: PublishOptions,
  ): Promise<{ readonly versions: readonly number[]; readonly revision: number }> {
    const changeMessages: ConfigChangeIn[] = [];
    for (const change of changes) {
      const ref = parseDocumentName(change.name);
      if (!ref) return refused(change.name);
      const { namespace, key } = ref;
      const { ifVersion } = change;
      if ('put' in change) {
        const put = { value: bytesOf(change.put), contentType: change.contentType };
        changeMessages.push({ namespace, key, ifVersion, put });
      } else {
        changeMessages.push({ namespace, key, ifVersion, delete: true });
      }
    }
    const preconditions: (DocumentRef & { version: number })[] = [];
    for (const { name, version } of options?.preconditions ?? []) {
      const ref = parseDocumentName(name);
      if (!ref) return refused(name);
      preconditions.push({ namespace: ref.namespace, key: ref.key, version });
    }
    const request = {
      changes: changeMessages,
      preconditions,
      author: options?.author,
      comment: options?.comment,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.publish, request, options);
  }

  /** All documents of a namespace (or those under a prefix) in key order, as of one revision; pages are fetched as needed. */
  async *list(namespace: string, options?: ListOptions): AsyncGenerator<ConfigDocument, void, undefined> {
    let pageToken: string | undefined;
    do {
      const page: ConfigPage = await this.listPage(namespace, { ...options, pageToken });
      yield* page.documents;
      pageToken = page.nextPageToken;
    } while (pageToken !== undefined);
  }

  /** One page of `list`. */
  listPage(namespace: string, options?: ListPageOptions): Promise<ConfigPage> {
    const request = {
      namespace,
      prefix: options?.prefix,
      pageSize: options?.pageSize,
      pageToken: options?.pageToken,
      keysOnly: options?.keysOnly,
      read: readMessage(options),
    };
    return this.connection.unary(procedures.list, request, options);
  }

  /** The kept versions of a document, newest first. @throws QuorateError CONFIG_NOT_FOUND */
  history(name: DocumentName, options?: HistoryOptions): Promise<readonly ConfigDocument[]> {
    const ref = parseDocumentName(name);
    if (!ref) return refused(name);
    const request = {
      namespace: ref.namespace,
      key: ref.key,
      limit: options?.limit,
      beforeVersion: options?.beforeVersion,
      withoutValues: options?.withoutValues,
      read: readMessage(options),
    };
    return this.connection.unary(procedures.history, request, options);
  }

  /** Publishes the content of an older version as a new version. @throws QuorateError VERSION_NOT_FOUND, VERSION_MISMATCH */
  rollback(name: DocumentName, toVersion: number, options?: ConditionalOptions): Promise<Published> {
    const ref = parseDocumentName(name);
    if (!ref) return refused(name);
    const request = {
      namespace: ref.namespace,
      key: ref.key,
      toVersion,
      ifVersion: options?.ifVersion,
      author: options?.author,
      comment: options?.comment,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.rollback, request, options);
  }

  /**
   * Follows one document, a prefix or a namespace: first the full state, then every change once and in order, across failures of
   * members. Begins when iterated; ends with `break`, the signal, its close() or the client's.
   */
  watch(options: ConfigWatchOptions): Watch<ConfigEvent> {
    return new Watch(configFollower(this.connection, options), options);
  }

  /** A map of the selected documents by key that keeps itself up to date. */
  view(selection: ConfigSelection, options?: ViewOptions): ConfigView {
    const { log } = this.connection.ring;
    return new LiveView(configFollower(this.connection, selection), configViewModel, log, options?.signal);
  }

  /**
   * Configuration as a typed value that keeps itself up to date, validated by a schema of any make (zod, valibot, arktype: Standard Schema). What is
   * invalid never comes into force: the last good state stays, and `onProblem` hears of it.
   *
   * @param at documents under a prefix, as an object in which every slash of a key begins another object (`app` and `app/` both mean the keys below
   *   `app/`; empty: the whole namespace); or the value of the one document `key`, undefined while there is none
   */
  bind<Schema extends StandardSchema>(
    namespace: string,
    at: string | { readonly key: string },
    schema: Schema,
    options: BindOptions = {},
  ): ConfigBinding<SchemaOutput<Schema>> {
    const place: Place =
      typeof at === 'object'
        ? { namespace, key: at.key }
        : { namespace, prefix: at === '' || at.endsWith('/') ? at : `${at}/` };
    const typed = schema as StandardSchema<unknown, SchemaOutput<Schema>>;
    return new ConfigBinding(configFollower(this.connection, place), place, typed, options, this.connection.ring.log);
  }
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
}

function refused(name: DocumentName): Promise<never> {
  const text = `'${String(name)}' is not the name of a document: namespace/key is`;
  return Promise.reject(new QuorateError('INVALID_NAME', text));
}

function publishedOf(response: PutConfigResponse | DeleteConfigResponse | RollbackResponse): Published {
  return { version: response.version, revision: response.header?.revision ?? 0 };
}

function publicationOf(response: PublishResponse): { versions: number[]; revision: number } {
  return { versions: response.versions, revision: response.header?.revision ?? 0 };
}

function pageOf(response: ListConfigResponse): ConfigPage {
  return {
    documents: response.documents.map((document) => new ConfigDocument(document)),
    nextPageToken: response.nextPageToken || undefined,
    revision: response.header?.revision ?? 0,
  };
}

function versionsOf(response: HistoryResponse): ConfigDocument[] {
  return response.versions.map((document) => new ConfigDocument(document));
}

const procedures = {
  get: {
    method: configService.get,
    convert: (response: GetConfigResponse) => (response.document ? new ConfigDocument(response.document) : undefined),
    recover(error: QuorateError): undefined {
      if (error.reason !== 'CONFIG_NOT_FOUND' && error.reason !== 'VERSION_NOT_FOUND') throw error;
    },
  },
  list: { method: configService.list, convert: pageOf },
  put: { method: configService.put, convert: publishedOf },
  delete: { method: configService.delete, convert: publishedOf },
  publish: { method: configService.publish, convert: publicationOf },
  history: { method: configService.history, convert: versionsOf },
  rollback: { method: configService.rollback, convert: publishedOf },
};
