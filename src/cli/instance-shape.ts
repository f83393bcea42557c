/** How instances look in tables and on one line; the JSON shape is the client's Instance. */
import { formatAddress } from '../base/address.js';
import type { Instance } from '../client/instance.js';
import type { Cell } from './table.js';

export const instanceHeader = [
  'INSTANCE',
  'STATUS',
  'HEALTH',
  'ADDRESS',
  'WEIGHT',
  'ZONE',
  'VERSION',
  'METADATA',
  'LEASE',
];

export function instanceRow(instance: Instance): Cell[] {
  return [
    instance.id,
    instance.status,
    instance.health,
    formatAddress({ host: instance.address, port: instance.port }),
    instance.weight,
    instance.zone,
    instance.version,
    metadata(instance),
    instance.lease,
  ];
}

function metadata(instance: Instance): string {
  return Object.entries(instance.metadata)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}

/** Why an instance is not UP and PASSING, as far as somebody has said so; else empty. */
export function whyNotWell({ status, statusReason, health, healthReason }: Instance): string {
  const reasons = [status === 'UP' ? '' : statusReason, health === 'PASSING' ? '' : healthReason];
  return reasons.filter((reason) => reason !== '').join('; ');
}
