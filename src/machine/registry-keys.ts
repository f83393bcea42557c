/** Where instances of services are in the key space: `/quorate/registry/{namespace}/{service}/{instance}`, as proto3 JSON. */
import type { Key } from '../base/ids.js';
import { prefixEnd } from '../base/ranges.js';

const REGISTRY_ROOT = '/quorate/registry/';

/** All instances of all services. */
export const registrySpan = { key: REGISTRY_ROOT as Key, end: prefixEnd(REGISTRY_ROOT as Key) };

export function instanceKey(namespace: string, service: string, instance: string): Key {
  return `${REGISTRY_ROOT}${namespace}/${service}/${instance}` as Key;
}

/** Prefix of all instances of a service. */
export function servicePrefix(namespace: string, service: string): Key {
  return `${REGISTRY_ROOT}${namespace}/${service}/` as Key;
}

/** Prefix of all instances of a namespace. */
export function namespacePrefix(namespace: string): Key {
  return `${REGISTRY_ROOT}${namespace}/` as Key;
}

/** Undefined: not the key of an instance. */
export function parseInstanceKey(key: Key): { namespace: string; service: string; instance: string } | undefined {
  if (!key.startsWith(REGISTRY_ROOT)) return undefined;
  const [namespace, service, instance, more] = key.slice(REGISTRY_ROOT.length).split('/', 4);
  if (!namespace || !service || !instance || more !== undefined) return undefined;
  return { namespace, service, instance };
}

/** "namespace/service/instance" of the key of an instance. */
export function instancePath(key: Key): string {
  return key.slice(REGISTRY_ROOT.length);
}
