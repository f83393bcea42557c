/**
 * A member for tests of the doors: a real machine and a real watch hub, with a log that confirms every command in the next turn of the event loop.
 * Tests may take the quorum away, move the cluster clock, and see what was submitted.
 */
import { createHash } from 'node:crypto';
import { QuorateError } from '../../src/base/errors.js';
import {
  type ClusterId,
  clusterTime,
  type Index,
  index,
  type MemberId,
  type Revision,
  revision,
  term,
} from '../../src/base/ids.js';
import { silentLog } from '../../src/base/log.js';
import { Machine } from '../../src/machine/machine.js';
import type { Command, KeyVersion, Outcome, Request, Run, VersionRef, Write } from '../../src/machine/types.js';
import { Drains } from '../../src/replica/drains.js';
import type {
  MemberChange,
  MemberInfo,
  OutcomeCallback,
  Replica,
  ReplicaStatus,
  Waiting,
} from '../../src/replica/types.js';
import type { Image } from '../../src/storage/store.js';
import { StoredHistory } from '../../src/watch/history.js';
import { Hub } from '../../src/watch/hub.js';
import { Subscribers } from '../../src/watch/subscribers.js';

const incarnation = 1;

/** A caller until it is answered; `act` answers it. */
class Caller implements Waiting {
  private timer: NodeJS.Timeout | undefined;
  private over = false;

  constructor(
    private readonly callers: Set<Caller>,
    deadlineMs: number,
    private readonly refuse: (error: QuorateError) => void,
    private readonly act: () => void,
  ) {
    callers.add(this);
    const expire = (): void =>
      this.fail(new QuorateError('NO_QUORUM', 'no quorum of members confirmed the call before its deadline'));
    this.timer = setTimeout(expire, Math.max(0, deadlineMs - performance.now()));
  }

  answer(): void {
    if (this.leave()) this.act();
  }

  fail(error: QuorateError): void {
    if (this.leave()) this.refuse(error);
  }

  cancel(): void {
    this.leave();
  }

  private leave(): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.timer);
    this.callers.delete(this);
    return true;
  }
}

export class FakeReplica implements Replica {
  readonly clusterId = 77 as ClusterId;
  readonly memberId = 1 as MemberId;
  readonly memberName = 'n1';
  readonly members: readonly MemberInfo[] = [1, 2, 3].map((id) => ({
    id: id as MemberId,
    name: `n${id}`,
    clientAddress: `127.0.0.1:710${id}`,
    peerAddress: `127.0.0.1:720${id}`,
  }));
  /** None: clients stay with the members that they were given. */
  readonly membersHash: number = 0;
  /** Every change of the membership that was asked for; answered by `onChange`. */
  readonly changes: MemberChange[] = [];
  onChange: () => Promise<void> = () => Promise.resolve();
  readonly machine: Machine;
  readonly hub: Hub;
  readonly subscribers = new Subscribers(() => performance.now());
  /** Every command that a door submitted, in order. */
  readonly submitted: Command[] = [];
  leader: MemberId | undefined = this.memberId;
  recovering = false;
  leaderContactAgeMs = 0;
  /** What the image of this member consists of. */
  imageChunks: readonly Uint8Array[] = [Buffer.from('first '), Buffer.from('second')];
  openImages = 0;
  /** Answers transferLeadership. */
  onTransfer: (to: MemberId | undefined) => Promise<MemberId> = (to) => Promise.resolve(to ?? (2 as MemberId));
  private hasQuorum = true;
  private scheduled = false;
  private sequence = 0;
  private clock = clusterTime(1_000);
  private readonly callers = new Set<Caller>();
  private readonly forRevision = new Map<Caller, Revision>();
  private readonly versions = new Map<string, KeyVersion>();

  /** @param recentBytes of changes that the hub keeps in memory: few let its watchers read history */
  constructor({ recentBytes = 1 << 20 } = {}) {
    this.machine = new Machine({ reader: { read: (ref) => this.version(ref) }, cacheBytes: 1 << 20 });
    this.machine.finishLoad(undefined);
    this.hub = new Hub({
      history: new StoredHistory({
        scan: (after, upTo, maxBytes) => Promise.resolve(this.scan(after, upTo, maxBytes)),
        previous: (key, before) => this.machine.versionBefore(key, before),
        compacted: () => this.machine.compactedRevision,
      }),
      revision: this.machine.revision,
      compactedRevision: this.machine.compactedRevision,
      recentBytes,
      persistedRevision: () => this.machine.revision,
      log: silentLog,
    });
  }

  /** Calls that are not answered yet. */
  get waiting(): number {
    return this.callers.size;
  }

  /** False: writes and linearizable reads wait until their deadline, or until it is true again. */
  set quorum(quorum: boolean) {
    this.hasQuorum = quorum;
    this.schedule();
  }

  submit(command: Command, requestId: string, deadlineMs: number, done: OutcomeCallback): Waiting {
    this.submitted.push(command);
    const caller = new Caller(
      this.callers,
      deadlineMs,
      (error) => done(error, undefined),
      () => done(undefined, this.run({ command, requestId })),
    );
    this.schedule();
    return caller;
  }

  readBarrier(deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting {
    const caller = new Caller(this.callers, deadlineMs, done, () => done(undefined));
    this.schedule();
    return caller;
  }

  waitForRevision(wanted: Revision, deadlineMs: number, done: (error: QuorateError | undefined) => void): Waiting {
    const caller = new Caller(this.callers, deadlineMs, done, () => done(undefined));
    this.forRevision.set(caller, wanted);
    this.schedule();
    return caller;
  }

  /** Applies a command at once. */
  apply(command: Command): Outcome {
    return this.run({ command, requestId: '' });
  }

  /** Moves the cluster clock, which expires leases. */
  advance(ms: number): void {
    this.clock = clusterTime(this.clock + ms);
    this.applyRuns([]);
  }

  /** There are no other members to ask. */
  awaitSubscribers(...[query, deadlineMs, done]: Parameters<Replica['awaitSubscribers']>): Waiting {
    const { memberId, subscribers } = this;
    const alone = { memberId, members: [{ id: memberId }], subscribers };
    const transport = { isConnected: () => false, send: () => {} };
    const drains = new Drains(alone, transport, () => performance.now());
    const poll = setInterval(() => drains.tick(), 5);
    const waiting = drains.add(query, deadlineMs, (error, known) => {
      clearInterval(poll);
      done(error, known);
    });
    return {
      cancel: () => {
        clearInterval(poll);
        waiting.cancel();
      },
    };
  }

  status(): ReplicaStatus {
    const applied = this.machine.appliedIndex;
    return {
      role: this.leader === this.memberId ? 'leader' : 'follower',
      term: term(3),
      leader: this.leader,
      lastIndex: applied,
      commitIndex: applied,
      appliedIndex: applied,
      firstIndex: index(1),
      leaderContactAgeMs: this.leaderContactAgeMs,
      clusterClock: this.machine.clock,
      recovering: this.recovering,
    };
  }

  transferLeadership(to: MemberId | undefined): Promise<MemberId> {
    return this.onTransfer(to);
  }

  async changeMembership(change: MemberChange): Promise<MemberId> {
    this.changes.push(change);
    await this.onChange();
    if (change.kind !== 'add') return change.id;
    const { name, peerAddress } = change;
    const same = (member: MemberInfo) => (name === '' ? member.peerAddress === peerAddress : member.name === name);
    return this.members.find(same)?.id ?? (99 as MemberId);
  }

  openImage(): Promise<Image> {
    this.openImages++;
    const chunks = this.imageChunks;
    const appliedIndex: Index = this.machine.appliedIndex;
    const hash = createHash('sha256');
    for (const chunk of chunks) hash.update(chunk);
    const sha256 = hash.digest('hex');
    return Promise.resolve({
      start: { index: appliedIndex, term: term(3), membership: { voters: [], outgoing: [], learners: [] } },
      async *chunks() {
        yield* chunks;
      },
      hash: () => Promise.resolve(sha256),
      close: () => {
        this.openImages--;
        return Promise.resolve();
      },
    });
  }

  diskBytes(): Promise<number> {
    return Promise.resolve(4_096);
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      this.settle();
    });
  }

  private settle(): void {
    for (const caller of [...this.callers]) {
      const wanted = this.forRevision.get(caller);
      if (wanted === undefined ? !this.hasQuorum : wanted > this.machine.revision) continue;
      this.forRevision.delete(caller);
      caller.answer();
    }
  }

  private run(request: Request): Outcome {
    const run = { member: this.memberId, incarnation, firstSequence: ++this.sequence, requests: [request] };
    const outcome = this.applyRuns([run])[0]?.outcome;
    if (!outcome) throw new Error('the machine answers every command of its own member');
    return outcome;
  }

  private applyRuns(runs: readonly Run[]): readonly { readonly sequence: number; readonly outcome: Outcome }[] {
    const at = index(this.machine.appliedIndex + 1);
    const applied = this.machine.apply(
      { index: at, term: term(3), clock: this.clock, wallMs: 1_700_000_000_000 + this.clock, runs },
      () => true,
    );
    for (const write of applied.writes) this.write(write);
    this.machine.persisted(at);
    this.hub.publish(applied.changes, this.machine.revision);
    this.hub.compacted(this.machine.compactedRevision);
    this.schedule();
    return applied.outcomes;
  }

  private write(write: Write): void {
    if (write.kind === 'version')
      this.versions.set(nameOf({ revision: write.version.modRevision, sub: write.version.sub }), write.version);
    else if (write.kind === 'dropVersion') this.versions.delete(nameOf(write.ref));
  }

  private version(ref: VersionRef): KeyVersion {
    const found = this.versions.get(nameOf(ref));
    if (!found) throw new Error(`there is no version ${nameOf(ref)}`);
    return found;
  }

  private scan(after: Revision, upTo: Revision, maxBytes: number): KeyVersion[] {
    const found: KeyVersion[] = [];
    let bytes = 0;
    let last = revision(0);
    for (const version of this.versions.values()) {
      if (version.modRevision <= after || version.modRevision > upTo) continue;
      if (bytes > maxBytes && version.modRevision !== last) break;
      bytes += version.key.length + version.value.length;
      last = version.modRevision;
      found.push(version);
    }
    return found;
  }
}

function nameOf({ revision: at, sub }: VersionRef): string {
  return `${at}/${sub}`;
}
