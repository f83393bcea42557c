/** Exactly once: what was acknowledged is in the history at the revision that was told, nothing is there twice, nothing that nobody asked for, nothing that was refused. */
import type { Revision } from '../../../src/base/ids.js';
import { parseConfigKey, parseHistoryKey } from '../../../src/machine/config-keys.js';
import type { Applied, Outcome } from '../../../src/machine/types.js';
import type { Operation } from '../calls.js';
import type { History } from '../history.js';
import type { World } from '../world.js';

export class ExactlyOnce {
  private readonly called = new Set<string>();
  private readonly refused = new Set<string>();
  private readonly applied = new Map<string, Revision>();
  private readonly lastVersions = new Map<string, number>();

  constructor(
    private readonly world: World,
    private readonly history: History,
  ) {}

  onCalled(tag: string): void {
    this.called.add(tag);
  }

  changed(tag: string): boolean {
    return this.applied.has(tag);
  }

  onRefused(tag: string): void {
    this.refused.add(tag);
    const at = this.applied.get(tag);
    if (at !== undefined) this.world.violated('exactly once', `${tag} was refused and is in revision ${at}`);
  }

  onAcknowledged(tag: string, { command }: Operation, { result, revision }: Outcome): void {
    const at = this.applied.get(tag);
    const writes =
      command.kind === 'put' ||
      command.kind === 'configPublish' ||
      command.kind === 'configRollback' ||
      command.kind === 'register' ||
      (result.kind === 'txn' && result.succeeded && command.kind === 'txn' && command.success.length > 0);
    if (writes && at !== revision)
      this.world.violated('exactly once', `${tag} was acknowledged at revision ${revision}, it is at ${at ?? 'none'}`);
    if (result.kind === 'deleteRange' && result.deleted > 0) {
      const deletions = this.history.changes[revision]?.filter(({ current }) => current.deleted).length ?? 0;
      if (deletions !== result.deleted)
        this.world.violated('exactly once', `${tag} deleted ${result.deleted} keys, revision ${revision} ${deletions}`);
    }
    if (result.kind !== 'configPublish' || command.kind !== 'configPublish') return;
    for (const [i, { namespace, key }] of command.changes.entries()) {
      const made = this.history.documents.get(`${namespace}/${key}`)?.find((version) => version.tag === tag);
      if (made?.version !== result.versions[i])
        this.world.violated('exactly once', `${tag} was told version ${result.versions[i]}, it made ${made?.version}`);
    }
  }

  /** An entry was applied for the first time. */
  onApplied({ changes }: Applied): void {
    for (const { revision, changes: ofRevision } of changes) {
      for (const { current } of ofRevision) {
        // A document may hold the bytes of an older version; its history says whose it is.
        if (current.deleted || parseConfigKey(current.key)) continue;
        const parsed = parseHistoryKey(current.key);
        if (parsed) this.onVersion(`${parsed.namespace}/${parsed.key}`, parsed.version);
        const tag = tagOf(Buffer.from(current.value).toString('latin1'));
        if (tag !== undefined) this.onTag(tag, revision);
      }
    }
  }

  private onVersion(name: string, version: number): void {
    const last = this.lastVersions.get(name) ?? 0;
    if (version !== last + 1)
      this.world.violated('exactly once', `document ${name} goes from version ${last} to ${version}`);
    this.lastVersions.set(name, version);
  }

  private onTag(tag: string, revision: Revision): void {
    const before = this.applied.get(tag);
    if (before === revision) return;
    if (before !== undefined)
      this.world.violated('exactly once', `${tag} was applied twice, at ${before} and at ${revision}`);
    this.applied.set(tag, revision);
    if (!this.called.has(tag)) this.world.violated('exactly once', `nobody asked for ${tag}, it is at ${revision}`);
    if (this.refused.has(tag)) this.world.violated('exactly once', `${tag} was refused and is in revision ${revision}`);
  }
}

/** Every value begins with its operation's tag, or has it as an author or an instance's zone. A change of status or health repeats the zone of the registration. */
function tagOf(value: string): string | undefined {
  if (value.startsWith('{') && (value.includes('"status":') || value.includes('"healthReason":'))) return undefined;
  return /^(op\d+)|"author":"(op\d+)"|"zone":"(op\d+)"/
    .exec(value)
    ?.slice(1)
    .find((part) => part !== undefined);
}
