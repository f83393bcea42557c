/** Registered instances in their two forms: the proto3 JSON that the key space holds, and the message of the API. */
import { AssertionFailure } from '../../base/assert.js';
import type { KeyVersion } from '../../machine/types.js';
import { InstanceStatus, type InstanceStatus__Output } from '../../proto/gen/quorate/v1/InstanceStatus.js';
import type { Instance } from '../../proto/quorate.js';
import { checkStatus, statusName } from './instance-status.js';
import {
  checkAddress,
  checkInstanceId,
  checkLabel,
  checkMetadata,
  checkNamespace,
  checkPort,
  checkServiceName,
  checkWeight,
} from './validate.js';

/** Weight of an instance that names none. */
const defaultWeight = 100;

/** proto3 JSON of an instance: absent means the field's default; 64-bit numbers are strings. */
interface InstanceJson {
  readonly namespace: string;
  readonly service: string;
  readonly id: string;
  readonly address?: string;
  readonly port?: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly version?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly status?: string;
  readonly registeredAtMs?: string;
}

/** @throws QuorateError INVALID_NAME or INVALID_FIELD for an instance that may not be registered */
export function checkInstance(instance: Instance): void {
  checkNamespace(instance.namespace, 'instance.namespace');
  checkServiceName(instance.service, 'instance.service');
  checkInstanceId(instance.id, 'instance.id');
  checkAddress(instance.address, 'instance.address');
  checkPort(instance.port, 'instance.port');
  checkWeight(instance.weight, 'instance.weight');
  checkLabel(instance.zone, 'instance.zone');
  checkLabel(instance.version, 'instance.version');
  checkMetadata(instance.metadata, 'instance.metadata');
  if (instance.status !== InstanceStatus.STATUS_UNSPECIFIED) checkStatus(instance.status, 'instance.status');
}

/**
 * The bytes that the key space keeps of a checked instance: proto3 JSON with fields in number order, metadata sorted and defaults filled in, so that
 * equal instances have equal bytes. Lease and revisions are not in it: the key has them.
 * @param registeredAtMs wall-clock time, milliseconds since 1970
 */
export function instanceJson(instance: Instance, registeredAtMs: number): Buffer {
  const metadata = Object.entries(instance.metadata).sort(byKey);
  const json: InstanceJson = {
    namespace: instance.namespace,
    service: instance.service,
    id: instance.id,
    address: instance.address || undefined,
    port: instance.port || undefined,
    weight: instance.weight || defaultWeight,
    zone: instance.zone || undefined,
    version: instance.version || undefined,
    metadata: metadata.length > 0 ? Object.fromEntries(metadata) : undefined,
    status: statusName(instance.status || InstanceStatus.UP),
    registeredAtMs: String(registeredAtMs),
  };
  return Buffer.from(JSON.stringify(json));
}

function byKey([a]: readonly [string, string], [b]: readonly [string, string]): number {
  return a < b ? -1 : 1;
}

/** The message for a live version of a registry key. */
export function instanceFromVersion(version: KeyVersion): Instance {
  const json = parse(version);
  return {
    namespace: json.namespace,
    service: json.service,
    id: json.id,
    address: json.address ?? '',
    port: json.port ?? 0,
    weight: json.weight ?? defaultWeight,
    zone: json.zone ?? '',
    version: json.version ?? '',
    metadata: json.metadata ?? {},
    status: statusOfName(json.status),
    lease: version.lease,
    createRevision: version.createRevision,
    revision: version.modRevision,
    registeredAtMs: Number(json.registeredAtMs ?? 0),
    checks: [],
    ports: {},
    health: 0,
    healthReason: '',
    healthChangedAtMs: 0,
    statusReason: '',
    statusChangedAtMs: 0,
  };
}

function parse({ key, value }: KeyVersion): InstanceJson {
  try {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
    return JSON.parse(text) as InstanceJson;
  } catch (cause) {
    throw new AssertionFailure(`the value of ${key} is not JSON, though only this door writes it: ${String(cause)}`);
  }
}

function statusOfName(name: string | undefined): InstanceStatus__Output {
  if (name === 'DRAINING') return InstanceStatus.DRAINING;
  return name === 'DOWN' ? InstanceStatus.DOWN : InstanceStatus.UP;
}
