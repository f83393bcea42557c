import type { QuorateClient } from '../../src/client/index.js';

/** Writes so many values of so many bytes to a hundred documents, 32 at a time. */
export async function writeMany(
  client: QuorateClient,
  { count, bytes }: { readonly count: number; readonly bytes: number },
): Promise<void> {
  let next = 0;
  const write = async () => {
    while (next < count) {
      const n = next++;
      await client.config.put(`many/key-${n % 100}`, Buffer.alloc(bytes, n), { timeoutMs: 30_000 });
    }
  };
  await Promise.all(Array.from({ length: 32 }, write));
}
