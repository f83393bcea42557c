/** Registrations: some are kept alive all the time, many are left to their TTL, some are deregistered; views of them are written down. */
import type { QuorateClient } from '../../../src/client/index.js';
import type { Caller, TrafficOptions } from './caller.js';

export const service = 'workers';
const namespace = 'chaos';
/** The two kinds of leases. */
export const briefTtlMs = 2_000;
export const keptTtlMs = 6_000;
const keptRegistrations = 4;
const timeoutMs = 4_000;

const instance = (id: string) => ({ namespace, service, id, address: '127.0.0.1', port: 9 });

/** Registrations that the client keeps alive until it is closed. */
export async function keepRegistrations(client: QuorateClient, { recorder }: TrafficOptions): Promise<void> {
  for (let n = 0; n < keptRegistrations; n++) {
    const id = `kept-${n}`;
    await client.registry.register(instance(id), {
      ttlMs: keptTtlMs,
      onStateChange: (state) => recorder.add('kept', { id, at: performance.now(), state }),
    });
  }
}

/** Registers instances and forgets them, or deregisters them soon. */
export function registerBriefly(caller: Caller): Promise<void> {
  const { client } = caller;
  let made = 0;
  return caller.repeat(800, async () => {
    const id = `${caller.name}-${made++}`;
    const granted = await caller.call({ kind: 'register', service, id, ttlMs: briefTtlMs }, () =>
      client.registry.grant(instance(id), { ttlMs: briefTtlMs, timeoutMs }),
    );
    const lease = granted?.lease;
    if (lease === undefined || !caller.chance(0.25)) return;
    await caller.call({ kind: 'deregister', service, id, lease }, () =>
      client.registry.deregister(instance(id), { lease, timeoutMs }),
    );
  });
}

export function listInstances(caller: Caller): Promise<void> {
  return caller.repeat(200, () =>
    caller.call({ kind: 'instances', service }, async () => {
      const instances = await caller.client.registry.listInstances(namespace, service, { timeoutMs });
      return { ids: instances.map(({ id }) => id) };
    }),
  );
}

/** Writes down which instances come and go, as one watch tells it. */
export async function watchInstances(
  watcher: string,
  client: QuorateClient,
  { recorder }: TrafficOptions,
  signal: AbortSignal,
): Promise<void> {
  const there = new Map<string, string>();
  const come = (id: string, lease: string) => {
    if (there.get(id) === lease) return;
    there.set(id, lease);
    recorder.add('sightings', { watcher, at: performance.now(), id, lease, kind: 'there' });
  };
  const go = (id: string) => {
    const lease = there.get(id);
    if (lease === undefined) return;
    there.delete(id);
    recorder.add('sightings', { watcher, at: performance.now(), id, lease, kind: 'gone' });
  };
  for await (const event of client.registry.watch({ namespace, services: [service], signal })) {
    if (event.kind === 'progress') continue;
    if (event.kind === 'snapshot') {
      const now = new Set(event.items.map(({ id }) => id));
      for (const id of [...there.keys()]) if (!now.has(id)) go(id);
      for (const { id, lease } of event.items) come(id, lease);
      continue;
    }
    for (const { id } of event.removed) go(id);
    for (const { id, lease } of event.updated) come(id, lease);
  }
}
