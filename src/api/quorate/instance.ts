/** Registered instances in their two forms: the proto3 JSON that the key space holds, and the message of the API. */
import { AssertionFailure } from '../../base/assert.js';
import type { KeyVersion } from '../../machine/types.js';
import { Health } from '../../proto/gen/quorate/v1/Health.js';
import { InstanceStatus } from '../../proto/gen/quorate/v1/InstanceStatus.js';
import type { Instance } from '../../proto/quorate.js';
import { checkChecks, type HealthCheckJson, healthCheckFromJson, healthCheckJson } from './health-check.js';
import {
  checkStatus,
  type HealthName,
  healthOfName,
  type StatusName,
  statusName,
  statusOfName,
} from './instance-status.js';
import {
  checkAddress,
  checkInstanceId,
  checkLabel,
  checkMetadata,
  checkNamespace,
  checkPort,
  checkPorts,
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
  readonly status?: StatusName;
  /** Only of an instance whose lease has ended: that lease. */
  readonly lease?: string;
  readonly registeredAtMs?: string;
  readonly checks?: readonly HealthCheckJson[];
  readonly ports?: Readonly<Record<string, number>>;
  readonly health?: HealthName;
  readonly healthReason?: string;
  readonly healthChangedAtMs?: string;
  readonly statusReason?: string;
  readonly statusChangedAtMs?: string;
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
  checkChecks(instance.checks, 'instance.checks');
  checkPorts(instance.ports, 'instance.ports');
  if (instance.status !== InstanceStatus.STATUS_UNSPECIFIED) checkStatus(instance.status, 'instance.status');
}

/**
 * What the key space keeps of a checked instance, except for health and times, which the machine adds: proto3 JSON with fields in number order, maps
 * sorted and defaults filled in, so that equal instances have equal bytes. Lease and revisions are not in it: the key has them.
 * @param registeredAtMs wall-clock time, milliseconds since 1970
 */
export function instanceJson(instance: Instance, registeredAtMs: number): Buffer {
  const json: InstanceJson = {
    namespace: instance.namespace,
    service: instance.service,
    id: instance.id,
    address: instance.address || undefined,
    port: instance.port || undefined,
    weight: instance.weight || defaultWeight,
    zone: instance.zone || undefined,
    version: instance.version || undefined,
    metadata: sortedMap(instance.metadata),
    status: statusName(instance.status || InstanceStatus.UP),
    registeredAtMs: String(registeredAtMs),
    checks: instance.checks.length > 0 ? instance.checks.map(healthCheckJson) : undefined,
    ports: sortedMap(instance.ports),
  };
  return Buffer.from(JSON.stringify(json));
}

/** Undefined for an empty map, as proto3 JSON leaves it out. */
function sortedMap<T>(map: Readonly<Record<string, T>>): Readonly<Record<string, T>> | undefined {
  const entries = Object.entries(map).sort(byKey);
  return entries.length > 0 ? Object.fromEntries(entries) : undefined;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
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
    lease: json.lease ?? version.lease,
    createRevision: version.createRevision,
    revision: version.modRevision,
    registeredAtMs: Number(json.registeredAtMs ?? 0),
    checks: json.checks?.map(healthCheckFromJson) ?? [],
    ports: json.ports ?? {},
    health: healthOfName(json.health),
    healthReason: json.healthReason ?? '',
    healthChangedAtMs: Number(json.healthChangedAtMs ?? json.registeredAtMs ?? 0),
    statusReason: json.statusReason ?? '',
    statusChangedAtMs: Number(json.statusChangedAtMs ?? json.registeredAtMs ?? 0),
  };
}

/** Whether consumers may be sent to an instance: it says that it is up, and nothing says that it does not work. */
export function isUsable({ status, health }: Pick<Instance, 'status' | 'health'>): boolean {
  return status === InstanceStatus.UP && (health === Health.PASSING || health === Health.SUSPECT);
}

function parse({ key, value }: KeyVersion): InstanceJson {
  try {
    const text = Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString();
    return JSON.parse(text) as InstanceJson;
  } catch (cause) {
    throw new AssertionFailure(`the value of ${key} is not JSON, though only this door writes it: ${String(cause)}`);
  }
}
