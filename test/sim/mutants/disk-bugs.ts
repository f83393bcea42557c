/** What is on disk together with what, restarts, trimming and images. */
import type { Mutant } from './mutant.js';

export const diskBugs: readonly Mutant[] = [
  {
    name: 'applied-index-behind-its-state',
    why: 'etcd #13766: the applied index was not written with the state that it stands for; after a crash entries were applied again.',
    edits: [
      {
        file: 'src/storage/batch-encoder.ts',
        find: '      ...last.meta,\n',
        replace: '      ...last.meta,\n      appliedIndex: applied[0]?.meta.appliedIndex ?? last.meta.appliedIndex,\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'state-and-log-in-two-batches',
    why: 'etcd #13766, the other way round: the state reaches the disk in a batch before that of the log.',
    edits: [
      {
        file: 'src/storage/record-store.ts',
        find: '    const machine = this.encoder.applied(ops, batch.applied);\n',
        replace:
          '    const before = this.disk.batch();\n    const machine = this.encoder.applied(before, batch.applied);\n    if (machine) this.writer.submit(before, false, () => {});\n',
      },
    ],
    seeds: 20,
  },
  {
    name: 'reapplied-after-restart',
    why: 'etcd #13766: what the state on disk holds is handed out again after a restart.',
    edits: [
      {
        file: 'src/replica/raft-setup.ts',
        find: 'applied: stored.machine?.appliedIndex ?? stored.start.index,',
        replace: 'applied: stored.start.index,',
      },
    ],
    seeds: 20,
  },
  {
    name: 'log-trimmed-before-state-is-synced',
    why: 'Raft §7: entries may go once the snapshot that replaces them is on stable storage.',
    edits: [
      {
        file: 'src/replica/trimmer.ts',
        find: 'this.next(applied, sending < syncedApplied ? sending : syncedApplied)',
        replace: 'this.next(applied, applied)',
      },
    ],
    seeds: 200,
  },
  {
    name: 'image-over-newer-log',
    why: 'Raft §7: where the log already holds the last entry of the image, what follows it is kept; the follower has acknowledged it.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: '  if (meta.index > raft.commit && log.termAt(meta.index) === meta.term) raft.commitTo(meta.index);\n',
        replace: '',
      },
    ],
    seeds: 500,
  },
  {
    name: 'older-image-installed',
    why: 'Raft §7: an image that came late must not take the state back.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: '  if (meta.index <= raft.commit) {\n',
        replace: '  if (meta.index <= log.startIndex) {\n',
      },
    ],
    seeds: 120,
  },
  {
    name: 'ledger-missing-from-image',
    why: 'Raft §8 and dissertation §6.3: what makes repeats harmless is part of the state, and so of the snapshot.',
    edits: [
      {
        file: 'src/storage/image-out.ts',
        find: '        for (const record of page) cutter.add(record[0], this.check(record));\n',
        replace:
          '        for (const record of page) if (record[0][GENERATION_BYTES] !== 0x72) cutter.add(record[0], this.check(record));\n',
      },
    ],
    seeds: 500,
  },
  {
    name: 'ledger-lost-at-restart',
    why: 'Dissertation §6.3: the same for a restart from disk.',
    edits: [
      {
        file: 'src/machine/machine.ts',
        find: 'if (record.record !== undefined) this.ledger.load(record.id, record.record);',
        replace: '',
      },
    ],
    seeds: 200,
  },
  {
    name: 'image-installed-without-sync',
    why: 'etcd #14685, a crash while storage is rewritten: the switch to the new state is reported before it is durable.',
    edits: [
      {
        file: 'src/storage/record-store.ts',
        find: '    await this.writer.write(batch, true);\n    this.writing = false;\n',
        replace: '    await this.writer.write(batch, false);\n    this.writing = false;\n',
      },
    ],
    seeds: 20,
  },
  {
    name: 'image-installed-without-hard-state',
    why: 'Raft figure 2: term and vote must be as new as the log beside them.',
    edits: [
      {
        file: 'src/storage/record-store.ts',
        find: '    this.encoder.hardState(batch, hardState);\n    await this.writer.write(batch, true);\n',
        replace: '    await this.writer.write(batch, true);\n',
      },
    ],
    seeds: 200,
  },
  {
    name: 'old-writes-flushed-over-image',
    why: 'Raft §7: what was gathered of the old state must not be written into the new one.',
    edits: [{ file: 'src/replica/replica.ts', find: '    this.persister.dropForInstall();\n', replace: '' }],
    seeds: 100,
  },
  {
    name: 'own-commands-open-after-image',
    why: 'A member that skips entries by an image never sees the outcomes of its own commands among them.',
    edits: [{ file: 'src/replica/replica.ts', find: '        this.settleOwn(machine);\n', replace: '' }],
    seeds: 500,
  },
  {
    name: 'damage-not-noticed',
    why: 'etcd #18096: a record that is not what was written is taken as it is, and the member goes on with it.',
    edits: [
      {
        file: 'src/storage/records.ts',
        find: "    throw new DecodeError('its checksum is wrong');\n",
        replace: "    if (stored.length === 0) throw new DecodeError('its checksum is wrong');\n",
      },
    ],
    seeds: 50,
  },
  {
    name: 'values-forgotten-before-written',
    why: 'Write-behind: what is not yet readable on disk is dropped from memory when its write begins instead of when it ends.',
    edits: [
      {
        file: 'src/replica/persister.ts',
        find: '    this.startedAt = now;\n',
        replace:
          '    this.startedAt = now;\n    const newest = batch.applied.at(-1);\n    if (newest) this.events.onAppliedPersisted(newest.meta);\n',
      },
    ],
    seeds: 200,
  },
  {
    name: 'incarnation-reused',
    why: 'Dissertation §6.3: sequence numbers of a new session must not be taken for those of an old one.',
    edits: [
      {
        file: 'src/storage/opening.ts',
        find: 'const incarnation = Math.max(earlier.incarnation + 1, nowMs);',
        replace: 'const incarnation = earlier.incarnation;',
      },
    ],
    seeds: 50,
  },
];
