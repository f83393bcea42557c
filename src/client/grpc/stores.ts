/** Which client a channel asks. Channels of one process share it. */
import { connect, type QuorateClient } from '../client.js';
import { parseEndpoints } from '../endpoint.js';
import type { Target } from './target.js';

let chosen: QuorateClient | undefined;

/** Channels whose target names no members ask this client from now on; undefined: those of QUORATE_ENDPOINTS, as at the beginning. */
export function useClient(client: QuorateClient | undefined): void {
  chosen = client;
}

export interface Store {
  readonly client: QuorateClient;
  /** To be called once when it is no longer needed. */
  release(): void;
}

interface Opened {
  readonly client: QuorateClient;
  users: number;
}

/** Clients that were made for targets, by endpoints. */
const opened = new Map<string, Opened>();

/** @throws Error when nothing says where the members are, QuorateError INVALID_FIELD when what says it is wrong */
export function endpointsOf(target: Target): string | undefined {
  if (target.endpoints === undefined && chosen) return undefined;
  const endpoints = target.endpoints ?? process.env.QUORATE_ENDPOINTS;
  if (!endpoints)
    throw new Error(
      `no members are known for service '${target.service}': call useClient(), set QUORATE_ENDPOINTS, or write quorate://host:port,host:port/${target.service}`,
    );
  return parseEndpoints(endpoints).join();
}

/** @throws as endpointsOf() does */
export function openStore(target: Target): Store {
  const endpoints = endpointsOf(target);
  if (endpoints === undefined && chosen) return { client: chosen, release: () => {} };
  const key = endpoints ?? '';
  const entry = opened.get(key) ?? { client: connect({ endpoints: key }), users: 0 };
  opened.set(key, entry);
  entry.users++;
  return {
    client: entry.client,
    release: () => {
      entry.users--;
      if (entry.users > 0) return;
      opened.delete(key);
      void entry.client.close();
    },
  };
}
