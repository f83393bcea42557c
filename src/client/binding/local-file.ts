/**
 * The last good documents of a binding in a file of this machine, so that a process can start while no member can be reached. Made for its owner alone:
 * configuration holds secrets.
 */
import { isUtf8 } from 'node:buffer';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigDocument } from '../document.js';
import { messageOf } from '../errors.js';
import { type Documents, type Place, placeName } from './document-tree.js';

const format = 'quorate-binding-1';

/** One document, as the file has it. All but `key` and `value` may be missing, so that a person can write one. */
interface FileDocument {
  readonly key: string;
  readonly value: string;
  /** `base64` when the value is no text. */
  readonly encoding?: string;
  readonly contentType?: string;
  readonly version?: number;
  readonly sha256?: string;
  readonly author?: string;
  readonly comment?: string;
  readonly publishedAtMs?: number;
  readonly revision?: number;
}

export class LocalFile {
  private next: Documents | undefined;
  private writing: Promise<void> | undefined;

  /**
   * @param file its path; missing directories are made
   * @param onFailure hears what is wrong with the file, in one sentence
   */
  constructor(
    private readonly file: string,
    private readonly place: Place,
    private readonly onFailure: (message: string) => void,
  ) {}

  /** The documents in the file; undefined when there is none that can be used. */
  async load(): Promise<Documents | undefined> {
    try {
      return this.parse(await readFile(this.file, 'utf8'));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT'))
        this.onFailure(`the local file ${this.file} cannot be used: ${messageOf(error)}`);
      return undefined;
    }
  }

  /** Replaces the file in one step, soon. Of several states that wait only the newest is written. */
  save(documents: Documents): void {
    this.next = documents;
    this.writing ??= this.writeAll();
  }

  /** Resolves when nothing waits to be written. Never fails. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async writeAll(): Promise<void> {
    while (this.next) {
      const text = this.text(this.next);
      this.next = undefined;
      try {
        await replace(this.file, text);
      } catch (error) {
        this.onFailure(`the local file ${this.file} cannot be written: ${messageOf(error)}`);
      }
    }
    this.writing = undefined;
  }

  private text(documents: Documents): string {
    return `${JSON.stringify({ format, of: placeName(this.place), documents: [...documents.values()].map(fileDocument) }, undefined, 2)}\n`;
  }

  private parse(text: string): Documents {
    const file: unknown = JSON.parse(text);
    if (!isRecord(file) || file.format !== format || !Array.isArray(file.documents))
      throw new Error(`it is not of the format ${format}`);
    const of = placeName(this.place);
    if (file.of !== of) throw new Error(`it is of ${String(file.of)}, not of ${of}`);
    const { place } = this;
    const documents = file.documents.map((each: unknown) => configDocument(place.namespace, each));
    const stray = documents.find(({ key }) => ('key' in place ? key !== place.key : !key.startsWith(place.prefix)));
    if (stray) throw new Error(`${stray.name} is not of ${of}`);
    return new Map(documents.map((document) => [document.key, document]));
  }
}

async function replace(target: string, text: string): Promise<void> {
  const temporary = `${target}.${process.pid}.tmp`;
  try {
    await mkdir(path.dirname(target), { recursive: true });
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}

function fileDocument(document: ConfigDocument): FileDocument {
  const bytes = Buffer.from(document.value);
  const readable = isUtf8(bytes);
  return {
    key: document.key,
    value: bytes.toString(readable ? 'utf8' : 'base64'),
    ...(readable ? {} : { encoding: 'base64' }),
    contentType: document.contentType,
    version: document.version,
    sha256: document.sha256,
    author: document.author,
    comment: document.comment,
    publishedAtMs: document.publishedAtMs,
    revision: document.revision,
  };
}

function configDocument(namespace: string, each: unknown): ConfigDocument {
  if (!isRecord(each) || typeof each.key !== 'string' || typeof each.value !== 'string')
    throw new Error('a document in it has no key or no value');
  const text = (name: string) => (typeof each[name] === 'string' ? each[name] : '');
  const number = (name: string) => (typeof each[name] === 'number' ? each[name] : 0);
  return new ConfigDocument({
    namespace,
    key: each.key,
    value: Buffer.from(each.value, each.encoding === 'base64' ? 'base64' : 'utf8'),
    contentType: text('contentType'),
    version: number('version'),
    sha256: text('sha256'),
    author: text('author'),
    comment: text('comment'),
    publishedAtMs: number('publishedAtMs'),
    revision: number('revision'),
    deleted: false,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
