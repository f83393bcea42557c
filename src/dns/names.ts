/** What the names of the zone `quorate` mean. */
import type { ServiceName } from './directory.js';
import type { Host } from './endpoints.js';

export const zone = 'quorate';

export type Meaning =
  /** Not in the zone. */
  | { readonly kind: 'foreign' }
  | { readonly kind: 'zone' }
  /** A name that nothing is known of, but others end with it. */
  | { readonly kind: 'between' }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'address'; readonly family: 4 | 6; readonly text: string }
  | { readonly kind: 'service'; readonly name: ServiceName }
  /** `_tcp` before a service. */
  | { readonly kind: 'protocol'; readonly name: ServiceName }
  | { readonly kind: 'port'; readonly port: string; readonly name: ServiceName };

const nothing: Meaning = { kind: 'nothing' };
const between: Meaning = { kind: 'between' };
const protocols = new Set(['_tcp', '_udp']);

/** @param name without the dot at its end, in whatever case */
export function meaningOf(name: string): Meaning {
  const labels = name.toLowerCase().split('.');
  if (labels.pop() !== zone) return { kind: 'foreign' };
  const branch = labels.pop();
  if (branch === undefined) return { kind: 'zone' };
  if (branch === 'addr') return ofAddress(labels);
  if (branch === 'service') return ofService(labels);
  return nothing;
}

function ofService(labels: readonly string[]): Meaning {
  if (labels.length === 0) return between;
  // Names of services begin with a letter or digit.
  const at = labels.findLastIndex((label) => label.startsWith('_'));
  const name = labels.slice(at + 1);
  if (at < 0) return { kind: 'service', name };
  if (name.length === 0 || !protocols.has(labels[at] ?? '')) return nothing;
  const [port, ...more] = labels.slice(0, at);
  if (port === undefined) return { kind: 'protocol', name };
  return more.length === 0 && port.startsWith('_') ? { kind: 'port', port: port.slice(1), name } : nothing;
}

/** The name of an IP address, for records that must not hold an address itself: its bytes in hex. */
export function nameOfAddress({ kind, text }: Host): string {
  const hex =
    kind === 'ipv4' ? text.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0')) : groups(text);
  return `${hex.join('')}.addr.${zone}`;
}

/** The eight groups of an IPv6 address, four digits each. */
function groups(text: string): string[] {
  // It may end like an IPv4 address; a URL never does.
  const [before = [], after = []] = shortest(text)
    .split('::')
    .map((half) => half.split(':').filter(Boolean));
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0'));
}

function shortest(ipv6: string): string {
  return new URL(`http://[${ipv6}]`).hostname.slice(1, -1);
}

function ofAddress(labels: readonly string[]): Meaning {
  if (labels.length === 0) return between;
  const [hex = '', ...more] = labels;
  if (more.length > 0 || !/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/.test(hex)) return nothing;
  if (hex.length === 8) return { kind: 'address', family: 4, text: [...Buffer.from(hex, 'hex')].join('.') };
  return { kind: 'address', family: 6, text: shortest(hex.match(/.{4}/g)?.join(':') ?? '') };
}
