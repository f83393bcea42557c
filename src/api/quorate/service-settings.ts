/** Settings of services in their two forms: the proto3 JSON that the key space holds, and the message of the API. */
import { AssertionFailure } from '../../base/assert.js';
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { KeyVersion } from '../../machine/types.js';
import type { ServiceSettings } from '../../proto/quorate.js';
import { checkChecks, type HealthCheckJson, healthCheckFromJson, healthCheckJson } from './health-check.js';
import { checkNamespace, checkServiceName, checkSpan, shown } from './validate.js';

/** How consumers may choose among instances. */
const policies = ['pick_first', 'round_robin', 'weighted_round_robin', 'least_request', 'consistent_hash'];

/** What a service has that says nothing. */
const defaults = {
  policy: 'weighted_round_robin',
  percent: 50,
  atLeast: 3,
  windowMs: 30_000,
  holdMs: 600_000,
} as const;

/** proto3 JSON of settings: absent means the field's default; 64-bit numbers are strings. */
interface SettingsJson {
  readonly namespace: string;
  readonly name: string;
  readonly guard?: {
    readonly off?: boolean;
    readonly percent?: number;
    readonly atLeast?: number;
    readonly windowMs?: string;
    readonly holdMs?: string;
  };
  readonly policy?: string;
  readonly checks?: readonly HealthCheckJson[];
}

/** @throws QuorateError INVALID_NAME or INVALID_FIELD */
export function checkSettings(settings: ServiceSettings): void {
  checkNamespace(settings.namespace, 'settings.namespace');
  checkServiceName(settings.name, 'settings.name');
  const { guard, policy } = settings;
  if (guard) {
    checkSpan(guard.percent, 'settings.guard.percent', 1, 100);
    checkSpan(guard.atLeast, 'settings.guard.at_least', 1, limits.maxGuardAtLeast);
    checkSpan(guard.windowMs, 'settings.guard.window_ms', limits.minGuardWindowMs, limits.maxGuardWindowMs);
    checkSpan(guard.holdMs, 'settings.guard.hold_ms', limits.minGuardHoldMs, limits.maxGuardHoldMs);
  }
  if (policy !== '' && !policies.includes(policy))
    throw new QuorateError('INVALID_FIELD', `settings.policy ${shown(policy)} must be one of ${policies.join(', ')}`, {
      field: 'settings.policy',
    });
  checkChecks(settings.checks, 'settings.checks');
}

/** The bytes that the key space keeps of checked settings: fields in number order, defaults filled in. The key has the version. */
export function settingsJson(settings: ServiceSettings): Buffer {
  const { guard } = settings;
  const json: SettingsJson = {
    namespace: settings.namespace,
    name: settings.name,
    guard: {
      off: guard?.off || undefined,
      percent: guard?.percent || defaults.percent,
      atLeast: guard?.atLeast || defaults.atLeast,
      windowMs: String(guard?.windowMs || defaults.windowMs),
      holdMs: String(guard?.holdMs || defaults.holdMs),
    },
    policy: settings.policy || defaults.policy,
    checks: settings.checks.length > 0 ? settings.checks.map(healthCheckJson) : undefined,
  };
  return Buffer.from(JSON.stringify(json));
}

/** The settings of a service; undefined: nobody has set any. */
export function settingsFromVersion(namespace: string, name: string, version: KeyVersion | undefined): ServiceSettings {
  const json = version ? parse(version) : undefined;
  const guard = json?.guard;
  return {
    namespace,
    name,
    guard: {
      off: guard?.off ?? false,
      percent: guard?.percent ?? defaults.percent,
      atLeast: guard?.atLeast ?? defaults.atLeast,
      windowMs: Number(guard?.windowMs ?? defaults.windowMs),
      holdMs: Number(guard?.holdMs ?? defaults.holdMs),
    },
    policy: json?.policy ?? defaults.policy,
    checks: json?.checks?.map(healthCheckFromJson) ?? [],
    version: version?.version ?? 0,
  };
}

function parse({ key, value }: KeyVersion): SettingsJson {
  try {
    return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString()) as SettingsJson;
  } catch (cause) {
    throw new AssertionFailure(`the value of ${key} is not JSON, though only this door writes it: ${String(cause)}`);
  }
}
