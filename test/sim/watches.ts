/**
 * Watchers: follow a range at one member, move to another when it dies or on a whim, are slow now and then, and go on where they were. Some begin anew in the
 * future, or in the past where compactions just leave history.
 */
import type { Key, Revision } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { KeyRange, Watcher } from '../../src/watch/types.js';
import { WatchChecker } from './checkers/watches.js';
import type { History } from './history.js';
import type { SimMember } from './members.js';
import type { Surroundings } from './traffic.js';

const ranges: readonly (readonly KeyRange[])[] = [
  [{ key: '' as Key, end: '\0' as Key }],
  [{ key: 'k' as Key, end: 'l' as Key }],
  [{ key: 'k0' as Key, end: undefined }],
  [{ key: '/quorate/history/app/' as Key, end: '/quorate/history/app0' as Key }],
  [
    { key: 'k1' as Key, end: undefined },
    { key: '/quorate/registry/' as Key, end: '/quorate/registry0' as Key },
  ],
];

export class Follower {
  calm = false;
  private readonly random: Random;
  private readonly leaps: Random;
  private readonly checker: WatchChecker;
  private watcher: Watcher | undefined;
  private member: SimMember | undefined;
  private run = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly history: History,
    number: number,
  ) {
    this.random = around.world.random(`watch ${number}`);
    this.leaps = around.world.random(`leaps ${number}`);
    const range = ranges[Math.floor(this.random() * ranges.length)] as readonly KeyRange[];
    this.checker = new WatchChecker(around.world, history, range, `w${number}`);
    this.later();
  }

  get delivered(): number {
    return this.checker.delivered;
  }

  /** Everything up to this revision has come. */
  hasReached(revision: Revision): boolean {
    return this.checker.position >= revision;
  }
  get words(): string {
    return `${this.checker.name} is at ${this.checker.position}, live ${this.watcher?.live}, on member ${this.member?.id}`;
  }

  private get looksBack(): boolean {
    return this.around.swarm.focus.on === 'compactions';
  }

  private later(): void {
    const { world } = this.around;
    world.after(20 + this.random() * 300, world.always, () => this.act());
  }

  private act(): void {
    this.later();
    const { member, watcher } = this;
    // One that is in service no more may run on without ever hearing of the cluster again.
    const serves = member?.up && this.around.members.includes(member);
    if (!member || !watcher || !serves || member.runs !== this.run) {
      this.move();
      return;
    }
    if (member.scope.paused) {
      if (this.random() < 0.1) this.move();
      return;
    }
    this.checker.onProgress(member.id, watcher.deliveredRevision, revisionOf(member));
    if (this.calm) {
      watcher.resume();
      return;
    }
    const dice = this.random();
    if (dice < (this.looksBack ? 0.2 : 0.05)) this.move();
    else if (dice < (this.looksBack ? 0.25 : 0.15)) watcher.pause();
    else if (dice < 0.5) watcher.resume();
  }

  private leap(compacted: Revision): void {
    const dice = this.leaps();
    if (dice < (this.looksBack ? 0.6 : 0.05))
      this.checker.beginAfter(Math.max(1, compacted - 2 + Math.floor(this.leaps() * 3)) as Revision);
    else if (dice > 0.95)
      this.checker.beginAfter((this.history.revision + 1 + Math.floor(this.leaps() * 5)) as Revision);
  }

  private move(): void {
    if (this.member?.up && this.member.runs === this.run) this.watcher?.cancel();
    this.watcher = undefined;
    const { members } = this.around;
    const member = members[Math.floor(this.random() * members.length)] as SimMember;
    const { replica } = member;
    if (!replica || member.scope.paused) return;
    this.member = member;
    this.run = member.runs;
    if (!this.calm) this.leap(replica.machine.compactedRevision);
    let current = true;
    const after = this.checker.position;
    this.around.world.trace.note('is watched', member.id, `${this.checker.name} after ${after}`);
    const watcher = replica.hub.watch(this.checker.ranges, after, {
      onChanges: (revision, changes) => {
        if (this.watcher !== watcher)
          this.around.world.violated('watches', `${this.checker.name} gets changes after it was cancelled`);
        this.checker.onChanges(member.id, revision, changes);
        // A stream may tell its progress at any time, also between two revisions of one batch.
        this.checker.onProgress(member.id, watcher.deliveredRevision, replica.machine.revision);
        return this.calm || this.random() > 0.05;
      },
      onCompacted: (compacted) => {
        if (!current) this.around.world.violated('watches', `${this.checker.name} was told twice of a compaction`);
        current = false;
        this.watcher = undefined;
        this.checker.onCompacted(member.id, compacted, replica.machine.revision);
      },
    });
    this.watcher = watcher;
  }
}

function revisionOf({ replica }: SimMember): Revision {
  return replica?.machine.revision ?? (0 as Revision);
}
