import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code, QuorateError } from '../../../src/base/errors.js';
import type { MemberId } from '../../../src/base/ids.js';
import { clusterService, configService } from '../../../src/proto/quorate.js';
import { until } from '../../support/until.js';
import { type Api, collect, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const { status, listMembers, transferLeadership, compact, snapshot } = clusterService;

describe('status', () => {
  test('says what the member is and how far', async () => {
    await api.client.call(configService.put, { namespace: 'n', key: 'k' });
    api.replica.leaderContactAgeMs = 12.4;
    const { machine } = api.replica;
    expect(await api.client.call(status, {})).toMatchObject({
      header: { clusterId: 77, memberId: 1, term: 3, revision: machine.revision },
      name: 'n1',
      role: 'LEADER',
      leaderId: 1,
      leaderName: 'n1',
      appliedIndex: machine.appliedIndex,
      leaderContactAgeMs: 12,
      keys: machine.status().keys,
      leases: 0,
      watchers: 0,
      diskBytes: 4_096,
      serverVersion: '9.9.9',
      stateHash: '',
      recovering: false,
    });
  });

  test('is answered without a leader and without a quorum', async () => {
    api.replica.quorum = false;
    api.replica.leader = undefined;
    expect(await api.client.call(status, {})).toMatchObject({ role: 'FOLLOWER', leaderId: 0, leaderName: '' });
  });

  test('has the hash of the state on request', async () => {
    const { stateHash, stateHashIndex } = await api.client.call(status, { withStateHash: true });
    expect(stateHash).toBe(createHash('sha256').update('first second').digest('hex'));
    expect(stateHashIndex).toBe(api.replica.machine.appliedIndex);
    expect(api.replica.openImages).toBe(0);
  });
});

test('members are listed with the leader', async () => {
  const { members, leaderId } = await api.client.call(listMembers, {});
  expect(members.map(({ name, clientAddress }) => [name, clientAddress])).toEqual([
    ['n1', '127.0.0.1:7101'],
    ['n2', '127.0.0.1:7102'],
    ['n3', '127.0.0.1:7103'],
  ]);
  expect(leaderId).toBe(1);
});

describe('transfer of leadership', () => {
  test('goes to the member named', async () => {
    expect(await api.client.call(transferLeadership, { to: 'n3' })).toMatchObject({ leaderId: 3, leaderName: 'n3' });
  });

  test('without a name goes where the member chooses', async () => {
    let asked: MemberId | undefined | 'nobody' = 'nobody';
    api.replica.onTransfer = (to) => {
      asked = to;
      return Promise.resolve(2 as MemberId);
    };
    expect(await api.client.call(transferLeadership, {})).toMatchObject({ leaderName: 'n2' });
    expect(asked).toBeUndefined();
  });

  test('to an unknown member is MEMBER_NOT_FOUND', async () => {
    expect(await api.client.failure(transferLeadership, { to: 'n9' })).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'MEMBER_NOT_FOUND',
      metadata: { member: 'n9' },
    });
  });

  test('that does not happen is TRANSFER_FAILED', async () => {
    api.replica.onTransfer = () => Promise.reject(new QuorateError('TRANSFER_FAILED', 'not in time'));
    expect(await api.client.failure(transferLeadership, {})).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: 'TRANSFER_FAILED',
    });
  });
});

describe('compaction', () => {
  beforeEach(async () => {
    for (let i = 0; i < 5; i++) await api.client.call(configService.put, { namespace: 'n', key: 'k' });
  });

  test('forgets revisions below the one given', async () => {
    expect((await api.client.call(compact, { revision: 3 })).compactedRevision).toBe(3);
    expect((await api.client.call(status, {})).compactedRevision).toBe(3);
    expect(await api.client.failure(compact, { revision: 2 })).toMatchObject({
      code: Code.OUT_OF_RANGE,
      reason: 'REVISION_COMPACTED',
    });
  });

  test('at 0 takes the current revision', async () => {
    const { revision } = api.replica.machine;
    expect((await api.client.call(compact, {})).compactedRevision).toBe(revision);
  });

  test.each([
    [{ revision: 1_000 }, Code.OUT_OF_RANGE, 'REVISION_IN_FUTURE'],
    [{ revision: -1 }, Code.INVALID_ARGUMENT, 'INVALID_FIELD'],
    [{ requestId: 'x'.repeat(129) }, Code.INVALID_ARGUMENT, 'INVALID_FIELD'],
  ])('%j is refused', async (request, code, reason) => {
    expect(await api.client.failure(compact, request)).toMatchObject({ code, reason });
  });
});

describe('snapshot', () => {
  test('is the image and its hash', async () => {
    const { messages, error } = await collect(api.client.serverStream(snapshot, {}));
    expect(error).toBeUndefined();
    const image = Buffer.concat(messages.map(({ chunk }) => chunk));
    expect(image.toString()).toBe('first second');
    expect(messages.map(({ sha256 }) => sha256)).toEqual(['', '', createHash('sha256').update(image).digest('hex')]);
    expect(api.replica.openImages).toBe(0);
  });

  test('waits for a caller that reads slowly, and ends with it', async () => {
    const chunk = Buffer.alloc(256 * 1024, 7);
    let taken = 0;
    const chunks = {
      *[Symbol.iterator]() {
        for (; taken < 200; taken++) yield chunk;
      },
    };
    api.replica.imageChunks = [];
    const openImage = api.replica.openImage.bind(api.replica);
    api.replica.openImage = async () => ({
      ...(await openImage()),
      async *chunks() {
        yield* chunks;
      },
    });
    const stream = api.client.serverStream(snapshot, {});
    stream.on('error', () => {});
    await once(stream, 'data');
    stream.pause();
    // Nobody reads on: what is taken from the image stands still when buffers and windows are full.
    let seen = -1;
    await until('the image is read no further', async () => {
      const before = taken;
      await new Promise((resolve) => setTimeout(resolve, 50));
      seen = taken;
      return before === taken;
    });
    expect(seen).toBeLessThan(50);
    stream.cancel();
    await until('the image is closed', () => api.replica.openImages === 0);
    expect(taken).toBeLessThan(200);
  });

  test('whose image cannot be read is an error, not a short image', async () => {
    const openImage = api.replica.openImage.bind(api.replica);
    api.replica.openImage = async () => ({
      ...(await openImage()),
      async *chunks() {
        yield Buffer.from('first ');
        throw new Error('gone');
      },
    });
    const { error } = await collect(api.client.serverStream(snapshot, {}));
    expect(error).toMatchObject({ code: Code.INTERNAL, reason: 'BUG' });
    expect(api.replica.openImages).toBe(0);
  });
});
