/** Addresses of ports, as text in the settings and on command lines. */
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Where a port is: `host` without brackets. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const hostName =
  /^(?=.{1,253}$)[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?(?:\.[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

const unspecified = new BlockList();
unspecified.addAddress('0.0.0.0', 'ipv4');
unspecified.addAddress('::', 'ipv6');

/** Parses "127.0.0.1:7101", "[::1]:7101" or "name:7101"; undefined when it is none of these or the port is not in 1..65535. */
export function parseAddress(text: string): Address | undefined {
  const match = /^(?:\[([^[\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const port = Number(match[3]);
  if (port < 1 || port > 65_535) return undefined;
  const [, bracketed, plain] = match;
  if (bracketed !== undefined) return isIPv6(bracketed) ? { host: bracketed, port } : undefined;
  if (plain === undefined || !validHost(plain)) return undefined;
  return { host: plain, port };
}

/** A host of digits and dots only must be a real IPv4 address: no name server knows "127.0.0.256". */
function validHost(host: string): boolean {
  return /^[\d.]+$/.test(host) ? isIP(host) === 4 : hostName.test(host);
}

/** "host:port", with brackets around an IPv6 host. */
export function formatAddress({ host, port }: Address): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Whether only this machine can reach the host: 127.0.0.0/8, ::1, localhost. */
export function isLoopback(host: string): boolean {
  if (host.toLowerCase() === 'localhost') return true;
  return isIP(host) !== 0 && loopback.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}

/** Whether the host means "every interface": one can listen there but not connect to it. */
export function isUnspecified(host: string): boolean {
  return isIP(host) !== 0 && unspecified.check(host, isIPv6(host) ? 'ipv6' : 'ipv4');
}
