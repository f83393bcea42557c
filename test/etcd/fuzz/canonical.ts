/** Answers in a form in which those of two stores are equal if the stores behave the same. */
import type { Answer } from '../wire.js';
import type { References } from './references.js';
import { bytesText } from './steps.js';

export type Canonical = string | number | boolean | readonly Canonical[] | { readonly [name: string]: Canonical };

const revisions = new Set(['revision', 'create_revision', 'mod_revision', 'compact_revision', 'hash_revision']);
/** Only whether they are set can be compared. */
const identities = new Set(['cluster_id', 'member_id', 'raft_term']);
const leaseIds = new Set(['lease', 'ID']);
/** etcd gives them in no order: keys of a lease come out of a Go map, leases by the time at which they end. */
const unordered = new Set(['keys', 'leases']);

export function canonicalAnswer(answer: Answer<object>, references: References): Canonical {
  if ('response' in answer) return canonical(answer.response, references);
  return { code: answer.code, text: answer.text };
}

/** Fields with zero values are left out: on the wire they are the same as absent ones. */
export function canonical(message: object, references: References): { readonly [name: string]: Canonical } {
  const found: Record<string, Canonical> = {};
  for (const [name, value] of Object.entries(message)) {
    const made = field(name, value, references);
    if (made !== undefined) found[name] = made;
  }
  return found;
}

function field(name: string, value: unknown, references: References): Canonical | undefined {
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    const items = value.map((item: unknown) => field(name, item, references) ?? '');
    return unordered.has(name) ? items.map((item) => JSON.stringify(item)).sort() : items;
  }
  if (value instanceof Uint8Array) return value.length === 0 ? undefined : bytesText(value);
  if (typeof value === 'object' && value !== null) return canonical(value, references);
  if (typeof value === 'boolean') return value || undefined;
  if (typeof value === 'number') return value === 0 ? undefined : value;
  if (typeof value !== 'string' || value === '' || value === '0') return undefined;
  if (identities.has(name)) return 'set';
  if (revisions.has(name)) return references.revisionName(value);
  if (leaseIds.has(name)) return references.leaseName(value);
  return value;
}

/** The places in which two canonical values differ. */
export function differences(a: Canonical | undefined, b: Canonical | undefined, path = ''): string[] {
  if (typeof a === 'object' && typeof b === 'object' && Array.isArray(a) === Array.isArray(b)) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)]);
    return [...names].flatMap((name) => differences(entry(a, name), entry(b, name), `${path}/${name}`));
  }
  return a === b ? [] : [path === '' ? '/' : path];
}

function entry(value: Exclude<Canonical, string | number | boolean>, name: string): Canonical | undefined {
  return Object.entries(value).find(([key]) => key === name)?.[1];
}
