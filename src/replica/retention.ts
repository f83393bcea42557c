/** Automatic compaction: remembers which revision was current when, and says up to where history is older than the retention. */
import type { ClusterTime, Revision } from '../base/ids.js';

/** Samples in one retention time: history is kept this much longer at most. */
const samplesPerRetention = 20;

export class Retention {
  private samples: { at: ClusterTime; revision: Revision }[] = [];
  private readonly spacing: number;

  constructor(private readonly retentionMs: number) {
    this.spacing = retentionMs / samplesPerRetention;
  }

  /** @returns the revision to compact to, if one has become old enough */
  sample(now: ClusterTime, revision: Revision, compacted: Revision): Revision | undefined {
    const last = this.samples.at(-1);
    if (!last || now - last.at >= this.spacing) this.samples.push({ at: now, revision });
    let old: Revision | undefined;
    while (this.samples.length > 0 && now - (this.samples[0] as { at: number }).at >= this.retentionMs)
      old = this.samples.shift()?.revision;
    return old !== undefined && old > compacted ? old : undefined;
  }
}
