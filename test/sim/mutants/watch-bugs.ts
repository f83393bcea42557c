/** Watches: order, gaps, repeats and progress. */
import type { Mutant } from './mutant.js';

export const watchBugs: readonly Mutant[] = [
  {
    name: 'live-before-caught-up',
    why: 'etcd’s unsynced watchers: one that joins the live ones before it has read everything loses what lies between.',
    edits: [
      {
        file: 'src/watch/catch-up.ts',
        find: '      if (watcher.position < this.host.revision) continue;\n',
        replace: '',
      },
    ],
    seeds: 100,
  },
  {
    name: 'catching-up-repeats',
    why: 'etcd #17247, duplicated events: watchers that catch up together at different places are all given the same.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: 'if (watcher.round !== round || watcher.position >= revision) continue;',
        replace: 'if (watcher.round !== round) continue;',
      },
    ],
    seeds: 200,
  },
  {
    name: 'event-lost-when-stream-is-full',
    why: 'etcd #17529, stream starvation: the change for which there was no room counts as delivered.',
    edits: [
      {
        file: 'src/watch/watcher.ts',
        find: 'this.position = (missed - 1) as Revision;',
        replace: 'this.position = missed;',
      },
    ],
    seeds: 100,
  },
  {
    name: 'full-stream-resumes-live',
    why: 'etcd #17529 again: a stream that drains goes on with the present and skips what it missed.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: "    if (watcher.position >= this.revision) watcher.state = 'live';\n",
        replace: "    if (watcher.position >= 0) watcher.state = 'live';\n",
      },
    ],
    seeds: 100,
  },
  {
    name: 'progress-ahead-of-events',
    why: 'etcd #15220: progress of the member is reported on a stream that has not been given its events yet.',
    edits: [
      {
        file: 'src/watch/watcher.ts',
        find: "    if (this.state !== 'live') return this.position;\n",
        replace: '',
      },
    ],
    seeds: 100,
  },
  {
    name: 'progress-of-revision-being-handed-out',
    why: 'etcd #15220: the revision of the store is ahead of what has been handed to the watchers in the same batch.',
    edits: [
      {
        file: 'src/watch/watcher.ts',
        find: '    return this.position > delivered && this.position <= revision ? this.position : delivered;\n',
        replace: '    return revision > delivered ? revision : delivered;\n',
      },
    ],
    seeds: 200,
  },
  {
    name: 'future-watch-gets-old-events',
    why: 'etcd #20221: a watch from a revision that the member has not reached is given the earlier ones as they come.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: "if (watcher.state !== 'live' || revision <= watcher.position) continue;",
        replace: "if (watcher.state !== 'live') continue;",
      },
    ],
    seeds: 100,
  },
  {
    name: 'future-watch-tells-progress',
    why: 'etcd #20221: a watch from a revision that the member has not reached says that it has given everything up to there.',
    edits: [
      {
        file: 'src/watch/watcher.ts',
        find: '    return this.position > delivered && this.position <= revision ? this.position : delivered;\n',
        replace: '    return this.position > delivered ? this.position : delivered;\n',
      },
    ],
    seeds: 20,
  },
  {
    name: 'change-told-twice',
    why: 'etcd #17247: a txn’s changes come out twice, so watches are given the same revision again.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: '      this.handOut(each, started);\n',
        replace:
          '      this.handOut(each, started);\n      if (each.changes.length > 1) this.handOut(each, started);\n',
      },
    ],
    seeds: 20,
  },
  {
    name: 'watch-travels-back-in-time',
    why: 'etcd #15271: a client resumes at a member that is behind, and is shown again what it has seen.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: 'const watcher = new HubWatcher(this, sink, after);',
        replace: 'const watcher = new HubWatcher(this, sink, after > this.revision ? this.revision : after);',
      },
    ],
    seeds: 100,
  },
  {
    name: 'image-repeats-live-watches',
    why: 'etcd’s watchable store after a restore: a watcher that was up to date is sent through history again.',
    edits: [
      {
        file: 'src/watch/hub.ts',
        find: '        if (watcher.position < delivered) watcher.position = delivered;\n',
        replace: '',
      },
    ],
    seeds: 60,
  },
  {
    name: 'image-skips-live-watches',
    why: 'etcd’s watchable store after a restore (#8411): what lies between the old state and the image is never told.',
    edits: [
      {
        file: 'src/replica/replica.ts',
        find: '        this.hub.reset(machine.revision, machine.compactedRevision);\n',
        replace:
          '        this.hub.compacted(machine.compactedRevision);\n        this.hub.publish([], machine.revision);\n',
      },
    ],
    seeds: 500,
  },
  {
    name: 'delete-lost-at-compacted-revision',
    why: 'etcd #19179: a watch may begin at the compacted revision itself, whose tombstones were scrubbed.',
    edits: [
      {
        file: 'src/machine/key-index.ts',
        find: 'return this.version === 0 && this.modRevision < revision && this.older === undefined;',
        replace: 'return this.version === 0 && this.modRevision <= revision && this.older === undefined;',
      },
    ],
    seeds: 160,
  },
  {
    name: 'delete-before-later-put-lost-at-compacted-revision',
    why: 'etcd #18089: the same tombstone where the key has been put again since.',
    edits: [
      {
        file: 'src/machine/key-index.ts',
        find: 'if (tombstone && older[cut] !== revision) cut += 2;',
        replace: 'if (tombstone) cut += 2;',
      },
    ],
    seeds: 60,
  },
  {
    name: 'watch-begins-before-compacted-revision',
    why: 'etcd’s watch may begin at the compacted revision and not one before it, where tombstones are missing.',
    edits: [
      {
        file: 'src/watch/history.ts',
        find: 'return after + 1 < compactedRevision;',
        replace: 'return after + 2 < compactedRevision;',
      },
    ],
    seeds: 150,
  },
  {
    name: 'compacted-watch-goes-on',
    why: 'etcd #18089: a watch from a revision that is compacted is not refused but given what is left.',
    edits: [
      {
        file: 'src/watch/history.ts',
        find: 'return after + 1 < compactedRevision;',
        replace: 'return after < 0 && after + 1 < compactedRevision;',
      },
    ],
    seeds: 200,
  },
  {
    name: 'recent-changes-forgotten-too-early',
    why: 'etcd #17529: what is dropped from memory is not on disk yet, so a watcher that reads on finds a gap.',
    edits: [
      {
        file: 'src/watch/recent.ts',
        find: '      if (revision > persisted) break;\n',
        replace: '',
      },
    ],
    seeds: 300,
  },
  {
    name: 'history-of-another-store',
    why: 'Found here: while an image took the place of the store, history was read of the new one and checked against the compaction of the old one.',
    edits: [{ file: 'src/watch/hub.ts', find: '    this.catchUp.suspend();\n', replace: '' }],
    seeds: 0,
    unit: { test: 'test/watch/hub.test.ts', because: 'it took the simulator 3,231 seeds' },
  },
  {
    name: 'revision-cut-in-two',
    why: 'etcd’s fragmented watch responses: the changes of a revision come together or not at all.',
    edits: [
      {
        file: 'src/storage/scans.ts',
        find: 'if (version.modRevision !== revision && bytes > maxBytes) return false;',
        replace: 'if (bytes > maxBytes) return false;',
      },
    ],
    seeds: 0,
    unit: { test: 'test/storage/memory.test.ts', because: 'a read of history holds 256 KiB, more than a run writes' },
  },
];
