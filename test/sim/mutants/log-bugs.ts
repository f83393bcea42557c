/** Replication and commitment of the log. */
import type { Mutant } from './mutant.js';

export const logBugs: readonly Mutant[] = [
  {
    name: 'old-term-committed-by-counting',
    why: 'Raft §5.4.2, figure 8: an entry of an earlier term that a majority holds can still be overwritten.',
    edits: [
      {
        file: 'src/raft/replication.ts',
        find: 'if (reached > raft.commit && raft.log.termAt(reached) === raft.term) raft.commitTo(reached);',
        replace: 'raft.commitTo(reached);',
      },
    ],
    seeds: 60,
  },
  {
    name: 'append-acknowledged-before-sync',
    why: 'Raft figure 2: entries are on disk before the follower answers. A power cut takes back what the leader counted.',
    edits: [
      {
        file: 'src/raft/ready.ts',
        find: '  if (index <= raft.log.persisted && raft.persistence.term === raft.term) raft.send(message);\n  else raft.sendAfterPersist(message);\n',
        replace: '  raft.send(message);\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'log-written-without-sync',
    why: 'Raft figure 2 again, a layer below: the store says done and the bytes are in a cache.',
    edits: [
      {
        file: 'src/storage/record-store.ts',
        find: 'const synced = first !== undefined || batch.syncHardState;',
        replace: 'const synced = batch.syncHardState;',
      },
    ],
    seeds: 50,
  },
  {
    name: 'leader-counts-its-unsynced-entry',
    why: 'Dissertation §10.2.1: the leader may write in parallel, but its own copy counts only once it is on disk.',
    edits: [
      {
        file: 'src/raft/state.ts',
        find: 'id === this.id ? this.log.persisted :',
        replace: 'id === this.id ? this.log.last :',
      },
    ],
    seeds: 200,
  },
  {
    name: 'single-member-commits-before-sync',
    why: 'etcd #14370: in a cluster of one an entry was committed, applied and answered before its write was synced.',
    edits: [
      {
        file: 'src/raft/state.ts',
        find: 'id === this.id ? this.log.persisted :',
        replace: 'id === this.id ? (this.membership.voters.length === 1 ? this.log.last : this.log.persisted) :',
      },
      {
        file: 'src/raft/raft.ts',
        find: '    raft.replicationDue = true;\n    return raft.log.last;\n',
        replace:
          '    raft.replicationDue = true;\n    if (raft.membership.voters.length === 1) advanceCommit(raft);\n    return raft.log.last;\n',
      },
    ],
    seeds: 200,
  },
  {
    name: 'matching-suffix-truncated',
    why: 'Raft §5.3: only a conflicting entry takes those after it away. A late append would cut off entries that were acknowledged.',
    edits: [{ file: 'src/raft/follower.ts', find: 'const at = log.firstNew(entries);', replace: 'const at = 0;' }],
    seeds: 50,
  },
  {
    name: 'previous-entry-not-compared',
    why: 'Raft §5.3: an append is accepted only where index and term of the entry before it match.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: 'if (prevIndex > raft.commit && log.termAt(prevIndex) !== message.prevTerm) {',
        replace: 'if (prevIndex > log.last) {',
      },
    ],
    seeds: 100,
  },
  {
    name: 'whole-log-acknowledged',
    why: 'Raft figure 2: matchIndex is what the append covered, not how long the follower’s log is; the rest may conflict. Alone it is harmless: the back-off finds the last entry on which the logs agree, so the first append takes away all that conflicts. Here a leader begins at its commit index, which Raft allows.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: '  acknowledge(raft, agreed);\n',
        replace: '  acknowledge(raft, log.last);\n',
      },
      {
        file: 'src/raft/roles.ts',
        find: '  const next = (raft.log.last + 1) as Index;\n  for (const id of raft.progress.keys())',
        replace: '  const next = (raft.commit + 1) as Index;\n  for (const id of raft.progress.keys())',
      },
    ],
    seeds: 150,
  },
  {
    name: 'commit-beyond-what-matches',
    why: 'Raft figure 2: commitIndex is at most the index of the last new entry; what follows in the log may be another leader’s. Planted with a leader that begins at its commit index, as whole-log-acknowledged is.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: 'raft.commitTo(Math.min(message.commit, agreed) as Index);',
        replace: 'raft.commitTo(Math.min(message.commit, log.last) as Index);',
      },
      {
        file: 'src/raft/roles.ts',
        find: '  const next = (raft.log.last + 1) as Index;\n  for (const id of raft.progress.keys())',
        replace: '  const next = (raft.commit + 1) as Index;\n  for (const id of raft.progress.keys())',
      },
    ],
    seeds: 300,
  },
  {
    name: 'heartbeat-commits-unmatched-entries',
    why: 'Raft figure 2 for heartbeats: they may name only what the follower is known to hold.',
    edits: [
      {
        file: 'src/raft/leader.ts',
        find: 'const commit = Math.min(raft.commit, progress.match) as Index;',
        replace: 'const commit = raft.commit;',
      },
    ],
    seeds: 150,
  },
  {
    name: 'leader-without-own-entry',
    why: 'Raft §8: a new leader commits an entry of its term at once; without it nothing of its predecessors is committed and no read is served.',
    edits: [
      {
        file: 'src/raft/roles.ts',
        find: "  raft.log.push({ index: next, term: raft.term, kind: 'noop', data: noData });\n",
        replace: '',
      },
    ],
    seeds: 20,
  },
  {
    name: 'replaced-entries-count-as-synced',
    why: 'Raft figure 2: a write under way holds entries that a new leader has replaced; its end must not vouch for the new ones.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: '      raft.persistence.lower(log.last);\n',
        replace: '',
      },
    ],
    seeds: 150,
  },
  {
    name: 'replaced-entries-stay-on-disk',
    why: 'Raft §5.3: the conflicting entry and all that follow it are removed, on disk too.',
    edits: [
      {
        file: 'src/storage/batch-encoder.ts',
        find: '    for (let index: number = expected; index <= lastIndex; index++) batch.del(logKey(this.generation, index));\n',
        replace: '',
      },
    ],
    seeds: 100,
  },
  {
    name: 'replaced-entries-still-gathered',
    why: 'Raft §5.3: entries that wait for the disk are replaced as those on it are.',
    edits: [
      {
        file: 'src/replica/persister.ts',
        find: 'while (last && last.index >= first.index) {',
        replace: 'while (last && last.index > first.index + 1_000_000) {',
      },
    ],
    seeds: 150,
  },
  {
    name: 'joint-quorum-of-new-majority-only',
    why: 'Dissertation §4.3: during a joint change a decision needs a majority of the old voters too.',
    edits: [
      {
        file: 'src/raft/quorum.ts',
        find: 'return outgoing.length === 0 ? one : Math.min(one, reachedByMajority(outgoing, reached));',
        replace: 'return outgoing.length >= 0 ? one : Math.min(one, reachedByMajority(outgoing, reached));',
      },
    ],
    seeds: 0,
    unit: { test: 'test/raft/quorum.test.ts', because: 'membership does not change at run time yet' },
  },
];
