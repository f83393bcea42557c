/** The instances of one service as DNS tells of them. */
import { isIP } from 'node:net';
import { isUsable } from '../api/quorate/instance.js';
import type { Key } from '../base/ids.js';
import type { Instance } from '../proto/quorate.js';

/** Where an instance can be reached. */
export interface Host {
  readonly kind: 'ipv4' | 'ipv6' | 'name';
  readonly text: string;
}

export interface Endpoint {
  /** Undefined: DNS has no words for its address. */
  readonly host: Host | undefined;
  /** 0: it has none. */
  readonly port: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly weight: number;
  readonly usable: boolean;
}

export function endpointOf(instance: Instance): Endpoint {
  const { address, port, ports, weight } = instance;
  return { host: hostOf(address), port, ports, weight, usable: isUsable(instance) };
}

const hostName = /^(?=.{1,253}$)(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}$/;

function hostOf(address: string): Host | undefined {
  const text = address.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIP(text) === 4) return { kind: 'ipv4', text };
  // An address with a zone, such as fe80::1%eth0, means something on one machine only.
  if (isIP(text) === 6) return text.includes('%') ? undefined : { kind: 'ipv6', text };
  return hostName.test(text) ? { kind: 'name', text } : undefined;
}

/** Hosts of the usable instances, each once. */
export interface Hosts {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly names: readonly string[];
}

export class Endpoints {
  private readonly all = new Map<Key, Endpoint>();
  private found: Hosts | undefined;

  get size(): number {
    return this.all.size;
  }

  set(key: Key, endpoint: Endpoint): void {
    this.all.set(key, endpoint);
    this.found = undefined;
  }

  delete(key: Key): void {
    this.all.delete(key);
    this.found = undefined;
  }

  get hosts(): Hosts {
    this.found ??= this.find();
    return this.found;
  }

  usable(): Endpoint[] {
    return [...this.all.values()].filter(({ usable }) => usable);
  }

  /** Whether an instance, usable or not, has a port of this name (in lower case). */
  hasPort(name: string): boolean {
    for (const { ports } of this.all.values()) if (Object.hasOwn(ports, name)) return true;
    return false;
  }

  private find(): Hosts {
    const sets = { ipv4: new Set<string>(), ipv6: new Set<string>(), name: new Set<string>() };
    for (const { host, usable } of this.all.values()) if (usable && host) sets[host.kind].add(host.text);
    return { ipv4: [...sets.ipv4], ipv6: [...sets.ipv6], names: [...sets.name] };
  }
}
