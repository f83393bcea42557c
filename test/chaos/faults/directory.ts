import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Deletes all that is in a directory. It stays itself: it may be where a file system is mounted. */
export async function empty(directory: string): Promise<void> {
  for (const name of await readdir(directory)) await rm(path.join(directory, name), { recursive: true });
}
