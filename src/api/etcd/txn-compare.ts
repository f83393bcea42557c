/** The conditions of etcd's Txn. */
import type { Compare, CompareTarget } from '../../machine/types.js';
import type { Compare as CompareRequest } from '../../proto/etcd.js';
import { leaseIdOf, numberOf } from './int64.js';
import { endOfRequest, keyOfRequest } from './range.js';

const operators = ['equal', 'greater', 'less', 'notEqual'] as const;
const noValue = Buffer.alloc(0);

/**
 * A value of another kind than the target's counts as absent, so as zero. Etcd holds an operator that it does not know for true wherever there is
 * something to compare, and takes both sides of a target that it does not know for equal.
 * @throws QuorateError EmptyKey
 */
export function compareOf(request: CompareRequest): Compare {
  const key = keyOfRequest(request.key);
  const end = endOfRequest(request.range_end);
  const operator = operators[request.result];
  const target = targetOf(request);
  if (operator !== undefined && target !== undefined) return { operator, key, end, target };
  // Versions are never negative; only a missing key has version 0, and it has no value to compare.
  if (target?.kind === 'value') return { operator: 'greater', key, end, target: { kind: 'version', value: 0 } };
  const holds = operator === undefined || operator === 'equal';
  return { operator: holds ? 'greater' : 'less', key, end, target: { kind: 'version', value: -1 } };
}

function targetOf(request: CompareRequest): CompareTarget | undefined {
  switch (request.target) {
    case 0:
      return { kind: 'version', value: numberOf(request.version ?? '0') };
    case 1:
      return { kind: 'createRevision', value: numberOf(request.create_revision ?? '0') };
    case 2:
      return { kind: 'modRevision', value: numberOf(request.mod_revision ?? '0') };
    case 3:
      return { kind: 'value', value: request.value ?? noValue };
    case 4:
      return { kind: 'lease', value: leaseIdOf(request.lease ?? '0') };
    default:
      return undefined;
  }
}
