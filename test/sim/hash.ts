/** A number for any data of commands, writes and results: equal data, equal number. */
import { crc32 } from 'node:zlib';

export function hashOf(value: unknown, seed = 17): number {
  let hash = seed;
  if (typeof value === 'number') return mix(mix(hash, value | 0), Math.floor(value / 4_294_967_296));
  if (typeof value === 'string') {
    for (let i = 0; i < value.length; i++) hash = mix(hash, value.charCodeAt(i));
    return mix(hash, value.length);
  }
  if (value instanceof Uint8Array) return mix(mix(hash, crc32(value)), value.length);
  if (Array.isArray(value)) {
    for (const item of value) hash = hashOf(item, hash);
    return mix(hash, value.length);
  }
  if (typeof value === 'object' && value !== null) {
    for (const [name, field] of Object.entries(value)) {
      if (field === undefined) continue;
      hash = hashOf(field, mix(hash, name.length * 31 + name.charCodeAt(0)));
    }
    return hash;
  }
  return mix(hash, value === undefined ? 1 : value === null ? 2 : value === true ? 3 : 4);
}

export function mix(hash: number, value: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ value, 0x9e3779b1);
}
