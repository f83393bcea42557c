import { afterEach, expect, it } from 'vitest';
import { TestCluster, type TestMember } from './harness.js';

let cluster: TestCluster;
afterEach(() => cluster.stop());

const newcomer = {
  kind: 'add',
  name: 'n4',
  clientAddress: '127.0.0.1:7104',
  peerAddress: '127.0.0.1:7204',
  promote: false,
  replaces: undefined,
} as const;

function namesAt({ running }: TestMember): readonly string[] {
  return running.members.map(({ name }) => name);
}

it('A member that is added the moment there is a leader comes besides the first ones, which are not in the log yet', async () => {
  cluster = new TestCluster();
  for (const member of cluster.members) await member.start();
  const leader = await cluster.elected();
  const added = leader.running.changeMembership(newcomer, cluster.now + 60_000);
  await cluster.settle();
  let answered = false;
  added.then(() => {
    answered = true;
  }, expect.unreachable);
  await cluster.until('the member is added', () => answered);
  await cluster.even();
  for (const member of cluster.members) expect(namesAt(member)).toEqual(['n1', 'n2', 'n3', 'n4']);
});
