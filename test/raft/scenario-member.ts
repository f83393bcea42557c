/** A member of a scenario: a core with its disk and machine. Whatever happens to it is told in words. */

import { assert, present } from '../../src/base/assert.js';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import { checkState, checkStep, type Observation, observe } from '../../src/raft/invariants.js';
import { Raft } from '../../src/raft/raft.js';
import type { Entry, RaftMessage, RaftOptions, Ready, SnapshotMeta } from '../../src/raft/types.js';
import { type DiskWrite, emptyMachine, type MachineState, SimDisk } from './disk.js';
import { jsonCodec } from './harness.js';
import { applyTo, type Oracle } from './oracle.js';
import { entriesInWords, stateInWords, writeInWords } from './scenario-words.js';

/** An image on its way to a follower. */
export interface SentImage {
  readonly from: MemberId;
  readonly to: MemberId;
  readonly term: Term;
  readonly meta: SnapshotMeta;
  readonly machine: MachineState;
}

/** What a member sees of the scenario. */
export interface Surroundings {
  readonly oracle: Oracle;
  say(line: string): void;
  send(message: RaftMessage): void;
  sendImage(image: SentImage): void;
  /** The image arrived, or it did not. */
  report(image: SentImage, ok: boolean): void;
}

interface QueuedWrite {
  readonly write: DiskWrite;
  readonly token: number | undefined;
  readonly messages: readonly RaftMessage[];
  readonly image: SentImage | undefined;
}

export class ScenarioMember {
  readonly disk: SimDisk;
  raft: Raft | undefined;
  /** Writes wait until they are told to be done. */
  slowDisk = false;
  private machine: MachineState = emptyMachine;
  private writes: QueuedWrite[] = [];
  private staged: SentImage | undefined;
  private before: Observation | undefined;
  private words = '';

  constructor(
    private readonly around: Surroundings,
    private readonly options: RaftOptions,
    membership: SnapshotMeta['membership'],
  ) {
    this.disk = new SimDisk(membership);
  }

  get id(): MemberId {
    return this.options.id;
  }

  get isWriting(): boolean {
    return this.writes.length > 0;
  }

  get core(): Raft {
    return present(this.raft, `member ${this.id} is not running`);
  }

  start(): void {
    assert(this.raft === undefined, `member ${this.id} is running`);
    this.raft = new Raft(this.options, this.disk.restored(0));
    this.machine = this.disk.machine;
    this.before = undefined;
    this.words = stateInWords(this.core);
  }

  /** Loses the writes that are not done; `torn`: all but the first one, which was done and not heard of. */
  crash(torn: boolean): void {
    assert(this.raft !== undefined, `member ${this.id} is not running`);
    if (torn) this.disk.write(present(this.writes.shift(), 'no write is under way').write);
    const lost = this.writes;
    this.raft = undefined;
    this.writes = [];
    for (const { write, image } of lost) {
      this.around.say(`${this.id} loses ${writeInWords(write)}`);
      if (image) this.around.report(image, false);
    }
    this.staged = undefined;
  }

  /** Gives the core an input, checks it, and does what it says. */
  input(run: (raft: Raft) => void): void {
    const raft = this.core;
    run(raft);
    this.check(raft);
    for (let rounds = 0; raft.hasReady(); rounds++) {
      assert(rounds < 1000, 'Ready never ends');
      this.handle(raft, raft.ready());
      this.check(raft);
    }
  }

  private check(raft: Raft): void {
    checkState(raft);
    const after = observe(raft);
    if (this.before) checkStep(this.before, after);
    this.before = after;
    if (after.role === 'leader') this.around.oracle.onLeader(raft);
    this.around.oracle.checkLog(raft);
    const words = stateInWords(raft);
    if (words !== this.words) this.around.say(words);
    this.words = words;
  }

  private handle(raft: Raft, ready: Ready): void {
    const { around, id } = this;
    for (const message of ready.messages) around.send(message);
    for (const { token, index, failed } of ready.readStates)
      around.say(`${id} ${failed ? `fails read ${token}` : `answers read ${token} at ${index}`}`);
    assert(ready.messagesAfterPersist.length === 0 || ready.persistToken !== undefined, 'messages wait for no write');
    if (ready.persistToken !== undefined || ready.hardState) this.queue(ready);
    this.apply(raft, ready.committed);
    for (const to of ready.snapshotsWanted) this.sendImage(raft, to);
    for (const wanted of ready.entriesWanted)
      raft.entriesLoaded(wanted, this.disk.read(wanted.first, wanted.last, wanted.maxBytes));
  }

  private apply(raft: Raft, entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) {
      this.around.oracle.onDelivered(entry, raft.status().term);
      assert(entry.index === this.machine.applied + 1, 'entries are applied out of order');
      const membership = entry.kind === 'membership' ? jsonCodec.decode(entry.data) : this.machine.membership;
      this.machine = { applied: entry.index, membership, hash: applyTo(this.machine.hash, entry) };
    }
    assert(this.machine.hash === this.around.oracle.hashAt(this.machine.applied), 'machines differ');
    this.around.say(`${this.id} applies ${entriesInWords(entries)}`);
    raft.applied(this.machine.applied);
  }

  private queue(ready: Ready): void {
    const { hardState, entries, install: meta, persistToken: token, messagesAfterPersist: messages } = ready;
    const image = meta && present(this.staged, 'an image that was not staged is installed');
    if (image) {
      this.staged = undefined;
      this.machine = image.machine;
    }
    const install = image && { meta: image.meta, machine: image.machine };
    const machine = install ? undefined : this.machine;
    this.writes.push({ write: { hardState, entries, install, machine }, token, messages, image });
    if (!this.slowDisk) this.finish(this.writes.length);
    else this.around.say(`${this.id} writes ${writeInWords(this.writes[this.writes.length - 1]?.write)}`);
  }

  /** The disk has done the next `count` writes. */
  persist(count: number): void {
    assert(this.writes.length > 0, `member ${this.id} has no write under way`);
    this.input(() => this.finish(count));
  }

  private finish(count: number): void {
    for (const { write, token, messages, image } of this.writes.splice(0, count)) {
      this.disk.write(write);
      if (token !== undefined) this.core.persisted(token);
      for (const message of messages) this.around.send(message);
      if (image) this.around.report(image, true);
    }
  }

  /** The machine goes to the disk, and the log up to `index` is forgotten. */
  trim(index: Index): void {
    this.disk.write({ hardState: undefined, entries: [], install: undefined, machine: this.machine });
    const start = present(this.disk.trim(index), 'this part of the log cannot be trimmed');
    this.input((raft) => raft.trimmed(start));
  }

  private sendImage(raft: Raft, to: MemberId): void {
    const { machine, applied: membership } = this.disk;
    const term = present(this.disk.termAt(machine.applied), 'the image has no term');
    const meta: SnapshotMeta = { index: machine.applied, term, membership };
    this.around.sendImage({ from: this.id, to, term: raft.status().term, meta, machine });
  }

  receiveImage(image: SentImage): void {
    this.staged = image;
    let wanted = false;
    this.input((raft) => {
      wanted = raft.snapshotReceived(image.from, image.term, image.meta);
      if (wanted) this.around.say(`${this.id} installs the image`);
    });
    if (wanted) return;
    this.around.say(`${this.id} does not want the image`);
    this.around.report(image, false);
  }
}
