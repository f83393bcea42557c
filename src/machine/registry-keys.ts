/**
 * Where services are in the key space. Instances, as proto3 JSON: `/quorate/registry/{namespace}/{service}/{instance}`; those whose lease has ended, while
 * the guard remembers them, under `/quorate/guard/` in the same way. Settings, as proto3 JSON: `/quorate/service/{namespace}/{service}`.
 */
import type { Key } from '../base/ids.js';
import { prefixEnd } from '../base/ranges.js';

export const REGISTRY_ROOT = '/quorate/registry/';
export const GUARD_ROOT = '/quorate/guard/';
export const SERVICE_ROOT = '/quorate/service/';

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

/** Where an instance is remembered whose lease has ended. */
export function guardKey(instance: Key): Key {
  return `${GUARD_ROOT}${instance.slice(REGISTRY_ROOT.length)}` as Key;
}

/** Where the settings of a service are. */
export function settingsKey(namespace: string, service: string): Key {
  return `${SERVICE_ROOT}${namespace}/${service}` as Key;
}

/** `{namespace}/{service}` of the key of an instance, listed or remembered, whose root has so many characters. */
export function serviceOf(key: Key, rootLength: number): string {
  return key.slice(rootLength, key.lastIndexOf('/'));
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
