/** Registrations: some are kept alive and change their status, many are left to their TTL, some are deregistered; views of them are written down. */
import type { QuorateClient, RegistryEvent } from '../../../src/client/index.js';
import type { InstanceState } from '../history.js';
import type { Caller, TrafficOptions } from './caller.js';

export const service = 'workers';
const namespace = 'chaos';
/** The two kinds of leases. */
export const briefTtlMs = 2_000;
export const keptTtlMs = 6_000;
const keptIds = ['kept-0', 'kept-1', 'kept-2', 'kept-3'];
const statuses = ['UP', 'DRAINING', 'DOWN'] as const;
const timeoutMs = 4_000;

const instance = (id: string) => ({ namespace, service, id, address: '127.0.0.1', port: 9 });

/** Registrations that the client keeps alive until it is closed. */
export async function keepRegistrations(client: QuorateClient, { recorder }: TrafficOptions): Promise<void> {
  // Nearly all end by their TTL, which is what the guard is there to doubt.
  await client.registry.putService(namespace, service, { guard: { off: true } });
  for (const id of keptIds) {
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

/** Changes the status of instances that are kept alive. */
export function changeStatus(caller: Caller): Promise<void> {
  return caller.repeat(150, () => {
    const id = caller.pick(keptIds);
    const status = caller.pick(statuses);
    return caller.call({ kind: 'status', service, id, status }, () =>
      caller.client.registry.setStatus(instance(id), status, { timeoutMs }),
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

/** Writes down what one watch tells, and which instances come and go by it. */
export class InstanceWatcher {
  private readonly there = new Map<string, string>();

  constructor(
    private readonly name: string,
    private readonly client: QuorateClient,
    private readonly options: TrafficOptions,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const selection = { namespace, services: [service], progress: true };
    for await (const event of this.client.registry.watch({ ...selection, signal })) {
      this.record(event);
      if (event.kind === 'snapshot') {
        const now = new Set(event.items.map(({ id }) => id));
        for (const id of [...this.there.keys()]) if (!now.has(id)) this.go(id);
        for (const { id, lease } of event.items) this.come(id, lease);
      } else if (event.kind === 'changes') {
        for (const { id } of event.removed) this.go(id);
        for (const { id, lease } of event.updated) this.come(id, lease);
      }
    }
  }

  private record(event: RegistryEvent): void {
    const { kind, revision } = event;
    const updated = kind === 'snapshot' ? event.items : kind === 'changes' ? event.updated : [];
    this.options.recorder.add('watchedRegistry', {
      watcher: this.name,
      kind,
      revision,
      resync: kind === 'snapshot' && event.resync,
      conflated: kind === 'changes' && event.conflated,
      updated: updated.map(({ id, lease, status, revision }): InstanceState => ({ id, lease, status, revision })),
      removed: kind === 'changes' ? event.removed.map(({ id }) => id) : [],
    });
  }

  private come(id: string, lease: string): void {
    if (this.there.get(id) === lease) return;
    this.there.set(id, lease);
    this.options.recorder.add('sightings', {
      watcher: this.name,
      at: performance.now(),
      id,
      lease,
      kind: 'there',
    });
  }

  private go(id: string): void {
    const lease = this.there.get(id);
    if (lease === undefined) return;
    this.there.delete(id);
    this.options.recorder.add('sightings', { watcher: this.name, at: performance.now(), id, lease, kind: 'gone' });
  }
}
