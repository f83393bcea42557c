import { QuorateError } from '../../base/errors.js';
import { Health, type Health__Output } from '../../proto/gen/quorate/v1/Health.js';
import { InstanceStatus, type InstanceStatus__Output } from '../../proto/gen/quorate/v1/InstanceStatus.js';

const statuses = {
  UP: InstanceStatus.UP,
  DRAINING: InstanceStatus.DRAINING,
  DOWN: InstanceStatus.DOWN,
  STARTING: InstanceStatus.STARTING,
} as const;
const healths = {
  PASSING: Health.PASSING,
  FAILING: Health.FAILING,
  SUSPECT: Health.SUSPECT,
  UNCHECKED: Health.UNCHECKED,
} as const;

/** Names in the proto file, as they are stored. */
export type StatusName = keyof typeof statuses;
export type HealthName = keyof typeof healths;

const statusNames = namesOf<StatusName>(statuses);
const healthNames = namesOf<HealthName>(healths);

function namesOf<Name extends string>(numbers: Readonly<Record<Name, number>>): ReadonlyMap<number, Name> {
  const names = new Map<number, Name>();
  for (const name in numbers) names.set(numbers[name], name);
  return names;
}

/** The name in the proto file of a status that an instance can have; undefined for any other number. */
export function statusName(status: number): StatusName | undefined {
  return statusNames.get(status);
}

/** As statusName. */
export function healthName(health: number): HealthName | undefined {
  return healthNames.get(health);
}

/** Number of a stored name; UP for an absent one. */
export function statusOfName(name: StatusName | undefined): InstanceStatus__Output {
  return statuses[name ?? 'UP'];
}

/** Number of a stored name; PASSING for an absent one. */
export function healthOfName(name: HealthName | undefined): Health__Output {
  return healths[name ?? 'PASSING'];
}

/** @throws QuorateError INVALID_FIELD for anything but a status with a name (an unknown enum number is passed on by protobuf) */
export function checkStatus(status: InstanceStatus__Output, field = 'status'): StatusName {
  const name = statusNames.get(status);
  if (name !== undefined) return name;
  throw new QuorateError('INVALID_FIELD', `${field} ${status} must be UP (1), DRAINING (2), DOWN (3) or STARTING (4)`, {
    field,
  });
}
