/** What the settings of a service (src/api/quorate/service-settings.ts has their form) say to the machine. */
import { isObject, type JsonObject, parseObject } from './json-object.js';

export interface GuardSettings {
  readonly off: boolean;
  readonly percent: number;
  readonly atLeast: number;
  readonly windowMs: number;
  readonly holdMs: number;
}

export interface MachineSettings {
  readonly guard: GuardSettings;
  /** Instances that name no checks have those of the service. */
  readonly checked: boolean;
}

/** Of a service that nobody has settled anything for; as in registry.proto. */
export const NO_SETTINGS: MachineSettings = {
  guard: { off: false, percent: 50, atLeast: 3, windowMs: 30_000, holdMs: 600_000 },
  checked: false,
};

export function parseSettings(json: Uint8Array): MachineSettings {
  const settings = parseObject(json) ?? {};
  const guard: JsonObject = isObject(settings.guard) ? settings.guard : {};
  const byDefault = NO_SETTINGS.guard;
  return {
    guard: {
      off: guard.off === true,
      percent: positive(guard.percent, byDefault.percent),
      atLeast: positive(guard.atLeast, byDefault.atLeast),
      windowMs: positive(guard.windowMs, byDefault.windowMs),
      holdMs: positive(guard.holdMs, byDefault.holdMs),
    },
    checked: Array.isArray(settings.checks) && settings.checks.length > 0,
  };
}

/** A whole number, as JSON number or string (proto3 JSON writes 64-bit ones so). */
function positive(value: unknown, byDefault: number): number {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : byDefault;
}
