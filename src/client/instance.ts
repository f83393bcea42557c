/** Service instances as callers see them. */
import type {
  Instance as InstanceMessage,
  InstanceIn as InstanceMessageIn,
  InstanceSelectorIn,
} from '../proto/quorate.js';
import { type HealthCheck, healthCheckMessage, healthChecksOf } from './health-check.js';

/** What an instance says of itself. STARTING: not ready yet; DRAINING: finish what runs, send nothing new. */
export type InstanceStatus = 'UP' | 'DRAINING' | 'DOWN' | 'STARTING';

/**
 * What the cluster knows of an instance: PASSING, its lease is renewed and its checks (if any) pass; FAILING, its checks fail; SUSPECT, its lease has
 * ended together with those of most others, so it is kept listed; UNCHECKED, its checks have not been carried out yet.
 */
export type Health = 'PASSING' | 'FAILING' | 'SUSPECT' | 'UNCHECKED';

/** Names an instance. */
export interface InstanceRef {
  readonly namespace: string;
  readonly service: string;
  readonly id: string;
}

/** What a provider says about itself. */
export interface InstanceData extends InstanceRef {
  /** Host name or IP address that consumers call. */
  readonly address: string;
  readonly port: number;
  /** Share of the load relative to the other instances, 1 to 10,000; 100 unless told. */
  readonly weight?: number;
  readonly zone?: string;
  readonly version?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** UP unless told. */
  readonly status?: InstanceStatus;
  /** All must pass; at most 4. Those of the service's settings when there are none. */
  readonly checks?: readonly HealthCheck[];
  /** Further ports by name, such as "metrics": at most 16. */
  readonly ports?: Readonly<Record<string, number>>;
}

/** A registered instance. */
export interface Instance extends Required<InstanceData> {
  readonly checks: readonly Required<HealthCheck>[];
  /** The lease that keeps it registered (or kept, when it is SUSPECT), lower-case hex. */
  readonly lease: string;
  readonly createRevision: number;
  readonly revision: number;
  /** Wall-clock time of the registration, milliseconds since 1970. */
  readonly registeredAtMs: number;
  readonly health: Health;
  /** In words, such as "grpc check on port 5000: no answer within 2000 ms". */
  readonly healthReason: string;
  /** Wall-clock time, as the others. */
  readonly healthChangedAtMs: number;
  /** Given by who changed the status. */
  readonly statusReason: string;
  readonly statusChangedAtMs: number;
}

/** All conditions given must hold; nothing given selects everything. */
export interface InstanceSelector {
  readonly statuses?: readonly InstanceStatus[];
  readonly zones?: readonly string[];
  readonly versions?: readonly string[];
  readonly healths?: readonly Health[];
  /** Every entry must be present with this value. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Over metadata: "key=value", "key!=value" (also without the key), "key in (a, b)", "key notin (a, b)", "key", "!key". At most 32. */
  readonly expressions?: readonly string[];
}

export interface ServiceSummary {
  readonly name: string;
  readonly instances: number;
  /** Of them UP. */
  readonly up: number;
}

const statusNames: readonly InstanceStatus[] = ['UP', 'UP', 'DRAINING', 'DOWN', 'STARTING'];
/** A server that knows no health says 0. */
const healthNames: readonly Health[] = ['PASSING', 'PASSING', 'FAILING', 'SUSPECT', 'UNCHECKED'];

/** Number of a status on the wire. */
export const statusNumber = { UP: 1, DRAINING: 2, DOWN: 3, STARTING: 4 } as const satisfies Record<
  InstanceStatus,
  number
>;

/** Number of a health on the wire. */
export const healthNumber = { PASSING: 1, FAILING: 2, SUSPECT: 3, UNCHECKED: 4 } as const satisfies Record<
  Health,
  number
>;

/** Whether it may be called: it says that it is up, and nothing says that it does not work. */
export function isUsable({ status, health }: Pick<Instance, 'status' | 'health'>): boolean {
  return status === 'UP' && (health === 'PASSING' || health === 'SUSPECT');
}

export function instanceOf(message: InstanceMessage): Instance {
  return {
    namespace: message.namespace,
    service: message.service,
    id: message.id,
    address: message.address,
    port: message.port,
    weight: message.weight,
    zone: message.zone,
    version: message.version,
    metadata: { ...message.metadata },
    status: statusNames[message.status] ?? 'DOWN',
    lease: message.lease,
    createRevision: message.createRevision,
    revision: message.revision,
    registeredAtMs: message.registeredAtMs,
    checks: healthChecksOf(message.checks),
    ports: { ...message.ports },
    health: healthNames[message.health] ?? 'FAILING',
    healthReason: message.healthReason,
    healthChangedAtMs: message.healthChangedAtMs,
    statusReason: message.statusReason,
    statusChangedAtMs: message.statusChangedAtMs,
  };
}

/** Key of an instance in maps: no part may contain a slash. */
export function instanceName(ref: InstanceRef): string {
  return `${ref.namespace}/${ref.service}/${ref.id}`;
}

/** The instance of a request. */
export function instanceMessage(data: InstanceData): InstanceMessageIn {
  return {
    namespace: data.namespace,
    service: data.service,
    id: data.id,
    address: data.address,
    port: data.port,
    weight: data.weight,
    zone: data.zone,
    version: data.version,
    metadata: data.metadata,
    status: statusNumber[data.status ?? 'UP'],
    checks: data.checks?.map(healthCheckMessage),
    ports: data.ports,
  };
}

export function selectorMessage(selector: InstanceSelector | undefined): InstanceSelectorIn | undefined {
  if (!selector) return undefined;
  return {
    statuses: selector.statuses?.map((status) => statusNumber[status]),
    zones: selector.zones && [...selector.zones],
    versions: selector.versions && [...selector.versions],
    healths: selector.healths?.map((health) => healthNumber[health]),
    metadata: selector.metadata,
    expressions: selector.expressions && [...selector.expressions],
  };
}
