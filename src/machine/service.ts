/** The command that settles how a service is treated. */
import { type Key, type LeaseId, NO_LEASE } from '../base/ids.js';
import { prefixEnd } from '../base/ranges.js';
import { failure } from './failure.js';
import { withoutChecks } from './instance-json.js';
import type { KeyEntry } from './key-index.js';
import type { Parts } from './parts.js';
import { eachKey } from './range.js';
import { GUARD_ROOT, servicePrefix, settingsKey } from './registry-keys.js';
import type { ServiceState } from './services.js';
import type { PutServiceCommand, Result } from './types.js';

/**
 * Sets the settings. Where there are no default checks any more, instances that only those had checked pass again, since nobody would ever say so; where the guard is
 * switched off, it lets go of what it holds and remembers.
 */
export function applyPutService(parts: Parts, command: PutServiceCommand): Result {
  const { namespace, service, ifVersion } = command;
  const { keys, services } = parts;
  const key = settingsKey(namespace, service);
  const actual = keys.index.get(key)?.version ?? 0;
  if (ifVersion !== undefined && ifVersion !== actual) {
    return failure(
      'VERSION_MISMATCH',
      `the settings of ${namespace}/${service} have version ${actual}, not ${ifVersion}`,
      {
        namespace,
        name: service,
        expected: String(ifVersion),
        actual: String(actual),
      },
    );
  }
  const name = `${namespace}/${service}`;
  const wasChecked = services.get(name)?.settings.checked ?? false;
  keys.put(key, command.json, NO_LEASE);
  const state = services.of(name);
  if (wasChecked && !state.settings.checked) passUnchecked(parts, servicePrefix(namespace, service));
  keys.commit();
  if (state.settings.guard.off) letGo(parts, state);
  return { kind: 'putService', version: actual + 1 };
}

/** What the guard holds and remembers of a service goes now. */
function letGo({ keys, leases, services, clock }: Parts, state: ServiceState): void {
  services.shortenHolds(state, clock);
  const memory = new Set<LeaseId>();
  const prefix = `${GUARD_ROOT}${state.name}/` as Key;
  eachKey(keys, prefix, prefixEnd(prefix), (_key, entry) => {
    if (entry.live) memory.add(entry.lease);
    return true;
  });
  for (const id of memory) {
    const lease = leases.get(id);
    if (lease !== undefined) leases.shorten(lease, clock);
  }
}

function passUnchecked({ keys, wallMs }: Parts, prefix: Key): void {
  const found: { readonly key: Key; readonly entry: KeyEntry }[] = [];
  eachKey(keys, prefix, prefixEnd(prefix), (key, entry) => {
    if (entry.live) found.push({ key, entry });
    return true;
  });
  for (const { key, entry } of found) {
    const json = withoutChecks(keys.newest(entry).value, wallMs);
    if (json !== undefined) keys.put(key, json, entry.lease);
  }
}
