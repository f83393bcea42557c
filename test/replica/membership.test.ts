import { afterEach, expect, it } from 'vitest';
import { QuorateError, type Reason } from '../../src/base/errors.js';
import type { MemberId } from '../../src/base/ids.js';
import type { MemberChange, MemberInfo } from '../../src/replica/types.js';
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

const bare = { ...newcomer, name: '', clientAddress: '' };

/** What the asked member, which passes it to the leader, answers. */
async function changed(member: TestMember, change: MemberChange): Promise<MemberId | Reason> {
  let answer: MemberId | Reason | undefined;
  member.running.changeMembership(change, cluster.now + 60_000).then(
    (id) => {
      answer = id;
    },
    (error: unknown) => {
      answer = error instanceof QuorateError ? error.reason : 'BUG';
    },
  );
  await cluster.until('the change is answered', () => answer !== undefined);
  return answer ?? 'BUG';
}

function infoAt({ running }: TestMember, member: MemberId | Reason): MemberInfo | undefined {
  return running.members.find(({ id }) => id === member);
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

it('A member that was added by its peer address alone is who comes with that address: the same id, with its name from then on', async () => {
  cluster = await TestCluster.start();
  const [asked] = cluster.followers as [TestMember];
  const id = await changed(asked, bare);
  await cluster.even();
  for (const member of cluster.members)
    expect(infoAt(member, id)).toEqual({
      id,
      name: '',
      clientAddress: '',
      peerAddress: '127.0.0.1:7204',
      learner: true,
    });
  const hash = asked.running.membersHash;
  // It was to stay a learner, which the newcomer does not know.
  expect(await changed(asked, { ...newcomer, promote: true })).toBe(id);
  await cluster.even();
  for (const member of cluster.members) {
    expect(namesAt(member)).toEqual(['n1', 'n2', 'n3', 'n4']);
    expect(infoAt(member, id)).toMatchObject({ clientAddress: '127.0.0.1:7104', learner: true });
  }
  expect(asked.running.membersHash).not.toBe(hash);
  expect(asked.running['roster'].applied).toMatchObject({ learners: [id], records: [{}, {}, {}, { promote: false }] });
  // Asked again, as after a lost answer.
  expect(await changed(asked, newcomer)).toBe(id);
  expect(await changed(asked, bare)).toBe('MEMBER_EXISTS');
});

it('Nobody takes over a member under a name or an address that another has, nor to replace a third', async () => {
  cluster = await TestCluster.start();
  const { leader = cluster.member(1) } = cluster;
  const id = await changed(leader, bare);
  const first = infoAt(leader, 1 as MemberId) as MemberInfo;
  expect(await changed(leader, { ...newcomer, name: 'N1' })).toBe('MEMBER_EXISTS');
  expect(await changed(leader, { ...newcomer, clientAddress: first.clientAddress })).toBe('MEMBER_EXISTS');
  expect(await changed(leader, { ...newcomer, replaces: first.id })).toBe('MEMBER_EXISTS');
  // A second one without a name is another one.
  const other = await changed(leader, { ...bare, peerAddress: '127.0.0.1:7205' });
  expect(infoAt(leader, other)).toMatchObject({ name: '', peerAddress: '127.0.0.1:7205' });
  expect(other).not.toBe(id);
  // One that never said who it is cannot have caught up.
  expect(await changed(leader, { kind: 'promote', id: id as MemberId })).toBe('MEMBER_NOT_READY');
  expect(await changed(leader, { kind: 'remove', id: id as MemberId })).toBe(id);
  // Whoever comes now is somebody else.
  expect(await changed(leader, newcomer)).not.toBe(id);
});

it('A member moves: its peer address is another one everywhere, and the rest of it stays', async () => {
  cluster = await TestCluster.start();
  const [asked] = cluster.followers as [TestMember];
  const id = (await changed(asked, newcomer)) as MemberId;
  const describe = { kind: 'describe', id, peerAddress: '127.0.0.1:7999' } as const;
  expect(await changed(asked, describe)).toBe(id);
  await cluster.even();
  for (const member of cluster.members)
    expect(infoAt(member, id)).toMatchObject({
      name: 'n4',
      clientAddress: '127.0.0.1:7104',
      peerAddress: '127.0.0.1:7999',
    });
  expect(await changed(asked, describe)).toBe(id);
  expect(await changed(asked, { ...describe, peerAddress: '127.0.0.1:7201' })).toBe('MEMBER_EXISTS');
  expect(await changed(asked, { ...describe, id: 4711 as MemberId })).toBe('MEMBER_NOT_FOUND');
  // A founder is still where the settings of the others say; the log knows better for those without.
  expect(await changed(asked, { ...describe, id: 1 as MemberId, peerAddress: '127.0.0.1:7998' })).toBe(1);
  expect(infoAt(asked, 1 as MemberId)?.peerAddress).toBe('127.0.0.1:7201');
  expect(asked.running['roster'].applied.records?.[0]?.peerAddress).toBe('127.0.0.1:7998');
});
