/** Linearizable reads. */
import type { Mutant } from './mutant.js';

export const readBugs: readonly Mutant[] = [
  {
    name: 'read-without-quorum-round',
    why: 'Dissertation §6.4, step 3: a leader that was deposed and does not know it would answer from the past.',
    edits: [
      {
        file: 'src/raft/read-index.ts',
        find: '  if (!isQuorum(voters, outgoing, confirmed)) return false;\n',
        replace: '',
      },
    ],
    seeds: 100,
  },
  {
    name: 'read-before-own-commit',
    why: 'Dissertation §6.4, step 1: before it has committed an entry of its term a leader does not know what is committed.',
    edits: [
      {
        file: 'src/raft/read-index.ts',
        find: '  if (raft.log.termAt(raft.commit) !== raft.term) return false;\n',
        replace: '',
      },
    ],
    seeds: 300,
  },
  {
    name: 'read-joins-round-under-way',
    why: 'Dissertation §6.4: the index of a round was noted before a read that comes later; writes between them would be missed.',
    edits: [
      {
        file: 'src/raft/read-index.ts',
        find: '    raft.waitingReads.push({ from: raft.id, token });',
        replace:
          '    (raft.roundReads.length > 0 ? raft.roundReads : raft.waitingReads).push({ from: raft.id, token });',
      },
      {
        file: 'src/raft/read-index.ts',
        find: "if (raft.role === 'leader' && message.term === raft.term) raft.waitingReads.push(read);",
        replace:
          "if (raft.role === 'leader' && message.term === raft.term) (raft.roundReads.length > 0 ? raft.roundReads : raft.waitingReads).push(read);",
      },
    ],
    seeds: 100,
  },
  {
    name: 'callers-join-asked-round',
    why: 'The same at the door of a member: a caller that comes after the question went out shares its answer.',
    edits: [
      {
        file: 'src/replica/reads.ts',
        find: '    this.arriving.push(reader);\n',
        replace: '    (this.asked?.readers ?? this.arriving).push(reader);\n',
      },
    ],
    seeds: 100,
  },
  {
    name: 'read-does-not-wait-for-apply',
    why: 'Dissertation §6.4, step 4: the reader waits until its machine has reached the index.',
    edits: [
      {
        file: 'src/replica/reads.ts',
        find: 'else if (at <= applied) finishAll(round.readers);',
        replace: 'else if (at <= applied || at > 0) finishAll(round.readers);',
      },
    ],
    seeds: 50,
  },
  {
    name: 'stale-read-after-pause',
    why: 'Dissertation §6.4.1: a lease for reads assumes that time was seen to pass. Counted in ticks, a member that was paused thinks that it was not.',
    edits: [
      {
        file: 'src/raft/read-index.ts',
        find: 'id === raft.id || (raft.progress.get(id)?.readRound ?? 0) >= raft.readRound;',
        replace: 'id === raft.id || raft.now - (raft.progress.get(id)?.heardAt ?? 0) < raft.options.electionTicks;',
      },
    ],
    seeds: 200,
  },
];
