import { open } from 'node:fs/promises';

/** Makes what was renamed in a directory durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
