/** Config documents as callers see them. */
import type { Document } from '../proto/quorate.js';

/** Names a document: `{ namespace, key }`, or the two joined by the first slash: `prod/db/url` is key `db/url` of namespace `prod`. */
export type DocumentName = string | { readonly namespace: string; readonly key: string };

export interface DocumentRef {
  readonly namespace: string;
  readonly key: string;
}

const nothing = Buffer.alloc(0);

/** One version of a config document. */
export class ConfigDocument {
  readonly namespace: string;
  readonly key: string;
  /** Exactly the bytes that were published; empty when the read left values out. */
  readonly value: Uint8Array;
  /** Counts publications and deletions of this document; never goes back. */
  readonly version: number;
  readonly contentType: string;
  /** SHA-256 of the value, lower-case hex. */
  readonly sha256: string;
  readonly author: string;
  readonly comment: string;
  /** Wall-clock time of the publication, milliseconds since 1970. */
  readonly publishedAtMs: number;
  /** Revision of the key space in which this version was published. */
  readonly revision: number;
  /** This version records a deletion. */
  readonly deleted: boolean;

  constructor(document: Document) {
    this.namespace = document.namespace;
    this.key = document.key;
    this.value = document.value.length === 0 ? nothing : document.value;
    this.version = document.version;
    this.contentType = document.contentType;
    this.sha256 = document.sha256;
    this.author = document.author;
    this.comment = document.comment;
    this.publishedAtMs = document.publishedAtMs;
    this.revision = document.revision;
    this.deleted = document.deleted;
  }

  /** `namespace/key`, as every call takes it. */
  get name(): string {
    return `${this.namespace}/${this.key}`;
  }

  /** The value as UTF-8 text. */
  text(): string {
    return Buffer.from(this.value.buffer, this.value.byteOffset, this.value.byteLength).toString('utf8');
  }

  /**
   * The value parsed as JSON.
   * @throws SyntaxError when it is none
   */
  json(): unknown {
    return JSON.parse(this.text());
  }
}

/** Takes a document's name apart; undefined when a string has no slash. The member checks the grammar of both parts. */
export function parseDocumentName(name: DocumentName): DocumentRef | undefined {
  if (typeof name !== 'string') return name;
  const slash = name.indexOf('/');
  if (slash < 0) return undefined;
  return { namespace: name.slice(0, slash), key: name.slice(slash + 1) };
}
