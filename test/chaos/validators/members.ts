/** "Members" of docs/guarantees.md: at an equal index the state of all members is equal to the byte. */
import type { History } from '../history.js';
import type { Finding } from './finding.js';

export function validateMembers({ finals }: History): Finding {
  const violations: string[] = [];
  const told = finals.map(({ member, index, hash }) => `${member} has ${hash} at index ${index}`).join(', ');
  if (finals.length < 2) violations.push(`the states of ${finals.length} members are known in the end`);
  else if (new Set(finals.map(({ index, hash }) => `${index} ${hash}`)).size > 1)
    violations.push(`states differ: ${told}`);
  return { violations, checked: { members: finals.length } };
}
