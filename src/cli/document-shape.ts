/** How documents look in tables, on one line, and as JSON. */
import { isUtf8 } from 'node:buffer';
import type { ConfigDocument } from '../client/document.js';
import { type Cell, escapeControls, time } from './table.js';

/** Values on one line are cut after so many characters. */
const shownCharacters = 60;

/** JSON of a document without its value. */
export function documentJson(document: ConfigDocument): object {
  return {
    namespace: document.namespace,
    key: document.key,
    version: document.version,
    deleted: document.deleted,
    contentType: document.contentType,
    sha256: document.sha256,
    author: document.author,
    comment: document.comment,
    publishedAt: new Date(document.publishedAtMs).toISOString(),
    revision: document.revision,
  };
}

/** JSON of a document with its value: as text if it is UTF-8, otherwise as base64, and `encoding` says which. */
export function documentWithValueJson(document: ConfigDocument): object {
  const bytes = Buffer.from(document.value);
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return { ...documentJson(document), value: bytes.toString(encoding), encoding };
}

/** For one line of text: the beginning of the value, controls escaped; or what it is when it is no text. */
export function valuePreview(document: ConfigDocument): string {
  if (document.deleted) return '(deleted)';
  const bytes = Buffer.from(document.value);
  if (!isUtf8(bytes)) return `(${bytes.length} bytes)`;
  const text = escapeControls(bytes.subarray(0, shownCharacters * 4).toString('utf8'));
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters)}…` : text;
}

/** Who published it, when and why: the last cells of a row. */
export function publication(document: ConfigDocument): Cell[] {
  return [time(document.publishedAtMs), document.author, document.comment];
}
