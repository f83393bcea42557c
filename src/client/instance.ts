/** Service instances as callers see them. */
import type {
  Instance as InstanceMessage,
  InstanceIn as InstanceMessageIn,
  InstanceSelectorIn,
} from '../proto/quorate.js';

/** DRAINING: finish what runs, send nothing new. */
export type InstanceStatus = 'UP' | 'DRAINING' | 'DOWN';

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
}

/** A registered instance. */
export interface Instance extends Required<InstanceData> {
  /** The lease that keeps it registered, lower-case hex. */
  readonly lease: string;
  readonly createRevision: number;
  readonly revision: number;
  /** Wall-clock time of the registration, milliseconds since 1970. */
  readonly registeredAtMs: number;
}

/** All conditions given must hold; nothing given selects everything. */
export interface InstanceSelector {
  readonly statuses?: readonly InstanceStatus[];
  readonly zones?: readonly string[];
  /** Every entry must be present with this value. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ServiceSummary {
  readonly name: string;
  readonly instances: number;
  /** Of them UP. */
  readonly up: number;
}

const statusNames: readonly InstanceStatus[] = ['UP', 'UP', 'DRAINING', 'DOWN'];

/** Number of a status on the wire. */
export const statusNumber = { UP: 1, DRAINING: 2, DOWN: 3 } as const satisfies Record<InstanceStatus, number>;

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
  };
}

export function selectorMessage(selector: InstanceSelector | undefined): InstanceSelectorIn | undefined {
  if (!selector) return undefined;
  return {
    statuses: selector.statuses?.map((status) => statusNumber[status]),
    zones: selector.zones && [...selector.zones],
    metadata: selector.metadata,
  };
}
