/** Documents under a prefix as one value: what a schema gets to see, and which document an issue of it is about. */
import type { ConfigDocument } from '../document.js';
import { messageOf } from '../errors.js';
import { issuePath, type SchemaIssue } from './standard-schema.js';

/** Where the documents of a binding lie: one document, or all under a prefix that is empty or ends with a slash. */
export type Place = { readonly namespace: string } & ({ readonly key: string } | { readonly prefix: string });

/** Documents by their whole key. */
export type Documents = ReadonlyMap<string, ConfigDocument>;

/** Makes a value of a document's bytes. What it throws makes the document invalid. */
export type ParseDocument = (document: ConfigDocument) => unknown;

/** What is wrong with a state. */
export interface ConfigIssue {
  /** In the words of the schema, or of the parser. */
  readonly message: string;
  /** `namespace/key` of the document that is wrong; undefined when it is the whole, or a document that is not there. */
  readonly document: string | undefined;
  /** From that document's value (or from the whole) to the place that is wrong. */
  readonly path: readonly string[];
}

/** JSON by its content type, everything else text. */
export function parseByContentType(document: ConfigDocument): unknown {
  const [type = ''] = document.contentType.split(';');
  return /^application\/(?:.+\+)?json$/i.test(type.trim()) ? document.json() : document.text();
}

/** A folder holds documents and folders. */
type Folder = Map<string, Folder | Leaf>;

class Leaf {
  constructor(readonly value: unknown) {}
}

/**
 * The value of a place: that of its document (undefined without it), or an object in which every slash of a key begins another object: `db/url` is
 * `{ db: { url } }`.
 */
export function readTree(
  place: Place,
  documents: Documents,
  parse: ParseDocument,
): { readonly value: unknown; readonly issues: readonly ConfigIssue[] } {
  const issues: ConfigIssue[] = [];
  const refuse = (document: ConfigDocument, message: string) =>
    issues.push({ document: document.name, path: [], message });
  const read = (document: ConfigDocument): unknown => {
    try {
      return parse(document);
    } catch (error) {
      refuse(document, messageOf(error));
      return undefined;
    }
  };
  if ('key' in place) {
    const document = documents.get(place.key);
    return { value: document && read(document), issues };
  }
  const root: Folder = new Map();
  for (const [key, document] of [...documents].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const names = key.slice(place.prefix.length).split('/');
    const last = names.pop() ?? '';
    const folder = folderAt(root, names);
    if (!folder || folder.has(last)) refuse(document, 'a document above it has its place');
    else folder.set(last, new Leaf(read(document)));
  }
  return { value: plain(root), issues };
}

/** The folder that these names lead to; undefined when a document stands in the way. */
function folderAt(root: Folder, names: readonly string[]): Folder | undefined {
  let folder = root;
  for (const name of names) {
    const next = folder.get(name) ?? new Map<string, Folder | Leaf>();
    if (next instanceof Leaf) return undefined;
    folder.set(name, next);
    folder = next;
  }
  return folder;
}

/** Properties of its own whatever their names: a document may be called `__proto__` or `constructor`. */
function plain(folder: Folder): Record<string, unknown> {
  return Object.fromEntries(
    [...folder].map(([name, entry]) => [name, entry instanceof Leaf ? entry.value : plain(entry)]),
  );
}

/** Finds the document that a schema's issue is about. */
export function configIssue(place: Place, documents: Documents, issue: SchemaIssue): ConfigIssue {
  const { message } = issue;
  const path = issuePath(issue);
  if ('key' in place) return { message, document: documents.get(place.key)?.name, path };
  for (let length = path.length; length > 0; length--) {
    const document = documents.get(place.prefix + path.slice(0, length).join('/'));
    if (document) return { message, document: document.name, path: path.slice(length) };
  }
  return { message, document: undefined, path };
}

/** One issue for people. */
export function issueText(place: Place, { message, document, path }: ConfigIssue): string {
  const where = document ?? placeName(place);
  return path.length === 0 ? `${where}: ${message}` : `${where} at ${path.join('.')}: ${message}`;
}

export function placeName(place: Place): string {
  return `${place.namespace}/${'key' in place ? place.key : place.prefix}`;
}
