import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KeepAliveBatcher, KeepAliveConversation } from '../../../src/api/keep-alive.js';
import { nativeKeepAlive } from '../../../src/api/quorate/keep-alive-words.js';
import { Code, QuorateError } from '../../../src/base/errors.js';
import type { LeaseId } from '../../../src/base/ids.js';
import { limits } from '../../../src/base/limits.js';
import type { LeaseKeepAliveCommand } from '../../../src/machine/types.js';
import { type KeepAliveRequest, KeepAliveResponse, registryService } from '../../../src/proto/quorate.js';
import { FakeReplica } from '../../support/fake-replica.js';
import { until } from '../../support/until.js';
import { type Api, collect, startApi } from '../api-client.js';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('over gRPC', () => {
  let api: Api;
  beforeEach(async () => {
    api = await startApi();
    for (const id of ['a1', 'a2']) api.replica.apply({ kind: 'leaseGrant', id: id as LeaseId, ttlMs: 5_000 });
  });
  afterEach(() => api.stop());

  test('every request is answered in order; 0 for a lease that is gone; the half-close ends the stream', async () => {
    const stream = api.client.bidi(registryService.keepAlive);
    const collected = collect(stream);
    for (const lease of ['a1', 'bad', 'a2', 'a1']) stream.write({ lease });
    stream.end();
    const { messages, error } = await collected;
    expect(error).toBeUndefined();
    expect(messages.map(({ lease, ttlMs }) => [lease, ttlMs])).toEqual([
      ['a1', 5_000],
      ['bad', 0],
      ['a2', 5_000],
      ['a1', 5_000],
    ]);
    expect(messages[0]?.header).toMatchObject({ clusterId: 77, memberId: 1, revision: api.replica.machine.revision });
  });

  test('a lease that is kept alive does not expire', async () => {
    const stream = api.client.bidi(registryService.keepAlive);
    for (let i = 0; i < 3; i++) {
      api.replica.advance(4_000);
      stream.write({ lease: 'a1' });
      const [{ ttlMs }] = (await once(stream, 'data')) as [{ ttlMs: number }];
      expect(ttlMs).toBe(5_000);
    }
    expect(api.replica.machine.leaseIds()).toEqual(['a1']);
    stream.end();
    await once(stream, 'end');
  });

  test('a malformed lease ends the stream with INVALID_FIELD', async () => {
    const stream = api.client.bidi(registryService.keepAlive);
    const collected = collect(stream);
    stream.write({ lease: 'NOT HEX' });
    expect((await collected).error).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_FIELD' });
  });

  test('a caller that goes away leaves nothing behind', async () => {
    api.replica.quorum = false;
    const stream = api.client.bidi(registryService.keepAlive);
    const collected = collect(stream);
    stream.write({ lease: 'a1' });
    await until('it waits', () => api.replica.waiting === 1);
    stream.cancel();
    expect((await collected).error?.code).toBe(Code.CANCELLED);
    api.replica.quorum = true;
    await until('it is done', () => api.replica.waiting === 0);
  });
});

/** A stream that keeps what is written, and says how much room it has. */
class Recorder {
  readonly leases: string[] = [];
  ended: QuorateError | 'in order' | undefined;
  paused = false;
  room = Number.POSITIVE_INFINITY;
  drained: () => void = () => {};

  write(message: Buffer): boolean {
    this.leases.push(KeepAliveResponse.decode(message).lease);
    return --this.room > 0;
  }
  onDrain(callback: () => void): void {
    this.drained = callback;
  }
  end(error?: QuorateError): void {
    this.ended ??= error ?? 'in order';
  }
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
}

describe('batches', () => {
  let replica: FakeReplica;
  let batcher: KeepAliveBatcher;
  beforeEach(() => {
    replica = new FakeReplica();
    batcher = new KeepAliveBatcher(replica);
  });
  afterEach(() => replica.hub.close());

  function open(): { recorder: Recorder; conversation: KeepAliveConversation<KeepAliveRequest> } {
    const recorder = new Recorder();
    return { recorder, conversation: new KeepAliveConversation(nativeKeepAlive(replica), batcher, recorder, recorder) };
  }

  const batches = () => replica.submitted.map((command) => (command as LeaseKeepAliveCommand).ids.length);
  const request = (i: number): KeepAliveRequest => ({ lease: (i + 1).toString(16) });

  test('hold what arrived in one turn, from all streams', async () => {
    const streams = [open(), open(), open()];
    for (const [i, { conversation }] of streams.entries()) conversation.onMessage(request(i));
    await until('all are answered', () => streams.every(({ recorder }) => recorder.leases.length === 1));
    expect(batches()).toEqual([3]);
    streams[0]?.conversation.onMessage(request(0));
    await until('it is answered', () => streams[0]?.recorder.leases.length === 2);
    expect(batches()).toEqual([3, 1]);
  });

  test('are bounded', async () => {
    const { recorder, conversation } = open();
    const count = limits.keepAlivesPerCommand + 1;
    for (let i = 0; i < count; i++) conversation.onMessage(request(i));
    await until('all are answered', () => recorder.leases.length === count);
    expect(batches()).toEqual([limits.keepAlivesPerCommand, 1]);
    expect(recorder.leases).toEqual(Array.from({ length: count }, (_, i) => request(i).lease));
  });

  test('that fail end their streams, and only these', async () => {
    const failing = open();
    const other = open();
    failing.conversation.onMessage(request(0));
    const error = new QuorateError('NO_QUORUM', 'no quorum');
    replica.submit = (_command, _id, _deadline, done) => {
      done(error, undefined);
      return { cancel() {} };
    };
    await nextTurn();
    await nextTurn();
    expect(failing.recorder.ended).toBe(error);
    expect(other.recorder.ended).toBeUndefined();
  });

  test('have five seconds', async () => {
    const { conversation } = open();
    let deadline = 0;
    replica.submit = (_command, _id, deadlineMs) => {
      deadline = deadlineMs;
      return { cancel() {} };
    };
    const before = performance.now();
    conversation.onMessage(request(0));
    await until('it is submitted', () => deadline > 0);
    expect(deadline - before).toBeGreaterThanOrEqual(limits.keepAliveDeadlineMs);
    expect(deadline - before).toBeLessThan(limits.keepAliveDeadlineMs + 1_000);
  });

  test('a stream is read no further while too much of it is unanswered', async () => {
    replica.quorum = false;
    const { recorder, conversation } = open();
    for (let i = 0; i < limits.keepAlivesPerStream; i++) conversation.onMessage(request(i));
    expect(recorder.paused).toBe(true);
    replica.quorum = true;
    await until('all are answered', () => recorder.leases.length === limits.keepAlivesPerStream);
    expect(recorder.paused).toBe(false);
  });

  test('a caller that does not read its answers is not read from either', async () => {
    const { recorder, conversation } = open();
    recorder.room = 1;
    conversation.onMessage(request(0));
    conversation.onMessage(request(1));
    await until('one is answered', () => recorder.leases.length === 1);
    expect(recorder.paused).toBe(true);
    await nextTurn();
    expect(recorder.leases).toHaveLength(1);
    recorder.room = Number.POSITIVE_INFINITY;
    recorder.drained();
    expect(recorder.leases).toHaveLength(2);
    expect(recorder.paused).toBe(false);
  });
});
