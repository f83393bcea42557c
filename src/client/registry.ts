/** Services and their instances: register, discover, follow. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type DeregisterResponse,
  type GetServiceResponse,
  type ListInstancesResponse,
  type ListServicesResponse,
  type PutServiceResponse,
  type RegisterResponse,
  registryService,
  type SetStatusResponse,
} from '../proto/quorate.js';
import type { Connection } from './connection.js';
import { type Drained, type DrainOptions, drainCall } from './drain.js';
import type { RegistryChangesEvent, RegistryEvent, WatchOptions } from './events.js';
import {
  type Instance,
  type InstanceData,
  type InstanceRef,
  type InstanceSelector,
  type InstanceStatus,
  instanceMessage,
  instanceOf,
  type ServiceSummary,
  selectorMessage,
  statusNumber,
} from './instance.js';
import { KeepAlives } from './keep-alive.js';
import type { CallOptions, ReadOptions } from './options.js';
import { readMessage } from './read.js';
import { Registration, type RegistrationOptions } from './registration.js';
import { type RegistrySelection, registryFollower, registryViewModel } from './registry-watch.js';
import { type ServiceInfo, type ServiceSettings, serviceInfoOf, settingsMessage } from './service.js';
import { LiveView, type ViewOptions } from './view.js';
import { Watch } from './watch.js';

export interface GrantOptions extends CallOptions {
  /** Time to live of a new lease, milliseconds: 1,000 to 86,400,000; 10,000 unless told. */
  readonly ttlMs?: number;
  /** An existing lease to hang on instead of a new one. */
  readonly lease?: string;
}

/** An instance hangs on a lease. */
export interface Granted {
  readonly lease: string;
  readonly ttlMs: number;
  readonly revision: number;
}

export interface DeregisterOptions extends CallOptions {
  /** Only while the instance hangs on this lease, else LEASE_MISMATCH: an owner cannot remove its successor. */
  readonly lease?: string;
}

export interface SetStatusOptions extends CallOptions {
  /** Why, for people to read: at most 256 characters. */
  readonly reason?: string;
}

export interface PutServiceOptions extends CallOptions {
  /** Only if the settings have this version (0: only if there are none), else VERSION_MISMATCH. */
  readonly ifVersion?: number;
}

export interface ListInstancesOptions extends ReadOptions, InstanceSelector {}

export interface RegistryWatchOptions extends RegistrySelection, WatchOptions {
  /**
   * A unique name: drains wait until this watch has taken in the change, which it has when it is asked for the next event. 1 to 128 characters
   * [A-Za-z0-9._:-]. Nobody waits for a watch without one.
   */
  readonly subscriber?: string;
}

export interface RegistryViewOptions extends ViewOptions {
  readonly selector?: InstanceSelector;
  /**
   * Drains wait until the listeners of this view were called. The name by which they know it, unique; made of host and process unless told. False:
   * nobody waits for it.
   */
  readonly subscriber?: string | false;
}

/** Instances of one service by id. */
export type RegistryView = LiveView<Instance, RegistryChangesEvent>;

/** `quorate.registry`. Every call fails with a QuorateError; mutations are never applied twice, whatever happens on the way. */
export class RegistryClient {
  private readonly keepAlives: KeepAlives;
  private readonly registrations = new Set<Registration>();
  private readonly subscriberPrefix = subscriberPrefix();
  private subscribers = 0;

  /** Made by connect(). */
  constructor(private readonly connection: Connection) {
    this.keepAlives = new KeepAlives(connection);
  }

  /**
   * Registers an instance (or replaces the one of the same id) and keeps it registered until the handle is closed: through failures of
   * members, and anew if its lease is lost.
   * @throws QuorateError INVALID_NAME, INVALID_FIELD, INVALID_TTL
   */
  async register(instance: InstanceData, options?: RegistrationOptions): Promise<Registration> {
    const granted = await this.grant(instance, options);
    const registration = new Registration(this, this.keepAlives, this.connection, instance, granted, options, () =>
      this.registrations.delete(registration),
    );
    this.registrations.add(registration);
    return registration;
  }

  /** Registers an instance once; keeping it alive is left to others. @throws QuorateError LEASE_NOT_FOUND */
  grant(instance: InstanceData, options?: GrantOptions): Promise<Granted> {
    const request = {
      instance: instanceMessage(instance),
      ttlMs: options?.ttlMs ?? 10_000,
      lease: options?.lease,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.register, request, options);
  }

  /** Removes an instance at once. @throws QuorateError INSTANCE_NOT_FOUND, LEASE_MISMATCH */
  deregister(ref: InstanceRef, options?: DeregisterOptions): Promise<{ readonly revision: number }> {
    const { namespace, service, id } = ref;
    const request = { namespace, service, id, lease: options?.lease, requestId: this.connection.nextRequestId() };
    return this.connection.unary(procedures.deregister, request, options);
  }

  /** Changes the status of an instance. @throws QuorateError INSTANCE_NOT_FOUND */
  setStatus(
    ref: InstanceRef,
    status: InstanceStatus,
    options?: SetStatusOptions,
  ): Promise<{ readonly revision: number }> {
    const { namespace, service, id } = ref;
    const requestId = this.connection.nextRequestId();
    const request = { namespace, service, id, status: statusNumber[status], reason: options?.reason, requestId };
    return this.connection.unary(procedures.setStatus, request, options);
  }

  /**
   * Marks an instance DRAINING, and resolves when every live subscriber of its service acts by that, or when the time is up: then `missing` says who may
   * still send to it. What a call asks for meanwhile goes on.
   * @throws QuorateError INSTANCE_NOT_FOUND
   */
  drain(ref: InstanceRef, options?: DrainOptions): Promise<Drained> {
    const { procedure, request, timeoutMs } = drainCall(this.connection, ref, options);
    return this.connection.unary(procedure, request, { ...options, timeoutMs });
  }

  /** Sets the settings of a service, all of them: what is left out has its default. @throws QuorateError VERSION_MISMATCH */
  putService(
    namespace: string,
    name: string,
    settings: ServiceSettings,
    options?: PutServiceOptions,
  ): Promise<{ readonly version: number; readonly revision: number }> {
    const request = {
      settings: settingsMessage(namespace, name, settings),
      ifVersion: options?.ifVersion,
      requestId: this.connection.nextRequestId(),
    };
    return this.connection.unary(procedures.putService, request, options);
  }

  /** The settings of a service, and how it is. One that nobody knows has the default settings and no instances. */
  getService(namespace: string, name: string, options?: ReadOptions): Promise<ServiceInfo> {
    return this.connection.unary(procedures.getService, { namespace, name, read: readMessage(options) }, options);
  }

  /** The services of a namespace that have instances. */
  listServices(namespace: string, options?: ReadOptions): Promise<readonly ServiceSummary[]> {
    return this.connection.unary(procedures.listServices, { namespace, read: readMessage(options) }, options);
  }

  /** The instances of a service in id order: all, or those that the selector matches. */
  listInstances(namespace: string, service: string, options?: ListInstancesOptions): Promise<readonly Instance[]> {
    const request = { namespace, service, selector: selectorMessage(options), read: readMessage(options) };
    return this.connection.unary(procedures.listInstances, request, options);
  }

  /**
   * Follows one, many or all services of a namespace: first the full state, then every change once and in order, across failures of
   * members. Begins when iterated; ends with `break`, the signal, its close() or the client's.
   */
  watch(options: RegistryWatchOptions): Watch<RegistryEvent> {
    return new Watch(registryFollower(this.connection, options, options.subscriber), options);
  }

  /** A map of a service's instances by id that keeps itself up to date. */
  view(namespace: string, service: string, options?: RegistryViewOptions): RegistryView {
    const selection = { namespace, services: [service], selector: options?.selector };
    const subscriber = options?.subscriber ?? this.nextSubscriber();
    const follower = registryFollower(this.connection, selection, subscriber === false ? undefined : subscriber);
    return new LiveView(follower, registryViewModel, this.connection.ring.log, options?.signal);
  }

  private nextSubscriber(): string {
    this.subscribers++;
    return `${this.subscriberPrefix}${this.subscribers}`;
  }

  /** Closes all registrations, giving each this long. Called by the client's close(). */
  closeRegistrations(timeoutMs: number): Promise<unknown> | undefined {
    if (this.registrations.size === 0) return undefined;
    return Promise.all([...this.registrations].map((registration) => registration.close({ timeoutMs })));
  }
}

/** Tells people where a subscriber is; the random part differs between clients. */
function subscriberPrefix(): string {
  const host = hostname().replace(/[^A-Za-z0-9._-]/g, '-');
  return `${host.slice(0, 64)}:${process.pid}:${randomBytes(4).toString('hex')}:`;
}

const revisionOf = (response: DeregisterResponse | SetStatusResponse): { readonly revision: number } => ({
  revision: response.header?.revision ?? 0,
});

const procedures = {
  register: {
    method: registryService.register,
    convert: (response: RegisterResponse): Granted => ({
      lease: response.lease,
      ttlMs: response.ttlMs,
      revision: response.header?.revision ?? 0,
    }),
  },
  deregister: { method: registryService.deregister, convert: revisionOf },
  setStatus: { method: registryService.setStatus, convert: revisionOf },
  putService: {
    method: registryService.putService,
    convert: (response: PutServiceResponse) => ({
      version: response.version,
      revision: response.header?.revision ?? 0,
    }),
  },
  getService: {
    method: registryService.getService,
    convert: (response: GetServiceResponse): ServiceInfo => serviceInfoOf(response),
  },
  listServices: {
    method: registryService.listServices,
    convert: (response: ListServicesResponse): ServiceSummary[] =>
      response.services.map(({ name, instances, up }) => ({ name, instances, up })),
  },
  listInstances: {
    method: registryService.listInstances,
    convert: (response: ListInstancesResponse): Instance[] => response.instances.map(instanceOf),
  },
};
