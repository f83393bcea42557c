/** How far an import came, in a small file, so that the next run goes on from there. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { CommandError, CommandExit } from '../exit-codes.js';

export interface Progress {
  /** Everything up to this revision of the etcd is copied; '0': nothing is yet. */
  readonly revision: string;
  /** A copy under way: of which revision, and the last key that is copied, in base64. */
  readonly copying?: { readonly revision: string; readonly after: string };
}

interface Content extends Progress {
  readonly etcd: string;
  readonly cluster: string;
  readonly prefix: string;
  /** Lease ids of the etcd and those that stand for them in the cluster. */
  readonly leases: Readonly<Record<string, string>>;
}

/** What an import is between; a state belongs to one. */
export type Parties = Pick<Content, 'etcd' | 'cluster' | 'prefix'>;

export class ImportState {
  readonly leases: Map<string, string>;
  progress: Progress;

  private constructor(
    readonly file: string,
    private readonly parties: Parties,
    found: Content | undefined,
  ) {
    this.leases = new Map(Object.entries(found?.leases ?? {}));
    this.progress = found?.copying
      ? { revision: found.revision, copying: found.copying }
      : { revision: found?.revision ?? '0' };
  }

  /** @throws CommandError when the file is of another import or cannot be read */
  static async open(file: string, parties: Parties): Promise<ImportState> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw new CommandError(`${file} cannot be read: ${error.message}`, CommandExit.USAGE);
    });
    if (text === undefined) return new ImportState(file, parties, undefined);
    const found = parse(text);
    if (!found)
      throw new CommandError(
        `${file} is not the state of an import: name another file with --state`,
        CommandExit.USAGE,
      );
    if (found.etcd !== parties.etcd || found.cluster !== parties.cluster || found.prefix !== parties.prefix)
      throw new CommandError(
        `${file} is the state of another import (etcd ${found.etcd}, cluster ${found.cluster}, prefix ${JSON.stringify(found.prefix)}): name another file with --state, or remove it to begin anew`,
        CommandExit.USAGE,
      );
    return new ImportState(file, parties, found);
  }

  /** Remembers how far it came. */
  async save(progress: Progress): Promise<void> {
    this.progress = progress;
    const content: Content = { ...this.parties, ...progress, leases: Object.fromEntries(this.leases) };
    const partial = `${this.file}.partial`;
    try {
      await writeFile(partial, `${JSON.stringify(content, undefined, 2)}\n`);
      await rename(partial, this.file);
    } catch (error) {
      throw new CommandError(
        `${this.file} cannot be written: ${(error as Error).message}; name another file with --state`,
      );
    }
  }
}

function parse(text: string): Content | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return isContent(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isContent(found: unknown): found is Content {
  if (typeof found !== 'object' || found === null) return false;
  const fields = new Map<string, unknown>(Object.entries(found));
  const leases = fields.get('leases');
  return (
    ['etcd', 'cluster', 'prefix', 'revision'].every((name) => typeof fields.get(name) === 'string') &&
    typeof leases === 'object' &&
    leases !== null
  );
}
