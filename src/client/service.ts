/** Settings of services as callers write and see them. */
import type {
  GetServiceResponse,
  ServiceSettings as ServiceSettingsMessage,
  ServiceSettingsIn as ServiceSettingsMessageIn,
} from '../proto/quorate.js';
import { type HealthCheck, healthCheckMessage, healthChecksOf } from './health-check.js';
import type { Health, InstanceStatus } from './instance.js';

/** How consumers choose among the instances of a service. */
export type BalancingPolicy =
  | 'pick_first'
  | 'round_robin'
  | 'weighted_round_robin'
  | 'least_request'
  | 'consistent_hash';

/** Keeps a service from losing most of its instances at once when they did not go by themselves. */
export interface GuardSettings {
  readonly off?: boolean;
  /** When more than this share of the instances has ended within the window, they stay listed as SUSPECT; 50 unless told. */
  readonly percent?: number;
  /** And at least so many; 3 unless told. */
  readonly atLeast?: number;
  /** 1,000 to 600,000 ms; 30,000 unless told. */
  readonly windowMs?: number;
  /** The longest time that an instance is listed as SUSPECT: 1,000 to 86,400,000 ms; 600,000 unless told. */
  readonly holdMs?: number;
}

/** What is settled for all instances and consumers of a service; what is left out has its default. */
export interface ServiceSettings {
  readonly guard?: GuardSettings;
  /** For consumers that do not say it themselves; weighted_round_robin unless told. */
  readonly policy?: BalancingPolicy;
  /** For instances that name none; at most 4. */
  readonly checks?: readonly HealthCheck[];
}

/** A service: what is settled for it, and how it is. */
export interface ServiceInfo {
  readonly namespace: string;
  readonly name: string;
  /** Settings with their defaults. */
  readonly guard: Required<GuardSettings>;
  /** May be one that this client does not know. */
  readonly policy: string;
  readonly checks: readonly Required<HealthCheck>[];
  /** Counts the changes of the settings from 1; 0: never set. */
  readonly version: number;
  /** Instances by status and by health. */
  readonly statuses: Readonly<Partial<Record<InstanceStatus, number>>>;
  readonly healths: Readonly<Partial<Record<Health, number>>>;
  /** Instances that have ended within the guard's window and are not listed. */
  readonly ended: number;
  /** Since when the guard holds instances, milliseconds since 1970; undefined: it does not. */
  readonly guardingSinceMs: number | undefined;
}

/** The settings of a request. */
export function settingsMessage(namespace: string, name: string, settings: ServiceSettings): ServiceSettingsMessageIn {
  const { guard, policy, checks } = settings;
  return { namespace, name, guard, policy, checks: checks?.map(healthCheckMessage) };
}

export function serviceInfoOf(response: GetServiceResponse): ServiceInfo {
  const { settings } = response;
  return {
    namespace: settings?.namespace ?? '',
    name: settings?.name ?? '',
    guard: guardOf(settings),
    policy: settings?.policy ?? '',
    checks: healthChecksOf(settings?.checks ?? []),
    version: settings?.version ?? 0,
    statuses: { ...response.statuses },
    healths: { ...response.healths },
    ended: response.ended,
    guardingSinceMs: response.guardingSinceMs || undefined,
  };
}

function guardOf(settings: ServiceSettingsMessage | null): Required<GuardSettings> {
  const guard = settings?.guard;
  return {
    off: guard?.off ?? false,
    percent: guard?.percent ?? 0,
    atLeast: guard?.atLeast ?? 0,
    windowMs: guard?.windowMs ?? 0,
    holdMs: guard?.holdMs ?? 0,
  };
}
