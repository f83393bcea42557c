/** What the machine does to the JSON of instances (see src/api/quorate/instance.ts for its form): health, reasons, times. */
import type { LeaseId } from '../base/ids.js';
import { type JsonObject, objectBytes, parseObject } from './json-object.js';

/** The fields that the machine adds to a registration; the order is that of their numbers. */
interface Added {
  readonly health: unknown;
  readonly healthReason: unknown;
  readonly healthChangedAtMs: unknown;
  readonly statusReason: unknown;
  readonly statusChangedAtMs: unknown;
}

/** Health of the JSON of an instance: one that says none is passing. */
function healthOf(instance: JsonObject): unknown {
  return instance.health ?? 'PASSING';
}

/**
 * A registration with its health, and when and why health and status last changed. Instances without checks pass, others begin unchecked; who registers
 * the same endpoint with the same checks again keeps what is known of it.
 * @param before what it replaces
 * @param serviceChecks whether instances of the service are checked that name no checks of their own
 */
export function registered(json: Uint8Array, before: Uint8Array | undefined, serviceChecks: boolean): Uint8Array {
  const instance = parseObject(json);
  if (instance === undefined) return json;
  const known = before === undefined ? undefined : parseObject(before);
  return objectBytes({
    ...instance,
    ...healthAtFirst(instance, known, serviceChecks),
    ...statusSince(instance, known),
  });
}

function healthAtFirst(
  instance: JsonObject,
  known: JsonObject | undefined,
  serviceChecks: boolean,
): Omit<Added, 'statusReason' | 'statusChangedAtMs'> {
  const checked = instance.checks !== undefined || serviceChecks;
  const same = known !== undefined && sameEndpoint(known, instance);
  const health = checked ? (same && known.health !== 'SUSPECT' ? healthOf(known) : 'UNCHECKED') : 'PASSING';
  if (!same || healthOf(known) !== health)
    return { health, healthReason: undefined, healthChangedAtMs: instance.registeredAtMs };
  return {
    health,
    healthReason: known.healthReason,
    healthChangedAtMs: known.healthChangedAtMs ?? known.registeredAtMs,
  };
}

/** Equal ones have equal JSON: the doors sort the names. */
function sameEndpoint(a: JsonObject, b: JsonObject): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    JSON.stringify(a.ports) === JSON.stringify(b.ports) &&
    JSON.stringify(a.checks) === JSON.stringify(b.checks)
  );
}

function statusSince(
  instance: JsonObject,
  known: JsonObject | undefined,
): Pick<Added, 'statusReason' | 'statusChangedAtMs'> {
  if (known === undefined || known.status !== instance.status)
    return { statusReason: undefined, statusChangedAtMs: instance.registeredAtMs };
  return {
    statusReason: known.statusReason,
    statusChangedAtMs: known.statusChangedAtMs ?? known.registeredAtMs,
  };
}

/** Undefined: what is registered is not a JSON object. */
export function withStatus(json: Uint8Array, status: string, reason: string, atMs: number): Uint8Array | undefined {
  const instance = parseObject(json);
  if (instance === undefined) return undefined;
  const { statusReason: _, statusChangedAtMs, ...rest } = instance;
  const since = instance.status === status ? statusChangedAtMs : text(atMs);
  return objectBytes({ ...rest, status, statusReason: reason || undefined, statusChangedAtMs: since });
}

/** Undefined: nothing changes, because its health is that already, the guard holds it, or nothing checks it. */
export function withHealth(
  json: Uint8Array,
  health: 'PASSING' | 'FAILING',
  reason: string,
  atMs: number,
  serviceChecks: boolean,
): Uint8Array | undefined {
  const instance = parseObject(json);
  if (instance === undefined || (instance.checks === undefined && !serviceChecks)) return undefined;
  const before = healthOf(instance);
  if (before === health || before === 'SUSPECT') return undefined;
  return changedHealth(instance, health, reason, atMs);
}

/** Passing, for one that nothing checks any more; undefined: nothing changes. */
export function withoutChecks(json: Uint8Array, atMs: number): Uint8Array | undefined {
  const instance = parseObject(json);
  if (instance === undefined || instance.checks !== undefined) return undefined;
  const before = healthOf(instance);
  if (before === 'PASSING' || before === 'SUSPECT') return undefined;
  return changedHealth(instance, 'PASSING', 'the service has no checks any more', atMs);
}

/** What the guard keeps of an instance whose lease has ended: suspect, with that lease, by which its owner can still remove it. */
export function suspected(json: Uint8Array, lease: LeaseId, reason: string, atMs: number): Uint8Array {
  const instance = parseObject(json);
  return instance === undefined ? json : changedHealth({ ...instance, lease }, 'SUSPECT', reason, atMs);
}

/** The lease by which the owner of a suspect instance may still remove it. */
export function endedLease(json: Uint8Array): unknown {
  return parseObject(json)?.lease;
}

function changedHealth(instance: JsonObject, health: string, reason: string, atMs: number): Uint8Array {
  const {
    health: _,
    healthReason: _reason,
    healthChangedAtMs: _at,
    statusReason,
    statusChangedAtMs,
    ...rest
  } = instance;
  return objectBytes({
    ...rest,
    health,
    healthReason: reason || undefined,
    healthChangedAtMs: text(atMs),
    statusReason,
    statusChangedAtMs,
  });
}

/** 64-bit numbers are strings in proto3 JSON; a time that is not known is left out. */
function text(atMs: number): string | undefined {
  return atMs > 0 ? String(atMs) : undefined;
}
