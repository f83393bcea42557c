/**
 * The membership that counts: the newest one in the log, committed or not (dissertation §4.1). The ones before it that may come back by a
 * truncation are kept.
 */
import { assert } from '../base/assert.js';
import type { Index, MemberId } from '../base/ids.js';
import { isVoter } from './membership.js';
import type { Entry, Membership, MembershipCodec } from './types.js';

interface Held {
  readonly index: Index;
  readonly membership: Membership;
}

export class MembershipLog {
  /** Oldest first, never empty; all but the first are in the log and not known to be committed. */
  private held: Held[];
  private newest: Held;

  constructor(
    first: Membership,
    private readonly codec: MembershipCodec,
  ) {
    this.newest = { index: 0 as Index, membership: first };
    this.held = [this.newest];
  }

  get current(): Membership {
    return this.newest.membership;
  }

  /** Entry that holds the current one; 0: it comes from the settings or an image. */
  get index(): Index {
    return this.newest.index;
  }

  /**
   * Whether the member votes in the current membership, or in one that may come back. A member that the newest one removes may hold the only
   * log with it, so it must be able to lead until that is committed (dissertation §4.2.2).
   */
  mayLead(id: MemberId): boolean {
    return this.held.some(({ membership }) => isVoter(membership, id));
  }

  /** The data of an entry for a membership. */
  encode(membership: Membership): Uint8Array {
    return this.codec.encode(membership);
  }

  /** An entry has been added to the log: what it holds counts from now on. */
  append(entry: Entry): void {
    assert(entry.index > this.index, 'memberships are appended in order');
    this.newest = { index: entry.index, membership: this.codec.decode(entry.data) };
    this.held.push(this.newest);
  }

  /** The entries from `index` on are gone from the log. Returns whether that brings an older membership back. */
  truncateFrom(index: Index): boolean {
    if (this.newest.index < index) return false;
    while (this.held.length > 1 && this.newest.index >= index) {
      this.held.pop();
      this.newest = this.held[this.held.length - 1] as Held;
    }
    return true;
  }

  /** What is committed stays. */
  committed(commit: Index): void {
    while (this.held.length > 1 && (this.held[1] as Held).index <= commit) this.held.shift();
  }

  /** An image takes the place of the log. One from before the founding names nobody: then who is known stays known. */
  reset(membership: Membership): void {
    const known = membership.voters.length > 0 ? membership : (this.held[0] as Held).membership;
    this.newest = { index: 0 as Index, membership: known };
    this.held = [this.newest];
  }
}
