/**
 * What the native door lets in. Everything behind it trusts names, sizes and numbers. Each check throws a QuorateError whose sentence names the
 * field, the value (shortened) and the rule.
 */
import { isUnspecified, parseAddress } from '../../base/address.js';
import { QuorateError, type Reason } from '../../base/errors.js';
import type { LeaseId, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';

const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const keyPattern = /^[A-Za-z0-9][A-Za-z0-9._/-]*$/;
const portNamePattern = /^[a-z0-9-]+$/;
const leasePattern = /^[1-9a-f][0-9a-f]{0,15}$/;
const subscriberPattern = /^[A-Za-z0-9._:-]+$/;
const addressPattern = /^[^\s\p{Cc}]+$/u;
const shownLength = 64;

/** The value in quotes, cut after 64 characters, so that a sentence about it stays readable and well-formed. */
export function shown(value: string): string {
  return value.length <= shownLength
    ? JSON.stringify(value)
    : `${JSON.stringify(value.slice(0, shownLength))}… (${value.length} characters)`;
}

function refuse(reason: Reason, field: string, value: string, rule: string): never {
  throw new QuorateError(reason, `${field} ${value} ${rule}`, { field });
}

function checkName(value: string, field: string): void {
  if (value.length > limits.nameLength || !namePattern.test(value))
    refuse(
      'INVALID_NAME',
      field,
      shown(value),
      `must begin with a letter or digit, go on with those or . _ - and have 1 to ${limits.nameLength} characters`,
    );
}

/** @throws QuorateError INVALID_NAME */
export function checkNamespace(value: string, field = 'namespace'): void {
  checkName(value, field);
}

/** @throws QuorateError INVALID_NAME */
export function checkServiceName(value: string, field = 'service'): void {
  checkName(value, field);
}

/** @throws QuorateError INVALID_NAME */
export function checkMemberName(value: string, field = 'name'): void {
  checkName(value, field);
}

/** @throws QuorateError INVALID_FIELD */
export function checkMemberAddress(value: string, field: string): void {
  const parsed = parseAddress(value);
  if (!parsed || isUnspecified(parsed.host))
    refuse('INVALID_FIELD', field, shown(value), 'must be host:port that the others can connect to');
}

/** Clients choose the ids of their instances, so an empty one is refused. @throws QuorateError INVALID_NAME */
export function checkInstanceId(value: string, field = 'id'): void {
  checkName(value, field);
}

/** @throws QuorateError INVALID_KEY */
export function checkConfigKey(value: string, field = 'key'): void {
  if (value.length > limits.configKeyLength || !keyPattern.test(value))
    refuse(
      'INVALID_KEY',
      field,
      shown(value),
      `must begin with a letter or digit, go on with those or . _ - / and have 1 to ${limits.configKeyLength} characters`,
    );
}

/** A beginning of a config key; empty selects every key. @throws QuorateError INVALID_KEY */
export function checkConfigPrefix(value: string, field = 'prefix'): void {
  if (value !== '') checkConfigKey(value, field);
}

/** @throws QuorateError VALUE_TOO_LARGE */
export function checkConfigValue(value: Uint8Array, field = 'value'): void {
  if (value.length > limits.configValueBytes)
    refuse('VALUE_TOO_LARGE', field, `of ${value.length} bytes`, `must have at most ${limits.configValueBytes} bytes`);
}

function checkLength(value: string, field: string, longest: number): void {
  if (value.length > longest) refuse('INVALID_FIELD', field, shown(value), `must have at most ${longest} characters`);
}

/** A short free text in one line: author, content type, zone, version. @throws QuorateError INVALID_FIELD */
export function checkLabel(value: string, field: string): void {
  checkLength(value, field, limits.labelLength);
  if (/\p{Cc}/u.test(value)) refuse('INVALID_FIELD', field, shown(value), 'must not contain control characters');
}

/** @throws QuorateError INVALID_FIELD */
export function checkComment(value: string): void {
  checkLength(value, 'comment', limits.commentLength);
}

/** @throws QuorateError INVALID_FIELD */
export function checkRequestId(value: string): void {
  checkLength(value, 'request_id', limits.requestIdLength);
}

/** A revision, version or bound that may be 0 but not negative. @throws QuorateError INVALID_FIELD */
export function checkNotNegative(value: number, field: string): void {
  if (value < 0) refuse('INVALID_FIELD', field, String(value), 'must not be negative');
}

/** @throws QuorateError INVALID_FIELD */
export function checkRevision(value: number, field: string): Revision {
  checkNotNegative(value, field);
  return value as Revision;
}

/** A page size or limit: 0 means `byDefault`. @throws QuorateError INVALID_FIELD */
export function checkLimit(value: number, field: string, byDefault: number, most: number): number {
  if (value < 0 || value > most) refuse('INVALID_FIELD', field, String(value), `must be 0 to ${most}`);
  return value === 0 ? byDefault : value;
}

/** Milliseconds. @throws QuorateError INVALID_TTL */
export function checkTtl(value: number, field = 'ttl_ms'): void {
  if (value < limits.minTtlMs || value > limits.maxTtlMs)
    refuse('INVALID_TTL', field, String(value), `must be ${limits.minTtlMs} to ${limits.maxTtlMs} milliseconds`);
}

/** The id of a lease; not empty. @throws QuorateError INVALID_FIELD */
export function checkLease(value: string, field = 'lease'): LeaseId {
  if (!leasePattern.test(value))
    refuse('INVALID_FIELD', field, shown(value), 'must be 1 to 16 lower-case hex digits without leading zeros');
  return value as LeaseId;
}

/** The name that a client gives itself. @throws QuorateError INVALID_FIELD */
export function checkSubscriber(value: string, field = 'subscriber'): void {
  if (value.length > limits.subscriberLength || !subscriberPattern.test(value))
    refuse(
      'INVALID_FIELD',
      field,
      shown(value),
      `must have 1 to ${limits.subscriberLength} characters, letters, digits or . _ : -`,
    );
}

/** Host name or IP address. @throws QuorateError INVALID_FIELD */
export function checkAddress(value: string, field = 'address'): void {
  if (value.length > limits.labelLength || !addressPattern.test(value))
    refuse(
      'INVALID_FIELD',
      field,
      shown(value),
      `must be a host name or IP address of 1 to ${limits.labelLength} characters without blanks`,
    );
}

/** @throws QuorateError INVALID_FIELD */
export function checkPort(value: number, field = 'port'): void {
  if (value < 0 || value > 65_535) refuse('INVALID_FIELD', field, String(value), 'must be 0 to 65535');
}

/** Ports by name. @throws QuorateError INVALID_FIELD */
export function checkPorts(ports: Readonly<Record<string, number>>, field = 'ports'): void {
  const entries = Object.entries(ports);
  if (entries.length > limits.portsPerInstance)
    refuse('INVALID_FIELD', field, `of ${entries.length} entries`, `must have at most ${limits.portsPerInstance}`);
  for (const [name, port] of entries) {
    if (name.length > limits.portNameLength || !portNamePattern.test(name))
      refuse(
        'INVALID_FIELD',
        field,
        `with name ${shown(name)}`,
        `must have names of 1 to ${limits.portNameLength} characters a-z, 0-9 and -`,
      );
    if (port < 1 || port > 65_535) refuse('INVALID_FIELD', `${field}.${name}`, String(port), 'must be 1 to 65535');
  }
}

/** A number with a default: 0, or in the range. @throws QuorateError INVALID_FIELD */
export function checkSpan(value: number, field: string, least: number, most: number): void {
  if (value !== 0 && (value < least || value > most))
    refuse('INVALID_FIELD', field, String(value), `must be 0 (the default) or ${least} to ${most}`);
}

/** @throws QuorateError INVALID_FIELD */
export function checkWeight(value: number, field = 'weight'): void {
  if (value < 0 || value > limits.maxWeight)
    refuse('INVALID_FIELD', field, String(value), `must be 0 to ${limits.maxWeight}`);
}

/** @throws QuorateError INVALID_FIELD */
export function checkMetadata(metadata: Readonly<Record<string, string>>, field = 'metadata'): void {
  const entries = Object.entries(metadata);
  if (entries.length > limits.metadataEntries)
    refuse('INVALID_FIELD', field, `of ${entries.length} entries`, `must have at most ${limits.metadataEntries}`);
  let bytes = 0;
  for (const [key, value] of entries) {
    if (key === '') refuse('INVALID_FIELD', field, `with value ${shown(value)}`, 'must not have an empty key');
    bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
  }
  if (bytes > limits.metadataBytes)
    refuse('INVALID_FIELD', field, `of ${bytes} bytes`, `must have at most ${limits.metadataBytes}`);
}
