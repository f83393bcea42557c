/** All planted bugs. */
import { diskBugs } from './disk-bugs.js';
import { electionBugs } from './election-bugs.js';
import { logBugs } from './log-bugs.js';
import { machineBugs } from './machine-bugs.js';
import { membershipBugs } from './membership-bugs.js';
import type { Mutant } from './mutant.js';
import { readBugs } from './read-bugs.js';
import { watchBugs } from './watch-bugs.js';

export const mutants: readonly Mutant[] = [
  ...electionBugs,
  ...membershipBugs,
  ...logBugs,
  ...readBugs,
  ...diskBugs,
  ...machineBugs,
  ...watchBugs,
];
