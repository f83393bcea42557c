import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Instance, InstanceSelector } from '../../proto/quorate.js';
import { metadataFilter } from './expression.js';
import { checkStatus, healthName } from './instance-status.js';
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
  const { statuses, zones, versions, healths } = selector;
  const metadata = Object.entries(selector.metadata);
  const expressions = selector.expressions.map((expression) => metadataFilter(expression, 'selector.expressions'));
  if (selectorText(selector) === '') return everything;
  return (instance) =>
    (statuses.length === 0 || statuses.includes(instance.status)) &&
    (healths.length === 0 || healths.includes(instance.health)) &&
    (zones.length === 0 || zones.includes(instance.zone)) &&
    (versions.length === 0 || versions.includes(instance.version)) &&
    metadata.every(([key, value]) => Object.hasOwn(instance.metadata, key) && instance.metadata[key] === value) &&
    expressions.every((fulfilled) => fulfilled(instance.metadata));
}

/** Equal texts only for selectors that select the same; '' for one that selects everything. */
export function selectorText(selector: InstanceSelector | null): string {
  if (!selector) return '';
  const { statuses, zones, versions, healths, expressions } = selector;
  const sets = [statuses, zones, versions, healths, expressions].map((list) => [...new Set<unknown>(list)].sort());
  const lists = [...sets, Object.entries(selector.metadata).sort()];
  return lists.every((list) => list.length === 0) ? '' : JSON.stringify(lists);
}

function everything(): boolean {
  return true;
}

function check(selector: InstanceSelector): void {
  for (const status of selector.statuses) checkStatus(status, 'selector.statuses');
  for (const health of selector.healths) checkHealth(health);
  checkLabels(selector.zones, 'selector.zones', limits.zonesPerSelector);
  checkLabels(selector.versions, 'selector.versions', limits.versionsPerSelector);
  checkMetadata(selector.metadata, 'selector.metadata');
  checkCount(selector.expressions, 'selector.expressions', limits.expressionsPerSelector);
}

function checkLabels(labels: readonly string[], field: string, most: number): void {
  checkCount(labels, field, most);
  for (const label of labels) checkLabel(label, field);
}

function checkCount(list: readonly unknown[], field: string, most: number): void {
  if (list.length > most)
    throw new QuorateError('INVALID_FIELD', `${field} of ${list.length} entries must have at most ${most}`, { field });
}

function checkHealth(health: number): void {
  if (healthName(health) !== undefined) return;
  const field = 'selector.healths';
  const text = `${field} ${health} must be PASSING (1), FAILING (2), SUSPECT (3) or UNCHECKED (4)`;
  throw new QuorateError('INVALID_FIELD', text, { field });
}
