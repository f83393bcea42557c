/**
 * Which member runs which check: highest random weight (rendezvous hashing; Thaler, Ravishankar 1998). Members that know of the same live ones agree without
 * a word, the work is spread evenly, and when a member goes or comes only its own share moves.
 */
import type { MemberId } from '../base/ids.js';

/** A 32-bit hash of a key (FNV-1a), of which each member's weight is made. */
export function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** @param members those that are alive, in any order. Undefined: there is none. */
export function ownerOf(hash: number, members: readonly MemberId[]): MemberId | undefined {
  let owner: MemberId | undefined;
  let most = -1;
  for (const member of members) {
    const weight = weightOf(hash, member);
    if (weight < most || (weight === most && owner !== undefined && member > owner)) continue;
    owner = member;
    most = weight;
  }
  return owner;
}

/** Mixes both so that every bit counts (the finalizer of MurmurHash3, public domain). */
function weightOf(hash: number, member: MemberId): number {
  let mixed = mix(hash ^ mix(member >>> 0));
  mixed = mix(mixed ^ Math.floor(member / 2 ** 32));
  return mixed >>> 0;
}

function mix(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
