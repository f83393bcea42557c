/** Who decides, and how that changes. */
import type { Mutant } from './mutant.js';

export const membershipBugs: readonly Mutant[] = [
  {
    name: 'removed-member-disturbs',
    why: 'Dissertation §4.2.3: who hears a leader ignores those that want another. Without that, and without asking first, a member that does not know of its removal deposes leader after leader.',
    edits: [
      {
        file: 'src/raft/raft.ts',
        find: 'if (!message.transfer && raft.hasLiveLeader) return false;',
        replace: '',
      },
      { file: 'src/raft/voting.ts', find: '    !raft.hasLiveLeader &&\n', replace: '' },
    ],
    seeds: 50,
    expect: ['stickiness'],
  },
  {
    name: 'learner-elects',
    why: 'Dissertation §4.2.1: a learner has no vote. Here its vote counts like that of a voter.',
    edits: [
      {
        file: 'src/raft/candidate.ts',
        find: '  const { voters, outgoing } = raft.membership;\n  const result = tally(voters, outgoing, raft.votes);\n',
        replace:
          '  const { voters, outgoing, learners } = raft.membership;\n  const result = tally([...voters, ...learners], outgoing, raft.votes);\n',
      },
      {
        file: 'src/raft/candidate.ts',
        find: '  for (const to of allVoters(raft.membership)) askVote(raft, to);\n',
        replace:
          '  for (const to of [...allVoters(raft.membership), ...raft.membership.learners]) askVote(raft, to);\n',
      },
      {
        file: 'src/raft/candidate.ts',
        find: '  for (const to of allVoters(raft.membership)) askPreVote(raft, to);\n',
        replace:
          '  for (const to of [...allVoters(raft.membership), ...raft.membership.learners]) askPreVote(raft, to);\n',
      },
    ],
    seeds: 100,
  },
  {
    name: 'learner-commits',
    why: 'Dissertation §4.2.1: what a learner stores does not count for a commit.',
    edits: [
      {
        file: 'src/raft/replication.ts',
        find: 'reachedByQuorum(voters, outgoing, ',
        replace: 'reachedByQuorum([...voters, ...raft.membership.learners], outgoing, ',
      },
    ],
    seeds: 50,
  },
  {
    name: 'two-changes-in-flight',
    why: 'Dissertation §4.1 and the correction of 2015: the next change waits until the last one is committed, or two majorities need not meet.',
    edits: [
      {
        file: 'src/raft/change.ts',
        find: 'return memberships.index > commit || membership.outgoing.length > 0 ||',
        replace: 'return membership.outgoing.length > 0 ||',
      },
    ],
    seeds: 100,
    expect: ['membership'],
  },
  {
    name: 'change-before-commit-of-term',
    why: 'The bug in the dissertation’s single-server change (raft-dev, July 2015): a new leader may begin a change only once an entry of its term is committed.',
    edits: [
      {
        file: 'src/raft/change.ts',
        find: ' || raft.log.termAt(commit) !== raft.term;',
        replace: ';',
      },
    ],
    seeds: 100,
    expect: ['membership'],
  },
  {
    name: 'joint-needs-new-majority-only',
    why: 'Dissertation §4.3: while voters are joint, elections and commits need a majority of the old ones as well.',
    edits: [
      {
        file: 'src/raft/quorum.ts',
        find: '  return outgoing.length === 0 ? one : Math.min(one, reachedByMajority(outgoing, reached));\n',
        replace: '  return one;\n',
      },
      { file: 'src/raft/quorum.ts', find: '  if (outgoing.length === 0) return one;\n', replace: '  return one;\n' },
    ],
    seeds: 50,
    expect: ['quorums'],
  },
  {
    name: 'joint-needs-old-majority-only',
    why: 'Dissertation §4.3: while voters are joint, elections and commits need a majority of the new ones as well.',
    edits: [
      {
        file: 'src/raft/quorum.ts',
        find: '  const one = reachedByMajority(voters, reached);\n',
        replace: '  const one = reachedByMajority(outgoing.length === 0 ? voters : outgoing, reached);\n',
      },
      {
        file: 'src/raft/quorum.ts',
        find: '  const one = tallyMajority(voters, votes);\n',
        replace: '  const one = tallyMajority(outgoing.length === 0 ? voters : outgoing, votes);\n',
      },
    ],
    seeds: 50,
    expect: ['quorums'],
  },
  {
    name: 'half-of-even-is-majority',
    why: 'Raft §5.2: of four voters three are a majority, of two both. Rounding up the half is right for odd numbers only, and so for most clusters.',
    edits: [{ file: 'src/raft/quorum.ts', find: 'return (size >> 1) + 1;', replace: 'return (size + 1) >> 1;' }],
    seeds: 50,
    expect: ['quorums', 'authority'],
  },
  {
    name: 'single-member-never-commits',
    why: 'Raft §5.3: a majority of one is the leader itself. Commits are counted here when others answer, and nobody does.',
    edits: [
      {
        file: 'src/raft/raft.ts',
        find: "    if (raft.role === 'leader') advanceCommit(raft);\n    else if",
        replace: "    if (raft.role === 'leader') raft.statusChanged = true;\n    else if",
      },
    ],
    seeds: 50,
    expect: ['liveness'],
  },
  {
    name: 'membership-counts-once-committed',
    why: 'Dissertation §4.1: a membership counts as soon as it is in a log. Used from its commit on, the old majority alone decides on the change, and the two need not meet.',
    edits: [
      {
        file: 'src/raft/membership-log.ts',
        find: '    return this.newest.membership;\n',
        replace: '    return (this.held[0] as Held).membership;\n',
      },
    ],
    seeds: 50,
  },
  {
    name: 'membership-stays-after-truncation',
    why: 'Dissertation §4.1: when the entry is replaced, the membership before it counts again.',
    edits: [
      {
        file: 'src/raft/follower.ts',
        find: '      if (raft.memberships.truncateFrom(first.index)) raft.statusChanged = true;\n',
        replace: '',
      },
    ],
    seeds: 200,
    expect: ['membership', 'assertion', 'invariants'],
  },
  {
    name: 'promoted-before-caught-up',
    why: 'Dissertation §4.2.1: a newcomer votes only once its log keeps up, or the cluster stands still until it does.',
    edits: [
      {
        file: 'src/raft/change.ts',
        find: '({ id, promote }) => promote && membership.learners.includes(id) && keepsUp(raft, id),',
        replace: '({ id, promote }) => promote && membership.learners.includes(id),',
      },
    ],
    seeds: 50,
    expect: ['membership'],
  },
  {
    name: 'leader-outlives-its-removal',
    why: 'Dissertation §4.2.2: a leader that is not in the committed membership steps down.',
    edits: [
      {
        file: 'src/raft/change.ts',
        find: '  else if (!isVoter(raft.membership, raft.id)) stepDown(raft);\n',
        replace: '',
      },
    ],
    seeds: 100,
    expect: ['membership', 'invariants'],
  },
  {
    name: 'identity-used-again',
    why: 'Dissertation §4.2 and etcd’s rule of ids: who was removed may have promised what it has forgotten, so its id never comes back. Here the id is made of the name alone.',
    edits: [
      {
        file: 'src/replica/change-request.ts',
        find: "place}`, 'utf8')",
        replace: "place.length}`, 'utf8')",
      },
    ],
    seeds: 200,
  },
  {
    name: 'removed-forgotten',
    why: 'A member that was removed is told so when it calls. Without the memory of it, it goes on as if it were cut off.',
    edits: [
      {
        file: 'src/raft/membership.ts',
        find: 'const removed = [...(before.removed ?? []), ...gone];',
        replace: 'const removed = [...gone];',
      },
    ],
    seeds: 50,
    expect: ['membership'],
  },
  {
    name: 'founders-left-out',
    why: 'Found here: a member that was added before the first leader had written the founders into the log left them out of it.',
    edits: [
      {
        file: 'src/replica/change-request.ts',
        find: '  if (membership.records === undefined)\n',
        replace: '  if (membership.records === undefined && lastIndex < 0)\n',
      },
    ],
    seeds: 150,
  },
  {
    name: 'unknown-leader-refused',
    why: 'Found here: a member that was away while others joined refused the leader that it had not heard of. The edit is in the twin of the transport, which the simulator runs.',
    edits: [
      {
        file: 'src/transport/memory.ts',
        find: 'return other.peers.has(this.self) || (this.options.founded() && !other.removed.has(this.self));',
        replace: 'return other.peers.has(this.self);',
      },
    ],
    seeds: 200,
    expect: ['liveness'],
  },
];
