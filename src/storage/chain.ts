/**
 * A hash chained over everything that was applied: members that applied the same batches have the same one, so comparing two strings shows whether
 * their states are equal. Not cryptographic: it finds bugs and damage, not attackers.
 */
import { assert } from '../base/assert.js';
import type { AppliedWrites } from './store.js';

/** Of a machine that has applied nothing. */
export const EMPTY_CHAIN = '51756f7261746521';

const DELETED = 0x64656c21;

export class ChainHash {
  private high = 0;
  private low = 0;

  constructor() {
    this.set(EMPTY_CHAIN);
  }

  /** Continues from an earlier toString(). */
  set(hex: string = EMPTY_CHAIN): void {
    assert(/^[0-9a-f]{16}$/.test(hex), 'a chain hash has 16 hex digits');
    this.high = Number.parseInt(hex.slice(0, 8), 16) | 0;
    this.low = Number.parseInt(hex.slice(8), 16) | 0;
  }

  /** A record was written; `checksum` covers its key (without generation) and value. */
  written(checksum: number): void {
    this.mix(checksum);
  }

  /** A record was deleted; `checksum` covers its key. */
  deleted(checksum: number): void {
    this.mix(DELETED);
    this.mix(checksum);
  }

  /** Ends a batch: a chain does not depend on how many batches went to disk together. */
  batchEnds({ meta, membership }: AppliedWrites): void {
    this.number(meta.appliedIndex);
    this.number(meta.appliedTerm);
    this.number(meta.revision);
    this.number(meta.compactedRevision);
    this.number(meta.clock);
    if (meta.compactionCursor !== undefined) {
      for (let i = 0; i < meta.compactionCursor.length; i++) this.mix(meta.compactionCursor.charCodeAt(i));
    }
    for (const members of [membership.voters, membership.outgoing, membership.learners]) {
      this.mix(members.length);
      for (const member of members) this.number(member);
    }
    if (membership.removed) for (const member of membership.removed) this.number(member);
  }

  toString(): string {
    return hex(this.high) + hex(this.low);
  }

  private number(value: number): void {
    this.mix(value | 0);
    this.mix(Math.floor(value / 4_294_967_296));
  }

  private mix(value: number): void {
    this.high = Math.imul(((this.high << 5) | (this.high >>> 27)) ^ value, 0x9e3779b1);
    this.low = Math.imul(((this.low << 13) | (this.low >>> 19)) + (value ^ this.high), 0x85ebca77);
  }
}

function hex(value: number): string {
  return (value >>> 0).toString(16).padStart(8, '0');
}
