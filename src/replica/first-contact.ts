/**
 * A member with an empty directory must take no part before it knows whether the others took part in a cluster already: then it may have voted there and
 * forgotten it, so it first catches up (docs/divergence.md).
 */
import type { MemberId } from '../base/ids.js';
import type { Ready } from '../raft/types.js';

export class FirstContact {
  private readonly heard = new Set<MemberId>();

  /** @param pristine nothing was ever voted or appended here */
  constructor(private pristine: boolean) {}

  /** Whether messages of this peer are too early. */
  isStranger(peer: MemberId): boolean {
    return this.pristine && !this.heard.has(peer);
  }

  /** A connection to a peer is there. Returns whether it shows that this member may have forgotten something. */
  onConnected(peer: MemberId, founded: boolean): boolean {
    this.heard.add(peer);
    return this.pristine && founded;
  }

  onReady(ready: Ready): void {
    if (ready.hardState || ready.entries.length > 0) this.pristine = false;
  }
}
