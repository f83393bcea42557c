import { QuorateError } from '../../base/errors.js';
import { InstanceStatus, type InstanceStatus__Output } from '../../proto/gen/quorate/v1/InstanceStatus.js';

const names = new Map<number, string>([
  [InstanceStatus.UP, 'UP'],
  [InstanceStatus.DRAINING, 'DRAINING'],
  [InstanceStatus.DOWN, 'DOWN'],
]);

/** The name in the proto file of a status that an instance can have; '' for any other number. */
export function statusName(status: number): string {
  return names.get(status) ?? '';
}

/** @throws QuorateError INVALID_FIELD for anything but UP, DRAINING and DOWN (an unknown enum number is passed on by protobuf) */
export function checkStatus(status: InstanceStatus__Output, field = 'status'): void {
  if (!names.has(status))
    throw new QuorateError('INVALID_FIELD', `${field} ${status} must be UP (1), DRAINING (2) or DOWN (3)`, { field });
}
