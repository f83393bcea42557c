/** Bugs that a minute of chaos must find. */
import { present } from '../../../src/base/assert.js';
import { mutants } from '../../sim/mutants/index.js';
import type { Mutant } from '../../sim/mutants/mutant.js';

export interface PlantedBug extends Pick<Mutant, 'name' | 'why' | 'edits'> {
  /** Of a schedule that strikes what it takes. */
  readonly seed: number;
}

export const bugs: readonly PlantedBug[] = [
  {
    name: 'reads-answered-from-local-state',
    seed: 46,
    why: 'Dissertation §6.4: a member that asks nobody answers a linearizable read from the past when it lags or is cut off.',
    edits: [
      {
        file: 'src/replica/reads.ts',
        find: '    this.arriving.push(reader);\n',
        replace: '    queueMicrotask(() => reader.finish(undefined));\n',
      },
    ],
  },
  {
    name: 'acknowledged-before-commit',
    seed: 23,
    why: 'Raft §5.3: what only the leader has on its disk is lost with it.',
    edits: [
      {
        file: 'src/raft/replication.ts',
        find: 'const reached = reachedByQuorum(voters, outgoing, raft.matchOf) as Index;',
        replace: 'const reached = raft.matchOf(raft.id) as Index;',
      },
    ],
  },
  {
    name: 'event-lost-at-resume',
    seed: 46,
    why: 'etcd’s resumable watches: one that is resumed after a revision is owed the next one.',
    edits: [
      {
        file: 'src/api/quorate/watch-stream.ts',
        find: '    this.news = after;\n    this.follow(after);\n',
        replace:
          '    this.news = after;\n    this.follow(Math.min(after + 1, this.replica.machine.revision) as Revision);\n',
      },
    ],
  },
  {
    name: 'removed-member-goes-on',
    seed: 62,
    why: 'Dissertation §4.2.3: a member that is not one any more must not stay and disturb.',
    edits: [
      {
        file: 'src/member.ts',
        find: 'onRemoved: () => this.onRemoved(),',
        replace: 'onRemoved: () => {},',
      },
    ],
  },
  { ...ofSimulator('request-id-ignored'), seed: 23 },
  { ...ofSimulator('read-without-quorum-round'), seed: 85 },
];

/** One that the simulator finds, and real processes must find, too. */
function ofSimulator(name: string): Mutant {
  return present(
    mutants.find((mutant) => mutant.name === name),
    `there is a planted bug ${name}`,
  );
}
