/** Lease ids that the machine chooses: the same on every member, and spread so that they rarely meet ids that clients choose. */
import type { Index, LeaseId } from '../base/ids.js';

/** Finalizer of MurmurHash3 (public domain): every input bit reaches every output bit. */
function mix(value: number): number {
  let x = value >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** A nonzero id of at most 63 bits for the `counter`-th try at log position `index`. */
export function leaseIdAt(index: Index, counter: number): LeaseId {
  const low = index >>> 0;
  const high = Math.floor(index / 4_294_967_296) >>> 0;
  const first = mix(low ^ mix(high ^ mix(counter + 0x9e3779b9)));
  const second = mix(first ^ mix(low + 0x7f4a7c15) ^ counter);
  const top = first & 0x7fffffff;
  const text = top === 0 ? second.toString(16) : top.toString(16) + second.toString(16).padStart(8, '0');
  return (text === '0' ? '1' : text) as LeaseId;
}
