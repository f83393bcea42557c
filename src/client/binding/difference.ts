/** What differs between two values of a binding. */
import { isDeepStrictEqual } from 'node:util';

export interface Difference {
  readonly kind: 'added' | 'changed' | 'removed';
  /** Names of properties, from the whole value on; empty when the whole is another one. */
  readonly path: readonly string[];
  /** Undefined when it was added. */
  readonly before: unknown;
  /** Undefined when it was removed. */
  readonly after: unknown;
}

/** The places that differ, in the order of their names. Goes into plain objects; everything else, arrays too, is equal or changed as a whole. */
export function differences(before: unknown, after: unknown, path: readonly string[] = []): Difference[] {
  if (!isPlain(before) || !isPlain(after))
    return isDeepStrictEqual(before, after) ? [] : [{ kind: 'changed', path, before, after }];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return names.flatMap((name): Difference[] => {
    const at = [...path, name];
    if (!Object.hasOwn(before, name)) return [{ kind: 'added', path: at, before: undefined, after: after[name] }];
    if (!Object.hasOwn(after, name)) return [{ kind: 'removed', path: at, before: before[name], after: undefined }];
    return differences(before[name], after[name], at);
  });
}

/** Makes plain objects and arrays read-only, all the way down; what a schema has made besides them is left as it is. */
export function freeze(value: unknown): void {
  if (Object.isFrozen(value) || !(Array.isArray(value) || isPlain(value))) return;
  Object.freeze(value);
  for (const child of Object.values(value)) freeze(child);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
