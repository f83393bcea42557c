/** Command-line arguments into values. Each function throws what commander shows as a usage error (exit code 2). */
import { InvalidArgumentError } from 'commander';
import { type Address, parseAddress } from '../base/address.js';
import { durationHelp, parseDuration } from '../settings/duration.js';

export interface DocumentName {
  readonly namespace: string;
  readonly key: string;
}

export interface ServiceName {
  readonly namespace: string;
  readonly service: string;
}

export interface InstanceName extends ServiceName {
  readonly id: string;
}

/** `prod/db/url` is the key `db/url` of the namespace `prod`. */
export function documentName(text: string): DocumentName {
  const slash = text.indexOf('/');
  if (slash < 1 || slash === text.length - 1)
    throw new InvalidArgumentError('A document is named namespace/key, such as prod/db/url.');
  return { namespace: text.slice(0, slash), key: text.slice(slash + 1) };
}

/** `prod` or `prod/` is a whole namespace, `prod/db/` the keys of it that begin with `db/`. */
export function documentPrefix(text: string): DocumentName {
  const slash = text.indexOf('/');
  if (text === '' || slash === 0)
    throw new InvalidArgumentError('Name a namespace or namespace/prefix, such as prod or prod/db/.');
  return slash < 0 ? { namespace: text, key: '' } : { namespace: text.slice(0, slash), key: text.slice(slash + 1) };
}

/** `prod/compute`. */
export function serviceName(text: string): ServiceName {
  const [namespace, service, ...rest] = text.split('/');
  if (!namespace || !service || rest.length > 0)
    throw new InvalidArgumentError('A service is named namespace/service, such as prod/compute.');
  return { namespace, service };
}

/** `prod/compute/i1`. */
export function instanceName(text: string): InstanceName {
  const [namespace, service, id, ...rest] = text.split('/');
  if (!namespace || !service || !id || rest.length > 0)
    throw new InvalidArgumentError('An instance is named namespace/service/id, such as prod/compute/i1.');
  return { namespace, service, id };
}

/** `host:port`; an IPv6 host stands in brackets. */
export function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed) throw new InvalidArgumentError('An address is host:port, such as 127.0.0.1:7101.');
  return parsed;
}

/** `a:1,b:2` into its addresses. */
export function endpoints(text: string): string[] {
  const list = text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (list.length === 0) throw new InvalidArgumentError('Give at least one host:port.');
  for (const part of list) address(part);
  return list;
}

/** `500ms`, `10s`, `1.5m`, `1h` in milliseconds; more than 0. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (!ms) throw new InvalidArgumentError(`A duration is ${durationHelp}.`);
  return ms;
}

/** A whole number from 0 on. */
export function count(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

/** A whole number from 1 on. */
export function positive(text: string): number {
  const value = count(text);
  if (value === 0) throw new InvalidArgumentError('Give a whole number above 0.');
  return value;
}

/** 1 to 65535. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d{1,5}$/.test(text) || value < 1 || value > 65_535) throw new InvalidArgumentError('A port is 1 to 65535.');
  return value;
}

/** Collects a repeated `name=value`. */
export function pair(text: string, previous: Readonly<Record<string, string>> = {}): Record<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('Give name=value.');
  return { ...previous, [text.slice(0, equals)]: text.slice(equals + 1) };
}

/** Collects a repeated option, each value of which may also be a comma list. */
export function list(text: string, previous: readonly string[] = []): string[] {
  return [...previous, ...text.split(',').filter((part) => part !== '')];
}
