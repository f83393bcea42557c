/** Votes, terms and leaders. */
import type { Mutant } from './mutant.js';

export const electionBugs: readonly Mutant[] = [
  {
    name: 'vote-sent-before-sync',
    why: 'Raft figure 2: the vote must be on disk before the answer goes. A crash between the two lets a member vote twice in a term.',
    edits: [
      {
        file: 'src/raft/voting.ts',
        find: "raft.sendAfterPersist({ kind: 'voteReply'",
        replace: "raft.send({ kind: 'voteReply'",
      },
    ],
    seeds: 200,
  },
  {
    name: 'hard-state-never-synced',
    why: 'Raft figure 2: currentTerm and votedFor are persistent state. Here they are written like the commit hint, whenever there is company.',
    edits: [
      {
        file: 'src/replica/persister.ts',
        find: '      if (!ready.hardStateOptional) next.syncHardState = true;\n',
        replace: '',
      },
    ],
    seeds: 200,
  },
  {
    name: 'vote-asked-before-sync',
    why: 'Raft figure 2: a candidate persists its new term and its own vote before it asks. After a crash it could ask again in the same term with another log.',
    edits: [
      {
        file: 'src/raft/candidate.ts',
        find: "raft.sendAfterPersist({ kind: 'voteRequest'",
        replace: "raft.send({ kind: 'voteRequest'",
      },
    ],
    seeds: 200,
  },
  {
    name: 'vote-for-shorter-log',
    why: 'Raft §5.4.1: of two logs that end in the same term the longer one is more up to date.',
    edits: [
      {
        file: 'src/raft/log.ts',
        find: 'return lastTerm > own || (lastTerm === own && lastIndex >= this.last);',
        replace: 'return lastTerm >= own;',
      },
    ],
    seeds: 50,
  },
  {
    name: 'vote-for-longer-log-of-older-term',
    why: 'Raft §5.4.1: the last term counts before the length.',
    edits: [
      {
        file: 'src/raft/log.ts',
        find: 'return lastTerm > own || (lastTerm === own && lastIndex >= this.last);',
        replace: 'return lastIndex >= this.last;',
      },
    ],
    seeds: 60,
  },
  {
    name: 'vote-kept-across-terms',
    why: 'Raft §5.1: votedFor belongs to a term. Kept over, it makes a member vote only for the candidate that it once chose.',
    edits: [
      {
        file: 'src/raft/roles.ts',
        find: '    raft.term = term;\n    raft.votedFor = undefined;\n',
        replace: '    raft.term = term;\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'vote-forgotten-within-term',
    why: 'Raft §5.2: at most one vote a term. Clearing it whenever a member becomes a follower lets it vote twice.',
    edits: [
      {
        file: 'src/raft/roles.ts',
        find: '    raft.term = term;\n    raft.votedFor = undefined;\n  }\n',
        replace: '    raft.term = term;\n  }\n  raft.votedFor = undefined;\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'second-vote-granted',
    why: 'Raft §5.2, first come first served: a vote that is given is given.',
    edits: [
      {
        file: 'src/raft/voting.ts',
        find: '    message.term === raft.term &&\n    isFree(raft, message.from) &&\n',
        replace: '    message.term === raft.term &&\n',
      },
    ],
    seeds: 100,
  },
  {
    name: 'old-leader-obeyed',
    why: 'Raft §5.1: a request of an older term is rejected.',
    edits: [
      {
        file: 'src/raft/raft.ts',
        find: 'if (message.term < raft.term && !',
        replace: 'if (message.term < 0 && !',
      },
    ],
    seeds: 50,
  },
  {
    name: 'pre-vote-bumps-term',
    why: 'Dissertation §9.6: a pre-vote changes nothing at the one that is asked. If it raises the term, a member that is cut off on one side deposes every leader.',
    edits: [
      {
        file: 'src/raft/raft.ts',
        find: "    case 'preVoteRequest':\n      return true;\n",
        replace: "    case 'preVoteRequest':\n      break;\n",
      },
    ],
    seeds: 100,
  },
  {
    name: 'check-quorum-missing',
    why: 'Dissertation §6.2: a leader that hears no quorum steps down. One that can send but not hear would hold its followers for ever.',
    edits: [{ file: 'src/raft/leader.ts', find: 'if (!hearsQuorum(raft)) {', replace: 'if (!hearsQuorum) {' }],
    seeds: 100,
  },
  {
    name: 'transfer-to-lagging-member',
    why: 'Dissertation §3.10: the target campaigns only once its log is as long as the leader’s; else nobody can win and the cluster stands still.',
    edits: [
      {
        file: 'src/raft/transfer.ts',
        find: 'if (to === undefined || raft.progress.get(to)?.match !== raft.log.last) return;',
        replace: 'if (to === undefined) return;',
      },
    ],
    seeds: 100,
  },
  {
    name: 'majority-too-small',
    why: 'Raft §5.2: half is not a majority. The rounding that gives one of three.',
    edits: [
      {
        file: 'src/raft/quorum.ts',
        find: 'return (size >> 1) + 1;',
        replace: 'return Math.max(1, size >> 1);',
      },
    ],
    seeds: 20,
  },
  {
    name: 'wiped-voter-votes',
    why: 'Dissertation §11.2 and Raft’s model of failures: a member that lost its disk may have voted and acknowledged; under its old name it must first catch up.',
    edits: [
      {
        file: 'src/replica/replica.ts',
        find: 'if (this.firstContact.onConnected(peer, founded) && !this.raftStatus.recovering) {',
        replace: 'if (this.firstContact.onConnected(peer, founded) && this.stopped) {',
      },
    ],
    seeds: 300,
  },
];
