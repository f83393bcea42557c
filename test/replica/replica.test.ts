import { afterEach, describe, expect, it, vi } from 'vitest';
import { present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import type { PeerMessage } from '../../src/transport/transport.js';
import { electionMs, electionTicks, type Options, put, TestCluster, type TestMember } from './harness.js';

let cluster: TestCluster;
afterEach(async () => {
  const failures = cluster.members.map(({ fatal }) => fatal);
  await cluster.stop();
  expect(failures).toEqual([undefined, undefined, undefined]);
});

interface Roles {
  readonly leader: TestMember;
  readonly followers: readonly [TestMember, TestMember];
}

function roles(): Roles {
  const [first, second] = cluster.followers;
  return {
    leader: present(cluster.leader, 'a leader'),
    followers: [present(first, 'a follower'), present(second, 'a follower')],
  };
}

async function start(options?: Options): Promise<Roles> {
  cluster = await TestCluster.start(options);
  return roles();
}

/** Messages of these kinds on this way are lost. */
function lose(from: TestMember | undefined, to: TestMember | undefined, ...kinds: PeerMessage['kind'][]): void {
  cluster.passes = (delivery) =>
    !(
      (!from || delivery.from === from.id) &&
      (!to || delivery.to === to.id) &&
      delivery.message &&
      kinds.includes(delivery.message.kind)
    );
}

/** More than the log keeps with `small`, in entries of their own. */
const large = Buffer.alloc(1_200_000);
const small = { keepLogBytes: 1_000_000 };

async function fillLog(at: TestMember, puts = 12): Promise<void> {
  for (let i = 0; i < puts; i++) {
    const answer = at.put(`large/${i}`, large);
    await cluster.until('a large value is written', () => answer.calls > 0);
    expect(answer.said).toBe('OK');
  }
  await cluster.tick(2);
}

describe('a command', () => {
  it('of a caller at a follower is answered when it is applied there', async () => {
    const { leader, followers } = await start();
    const answer = followers[0].put('a');
    expect(answer.said).toBeUndefined();
    await cluster.until('it is answered', () => answer.calls > 0);
    expect(answer.said).toBe('OK');
    expect(followers[0].versionOf('a')).toBe(1);
    await cluster.even();
    expect([leader.versionOf('a'), followers[1].versionOf('a')]).toEqual([1, 1]);
  });

  it('is applied once when the leader dies before it is committed', async () => {
    const { leader, followers } = await start();
    lose(leader, undefined, 'appendRequest');
    const answers = [0, 1, 2].map((i) => followers[0].put(`k${i}`));
    await cluster.settle();
    expect(answers.map(({ said }) => said)).toEqual([undefined, undefined, undefined]);
    await leader.crash();
    cluster.heal();
    await cluster.elected();
    await cluster.even();
    expect(answers.map(({ said, calls }) => [said, calls])).toEqual([0, 1, 2].map(() => ['OK', 1]));
    for (const member of cluster.running) expect([0, 1, 2].map((i) => member.versionOf(`k${i}`))).toEqual([1, 1, 1]);
  });

  it('is applied once when its member does not hear that it is committed and sends it to the next leader again', async () => {
    const { leader, followers } = await start();
    const [caller, other] = followers;
    lose(leader, caller, 'appendRequest');
    const answer = caller.put('a');
    await cluster.settle();
    expect(other.versionOf('a')).toBe(1);
    expect(answer.said).toBeUndefined();
    await leader.crash();
    cluster.heal();
    await cluster.elected();
    await cluster.even();
    expect([answer.said, answer.calls]).toEqual(['OK', 1]);
    const next = caller.put('a');
    await cluster.until('the next one is answered', () => next.calls > 0);
    expect([caller.versionOf('a'), other.versionOf('a')]).toEqual([2, 2]);
  });

  it('is applied once when the old leader has it in a log that is overruled', async () => {
    const { leader, followers } = await start();
    cluster.isolate(leader);
    const answer = leader.put('a');
    await cluster.settle();
    await cluster.until('the others have a leader', () =>
      followers.some(({ running }) => running.status().role === 'leader'),
    );
    cluster.heal();
    await cluster.until('it is answered', () => answer.calls > 0);
    await cluster.even();
    expect(answer.said).toBe('OK');
    for (const member of cluster.members) expect(member.versionOf('a')).toBe(1);
  });

  it('that arrives at a leader long after its member has started anew is not applied', async () => {
    const { leader, followers } = await start();
    const [caller] = followers;
    const late: (() => void)[] = [];
    cluster.passes = (delivery) => {
      if (delivery.message?.kind !== 'forward') return true;
      late.push(() => delivery.run());
      return false;
    };
    caller.put('late');
    await cluster.settle();
    expect(late).toHaveLength(1);
    cluster.heal();
    await caller.crash();
    await caller.start();
    await cluster.elected();
    const answer = caller.put('a');
    await cluster.until('it is answered', () => answer.calls > 0);
    for (const arrive of late) arrive();
    await cluster.tick(2);
    const next = caller.put('a');
    await cluster.until('the next one is answered', () => next.calls > 0);
    expect([leader.versionOf('late'), leader.versionOf('a')]).toEqual([0, 2]);
  });

  it('gets through although a message was lost and others keep coming', async () => {
    const { leader, followers } = await start();
    const [caller] = followers;
    lose(caller, leader, 'forward');
    const lost = caller.put('lost');
    await cluster.settle();
    cluster.heal();
    const answers = [];
    for (let i = 0; i < 10; i++) {
      answers.push(caller.put(`k${i}`));
      await cluster.tick(electionTicks / 2);
    }
    expect(lost.said).toBe('OK');
    expect(answers[5]?.said).toBe('OK');
  });

  it('gets NO_QUORUM at its deadline and is not applied later if no leader had it', async () => {
    const { followers } = await start();
    const [caller] = followers;
    cluster.isolate(caller);
    await cluster.until('it has lost its leader', () => caller.running.status().leader === undefined);
    const answer = caller.submit(put('a'), 1_000);
    const next = caller.put('b');
    await cluster.tick(10);
    expect(answer.said).toBeUndefined();
    await cluster.tick(11);
    expect([answer.said, next.said]).toEqual(['NO_QUORUM', undefined]);
    cluster.heal();
    await cluster.until('the next one is answered', () => next.calls > 0);
    expect([answer.calls, next.said]).toEqual([1, 'OK']);
    expect([caller.versionOf('a'), caller.versionOf('b')]).toEqual([0, 1]);
  });

  it('that is cancelled is not answered', async () => {
    const { followers } = await start();
    const answer = followers[0].put('a');
    answer.waiting?.cancel();
    const next = followers[0].put('b');
    await cluster.until('the next one is answered', () => next.calls > 0);
    expect([answer.calls, followers[0].versionOf('a')]).toEqual([0, 0]);
  });
});

describe('a linearizable read', () => {
  it('at a follower waits until what was acknowledged elsewhere is applied there', async () => {
    const { leader, followers } = await start();
    const [reader] = followers;
    lose(leader, reader, 'appendRequest');
    const written = leader.put('a');
    await cluster.settle();
    expect(written.said).toBe('OK');
    const read = reader.read('a');
    await cluster.tick();
    expect(read.said).toBeUndefined();
    cluster.heal();
    await cluster.until('it is answered', () => read.calls > 0);
    expect([read.said, read.seen]).toEqual(['OK', 1]);
  });

  it('at a leader that was cut off does not show the old value', async () => {
    const { leader, followers } = await start();
    cluster.isolate(leader);
    const read = leader.read('a', 20 * electionMs);
    const written = followers[0].put('a');
    await cluster.until('the others have gone on', () => written.calls > 0);
    expect(read.said).toBeUndefined();
    cluster.heal();
    await cluster.until('it is answered', () => read.calls > 0);
    expect([read.said, read.seen]).toEqual(['OK', 1]);
  });

  it('gets NO_QUORUM at its deadline', async () => {
    const { leader } = await start();
    cluster.isolate(leader);
    const read = leader.read('a', electionMs);
    await cluster.tick(electionTicks + 1);
    expect(read.said).toBe('NO_QUORUM');
  });

  it('does not take the answer to a read that its member asked for before it started anew', async () => {
    const { leader, followers } = await start();
    const [reader, other] = followers;
    const before = leader.put('a');
    await cluster.even();
    expect(before.said).toBe('OK');
    // The round of the first read stays open, while a write is acknowledged by way of the other member.
    lose(undefined, leader, 'heartbeatReply');
    reader.read('a');
    await cluster.settle();
    await reader.stop();
    const written = other.put('a');
    await cluster.settle();
    expect(written.said).toBe('OK');
    const lost: PeerMessage['kind'][] = ['appendRequest', 'readIndexRequest'];
    cluster.passes = ({ to, from, message }) =>
      message?.kind === 'heartbeatReply'
        ? to !== leader.id
        : !(message && (to === reader.id || from === reader.id) && lost.includes(message.kind));
    await reader.start();
    await cluster.until('it follows', () => reader.running.status().leader === leader.id);
    const read = reader.read('a');
    await cluster.settle();
    lose(undefined, undefined, 'appendRequest', 'readIndexRequest');
    await cluster.tick(2);
    expect(read.seen).toBeUndefined();
    cluster.heal();
    await cluster.until('it is answered', () => read.calls > 0);
    expect(read.seen).toBe(2);
  });
});

describe('an image', () => {
  it('that holds commands of callers here tells them that the outcome is unknown; what comes after it is answered', async () => {
    const { leader, followers } = await start(small);
    const [behind, other] = followers;
    lose(leader, behind, 'appendRequest');
    const unseen = behind.put('unseen');
    await cluster.settle();
    expect(leader.versionOf('unseen')).toBe(1);
    await fillLog(other);
    expect(leader.running.status().firstIndex).toBeGreaterThan(3);
    const unsent = behind.put('unsent');
    cluster.heal();
    await cluster.until('both are answered', () => unseen.calls + unsent.calls > 1);
    expect([unseen.said, unsent.said]).toEqual(['OUTCOME_UNKNOWN', 'OK']);
    await cluster.even();
    for (const member of cluster.members)
      expect([member.versionOf('unseen'), member.versionOf('unsent')]).toEqual([1, 1]);
    expect(behind.store?.chainHash).toBe(leader.store?.chainHash);
  });

  it('is not taken for the disk: a vote given while it is installed is on disk before it is sent', async () => {
    const { leader, followers } = await start(small);
    const [behind, other] = followers;
    cluster.isolate(behind);
    await fillLog(other);
    behind.stuckAt = (synced) => synced;
    cluster.heal();
    await cluster.until(
      'the image is about to be installed',
      () => behind.isStuck && behind.running.status().firstIndex > 1,
    );
    await leader.crash();
    let votedIn: number | undefined;
    cluster.passes = ({ from, message }) => {
      if (from !== behind.id || message?.kind !== 'voteReply' || !message.granted) return true;
      votedIn = message.term;
      return false;
    };
    await cluster.until('the other one campaigns', () => other.running.status().role === 'candidate');
    for (let writes = 0; votedIn === undefined; writes++) {
      expect(writes).toBeLessThan(20);
      await behind.finishWrite();
    }
    await behind.crash();
    cluster.passes = () => false;
    await behind.start();
    expect(behind.running.status().term).toBeGreaterThanOrEqual(votedIn);
  });

  it('goes to a member that needs entries just when they are trimmed', async () => {
    const { leader, followers } = await start({ keepLogBytes: 36_000_000 });
    const [behind, other] = followers;
    cluster.isolate(behind);
    const store = present(leader.store, 'the leader runs');
    const trimLog = store.trimLog.bind(store);
    // The first write of a trim moves the start of the log; those that take the entries away come later.
    vi.spyOn(store, 'trimLog').mockImplementation((start) => {
      let unsynced = 0;
      leader.stuckAt = (synced) => !synced && ++unsynced > 1;
      return trimLog(start);
    });
    for (let i = 0; i < 60 && !leader.isStuck; i++) {
      other.put(`large/${i}`, large);
      await cluster.tick();
    }
    expect(leader.isStuck).toBe(true);
    cluster.heal();
    await cluster.tick(electionTicks);
    expect(leader.fatal).toBeUndefined();
    await leader.unstick();
    await cluster.even();
  });
});

describe('leadership', () => {
  it('is handed over on wish of any member, without a command lost', async () => {
    const { leader, followers } = await start();
    const [target, other] = followers;
    const answers = [leader, target, other].map((member) => member.put(`from/${member.id}`));
    const wish = other.running.transferLeadership(target.id);
    answers.push(leader.put('later'));
    expect(await cluster.during(wish)).toBe(target.id);
    expect(cluster.leader?.id).toBe(target.id);
    await cluster.until('all are answered', () => answers.every(({ calls }) => calls > 0));
    expect(answers.map(({ said }) => said)).toEqual(['OK', 'OK', 'OK', 'OK']);
    await cluster.even();
    for (const member of cluster.members) expect(member.versionOf('later')).toBe(1);
  });

  it('is not handed over to a stranger, and not when nobody can be reached', async () => {
    const { leader, followers } = await start();
    await expect(leader.running.transferLeadership(9 as MemberId)).rejects.toMatchObject({
      reason: 'MEMBER_NOT_FOUND',
    });
    await expect(leader.running.transferLeadership(leader.id)).resolves.toBe(leader.id);
    cluster.isolate(leader);
    const wish = leader.running.transferLeadership(followers[0].id);
    const refused = expect(wish).rejects.toMatchObject({ reason: 'TRANSFER_FAILED' });
    await cluster.tick(2 * electionTicks + 1);
    await refused;
  });

  it('goes on with the retention of the leader before', async () => {
    const { followers } = await start({ retentionMs: 2_000 });
    const [target] = followers;
    const write = async (ticks: number): Promise<void> => {
      for (let i = 0; i < ticks; i++) {
        target.put('a');
        await cluster.tick();
      }
    };
    await write(30);
    await cluster.during(target.running.transferLeadership(target.id));
    expect(target.running.machine.compactedRevision).toBe(0);
    await write(20);
    expect(target.running.machine.compactedRevision).toBeGreaterThan(1);
  });

  it('goes on with what waited when a hand-over fails', async () => {
    const { leader, followers } = await start();
    const [target] = followers;
    lose(leader, target, 'timeoutNow');
    const wish = leader.running.transferLeadership(target.id);
    const refused = expect(wish).rejects.toMatchObject({ reason: 'TRANSFER_FAILED' });
    await cluster.settle();
    const answers = [leader.put('a'), target.put('b')];
    await cluster.tick(electionTicks / 2);
    answers.push(leader.put('c'));
    await cluster.tick(2 * electionTicks);
    await refused;
    expect(cluster.leader).toBe(leader);
    expect(answers.map(({ said }) => said)).toEqual(['OK', 'OK', 'OK']);
  });
});

describe('a member', () => {
  it('that stops tells all who wait, keeps what it applied, and the others go on', async () => {
    const { leader, followers } = await start();
    const done = leader.put('done');
    await cluster.even();
    cluster.isolate(leader);
    const written = leader.put('a');
    const read = leader.read('a');
    await cluster.settle();
    await leader.stop();
    expect([done.said, written.said, read.said]).toEqual(['OK', 'MEMBER_STOPPING', 'MEMBER_STOPPING']);
    cluster.heal();
    const next = followers[0].put('b');
    await cluster.until('the others go on', () => next.calls > 0);
    await leader.start();
    expect(leader.versionOf('done')).toBe(1);
    await cluster.elected();
    await cluster.even();
    expect([leader.versionOf('b'), leader.store?.chainHash]).toEqual([1, followers[0].store?.chainHash]);
  });

  it('that lost its data neither votes nor leads until it has caught up', async () => {
    const { leader, followers } = await start();
    const [lost, other] = followers;
    const answer = leader.put('a');
    await cluster.even();
    expect(answer.said).toBe('OK');
    await lost.crash();
    lost.loseData();
    await leader.crash();
    await lost.start();
    await cluster.tick(10 * electionTicks);
    expect(lost.running.status()).toMatchObject({ recovering: true, leader: undefined });
    expect(other.running.status().leader).toBeUndefined();
    await leader.start();
    await cluster.elected();
    await cluster.until('it has caught up', () => !lost.running.status().recovering);
    expect(lost.versionOf('a')).toBe(1);
  });

  it('that lost its data takes no image either before it knows that it has to recover', async () => {
    const { followers } = await start(small);
    const [lost, other] = followers;
    await lost.crash();
    await fillLog(other);
    lost.loseData();
    cluster.passes = ({ what, to }) => what !== 'connected' || to !== lost.id;
    await lost.start();
    await cluster.tick(4);
    expect(lost.running.status().lastIndex).toBe(0);
    cluster.heal();
    await cluster.settle();
    expect(lost.running.status().recovering).toBe(true);
    await cluster.until('it has caught up', () => !lost.running.status().recovering);
    expect(lost.versionOf('large/0')).toBe(1);
  });

  it('of a new cluster takes part in its election although another one was felled as a candidate', async () => {
    cluster = new TestCluster();
    for (const member of cluster.members) await member.start();
    for (const member of cluster.members) member.stuckAt = (synced) => synced;
    await cluster.until('somebody campaigns', () => cluster.members.some(({ isStuck }) => isStuck));
    const candidate = present(
      cluster.members.find(({ isStuck }) => isStuck),
      'a candidate',
    );
    await candidate.finishWrite();
    for (const member of cluster.members) await member.crash();
    for (const member of cluster.members) await member.start();
    await cluster.elected();
  });
});
