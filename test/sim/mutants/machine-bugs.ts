/** Exactly once, determinism, time and leases, compaction. */
import type { Mutant } from './mutant.js';

export const machineBugs: readonly Mutant[] = [
  {
    name: 'repeated-sequence-applied-again',
    why: 'Dissertation §6.3: after an election a member sends again what may be in the log already. Guarded by the leader and by the machine; here by neither.',
    edits: [
      {
        file: 'src/machine/origins.ts',
        find: 'const repeats = Math.min(lastSequence + 1 - run.firstSequence, length);',
        replace: 'const repeats = 0;',
      },
      {
        file: 'src/replica/intake.ts',
        find: '    const repeated = known.lastSequence + 1 - run.firstSequence;\n',
        replace: '    const repeated = 0;\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'older-incarnation-accepted',
    why: 'Dissertation §6.3: what an earlier life of a member sent and the network kept must not be taken for new.',
    edits: [
      {
        file: 'src/machine/origins.ts',
        find: '    if (known !== undefined && run.incarnation < known.incarnation) return length;\n',
        replace: '',
      },
      {
        file: 'src/replica/intake.ts',
        find: 'if (!known || run.incarnation > known.incarnation) {\n      known = ',
        replace: 'if (!known || run.incarnation !== known.incarnation) {\n      known = ',
      },
    ],
    seeds: 100,
  },
  {
    name: 'sequence-gap-accepted',
    why: 'Dissertation §6.3: a command that overtakes a lost one would be applied without it, and the lost one taken for a repeat later.',
    edits: [
      {
        file: 'src/machine/origins.ts',
        find: '    if (run.firstSequence > lastSequence + 1) return length;\n    const repeats = Math.min(lastSequence + 1 - run.firstSequence, length);\n',
        replace: '    const repeats = Math.max(0, Math.min(lastSequence + 1 - run.firstSequence, length));\n',
      },
      {
        file: 'src/replica/intake.ts',
        find: 'if (run.incarnation < known.incarnation || run.firstSequence > known.lastSequence + 1) return;\n    const repeated = known.lastSequence + 1 - run.firstSequence;\n',
        replace:
          'if (run.incarnation < known.incarnation) return;\n    const repeated = Math.max(0, known.lastSequence + 1 - run.firstSequence);\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'request-id-ignored',
    why: 'Dissertation §6.3: a client that repeats a request at another member is answered from the ledger, not served twice.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: "if (request.requestId !== '' && request.command.kind !== 'leaseKeepAlive') {",
        replace: "if (request.requestId !== '' && request.requestId === request.command.kind) {",
      },
    ],
    seeds: 50,
  },
  {
    name: 'ledger-kept-only-where-answered',
    why: 'Dissertation §6.3: the ledger is replicated state. Kept only by the member that answers, it is gone with that member.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: "if (request.requestId !== '' && request.command.kind !== 'leaseKeepAlive') {",
        replace:
          "if (outcomes !== undefined && request.requestId !== '' && request.command.kind !== 'leaseKeepAlive') {",
      },
    ],
    seeds: 50,
  },
  {
    name: 'cluster-clock-goes-back',
    why: 'Dissertation §6.3 (time in the state machine): stamps of a new leader, or of an entry without one, must not take the clock back.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: 'if (batch.clock > parts.clock) parts.clock = batch.clock;',
        replace: 'parts.clock = batch.clock;',
      },
    ],
    seeds: 20,
  },
  {
    name: 'local-time-in-machine',
    why: 'Dissertation §8.1: a state machine that looks at a clock is not the same machine everywhere.',
    edits: [
      {
        file: 'src/machine/leases.ts',
        find: 'const lease = this.load(id, { ttlMs, deadline: clusterTime(now + ttlMs), ofRegistration, ofMachine });',
        replace:
          'const lease = this.load(id, { ttlMs, deadline: clusterTime(now + ttlMs + (Math.floor(performance.now() * 1000) % 5)), ofRegistration, ofMachine });',
      },
    ],
    seeds: 20,
  },
  {
    name: 'map-order-in-machine',
    why: 'Dissertation §8.1: the order of a set is its history, which differs on a member that was restored from disk.',
    edits: [
      {
        file: 'src/machine/guard.ts',
        find: 'const names = [...lease.keys].sort();',
        replace: 'const names = [...lease.keys];',
      },
    ],
    seeds: 70,
  },
  {
    name: 'ties-decided-by-heap',
    why: 'Dissertation §8.1: leases that end at the same time, in the order in which a heap happens to hold them.',
    edits: [
      {
        file: 'src/machine/deadlines.ts',
        find: 'return a.deadline < b.deadline || (a.deadline === b.deadline && a.id < b.id);',
        replace: 'return a.deadline < b.deadline;',
      },
    ],
    seeds: 0,
    unit: {
      test: 'test/machine/deadlines.test.ts',
      because: 'leases of a run seldom end at the same millisecond',
    },
  },
  {
    name: 'ledger-order-of-load',
    why: 'Dissertation §8.1: the ledger forgets its oldest; restored in the order of ids it would forget others.',
    edits: [
      {
        file: 'src/machine/ledger.ts',
        find: 'const loaded = [...this.requests].sort(([, a], [, b]) => a.index - b.index || a.position - b.position);',
        replace: 'const loaded = [...this.requests];',
      },
    ],
    seeds: 0,
    unit: {
      test: 'test/machine/ledger.test.ts',
      because: 'requests are forgotten after ten minutes of cluster time, longer than a run lasts',
    },
  },
  {
    name: 'renewal-not-written',
    why: 'etcd’s lease checkpoints (#9888): a deadline that is only in memory is another one after a restart.',
    edits: [
      {
        file: 'src/machine/leases.ts',
        find: 'lease.ttlMs);\n    this.deadlines.moved(lease);\n    this.record(lease);\n',
        replace: 'lease.ttlMs);\n    this.deadlines.moved(lease);\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'lease-keeps-key-that-left-it',
    why: 'etcd’s lessor: a key that is put without the lease, or on another one, no longer dies with the first.',
    edits: [
      {
        file: 'src/machine/leases.ts',
        find: "    if (from !== '') this.leases.get(from)?.keys.delete(key);\n",
        replace: '',
      },
    ],
    seeds: 100,
  },
  {
    name: 'status-change-drops-lease',
    why: 'etcd’s ignore_lease: an update that does not mean to touch the lease makes the instance immortal.',
    edits: [
      {
        file: 'src/machine/registry.ts',
        find: "keys.put(key, json, entry.lease);\n  keys.commit();\n  return { kind: 'setStatus' };",
        replace: "keys.put(key, json, NO_LEASE);\n  keys.commit();\n  return { kind: 'setStatus' };",
      },
    ],
    seeds: 100,
  },
  {
    name: 'stalled-leader-expires-leases',
    why: 'etcd #15247: a leader that was paused or stuck on its disk sees much time pass at once and revokes leases whose keep-alives wait in its queues.',
    edits: [
      {
        file: 'src/replica/cluster-clock.ts',
        find: 'Math.min(this.last + elapsed, applied + this.maxStepMs)',
        replace: 'this.last + elapsed',
      },
    ],
    seeds: 30,
  },
  {
    name: 'keep-alive-answered-by-deposed-leader',
    why: 'etcd #15247 and #16822: a leader answers a keep-alive from its own table; it may be deposed, and the lease gone.',
    edits: [
      {
        file: 'src/replica/replica.ts',
        find: '    const waiting = this.outbox.add(encodeCommand(command, requestId), deadlineMs, done);\n',
        replace: `    if (command.kind === 'leaseKeepAlive' && this.raftStatus.role === 'leader' && !this.stopped) {
      const ttlsMs = command.ids.map((id) => this.current.lease(id)?.ttlMs ?? 0);
      const renewal = this.outbox.add(encodeCommand(command, requestId), deadlineMs, () => {});
      this.schedule();
      this.options.scheduler.defer(() => done(undefined, { result: { kind: 'leaseKeepAlive', ttlsMs }, revision: this.current.revision }));
      return renewal;
    }
    const waiting = this.outbox.add(encodeCommand(command, requestId), deadlineMs, done);
`,
      },
    ],
    seeds: 300,
  },
  {
    name: 'compaction-drops-version-read-at-it',
    why: 'etcd’s kvindex compaction: of the versions at or before the compacted revision the newest stays if it was alive.',
    edits: [
      {
        file: 'src/machine/key-index.ts',
        find: 'if (tombstone && older[cut] !== revision) cut += 2;',
        replace: 'cut += 2;',
      },
    ],
    seeds: 200,
  },
  {
    name: 'compaction-drops-live-key',
    why: 'The same mistake for the newest version of a key: only a tombstone may go.',
    edits: [
      {
        file: 'src/machine/key-index.ts',
        find: 'return this.version === 0 && this.modRevision < revision && this.older === undefined;',
        replace: 'return this.modRevision < revision && this.older === undefined;',
      },
    ],
    seeds: 50,
  },
  {
    name: 'compaction-restarts-on-the-way',
    why: 'A compaction whose progress is not part of the state: after a restart a member has forgotten more or less than the others.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: '    this.compaction.cursor = meta.compactionCursor;\n',
        replace: '',
      },
    ],
    seeds: 0,
    unit: {
      test: 'test/machine/rebuild.test.ts',
      because: 'a run has fewer keys than one entry scrubs',
    },
  },
  {
    name: 'revision-goes-back-after-compaction',
    why: 'etcd #17780: the current revision is taken from the newest version on disk, which a compaction may have dropped as a tombstone. Guarded by the stored revision and by what a compaction keeps; here by neither.',
    edits: [
      {
        file: 'src/machine/key-index.ts',
        find: 'return this.version === 0 && this.modRevision < revision && this.older === undefined;',
        replace: 'return this.version === 0 && this.modRevision <= revision && this.older === undefined;',
      },
      { file: 'src/machine/machine.ts', find: '    this.keys.revision = meta.revision;\n', replace: '' },
      {
        file: 'src/machine/key-space.ts',
        find: '    const known = this.index.get(version.key);\n',
        replace:
          '    if (version.modRevision > this.revision) this.revision = version.modRevision;\n    const known = this.index.get(version.key);\n',
      },
    ],
    seeds: 80,
  },
  {
    name: 'view-not-restored-from-image',
    why: 'etcd #14571 and #11651: what was derived from the log (there: users and roles) is not there after an image or a restart, and the member decides by it otherwise than the others.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: '        this.parts.documents.load(record.version);\n',
        replace: '',
      },
    ],
    seeds: 20,
  },
  {
    name: 'txn-checked-only-where-answered',
    why: 'etcd #18667: a txn that reads a compacted revision was refused on one member and applied on another.',
    edits: [
      {
        file: 'src/machine/txn.ts',
        find: '  const refused = checkPath(parts, txn, path, checkWrite) ?? checkPath(parts, txn, path, checkRead);\n',
        replace:
          '  const refused = checkPath(parts, txn, path, checkWrite) ?? (detail ? checkPath(parts, txn, path, checkRead) : undefined);\n',
      },
    ],
    seeds: 100,
  },
];
