import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Instance, InstanceSelector } from '../../proto/quorate.js';
import { checkStatus } from './instance-status.js';
import { checkLabel, checkMetadata } from './validate.js';

/** Whether an instance is selected. */
export type InstanceFilter = (instance: Instance) => boolean;

/**
 * The filter that a selector describes: all conditions given must hold, nothing given selects everything.
 * @throws QuorateError INVALID_FIELD
 */
export function instanceFilter(selector: InstanceSelector | null): InstanceFilter {
  if (!selector) return everything;
  check(selector);
  const { statuses, zones } = selector;
  const metadata = Object.entries(selector.metadata);
  if (statuses.length === 0 && zones.length === 0 && metadata.length === 0) return everything;
  return (instance) =>
    (statuses.length === 0 || statuses.includes(instance.status)) &&
    (zones.length === 0 || zones.includes(instance.zone)) &&
    metadata.every(([key, value]) => Object.hasOwn(instance.metadata, key) && instance.metadata[key] === value);
}

function everything(): boolean {
  return true;
}

function check(selector: InstanceSelector): void {
  for (const status of selector.statuses) checkStatus(status, 'selector.statuses');
  if (selector.zones.length > limits.zonesPerSelector)
    throw new QuorateError(
      'INVALID_FIELD',
      `selector.zones of ${selector.zones.length} entries must have at most ${limits.zonesPerSelector}`,
      { field: 'selector.zones' },
    );
  for (const zone of selector.zones) checkLabel(zone, 'selector.zones');
  checkMetadata(selector.metadata, 'selector.metadata');
}
