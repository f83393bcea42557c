import { status } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code, QuorateError } from '../../src/base/errors.js';
import { limits } from '../../src/base/limits.js';
import {
  clusterService,
  configService,
  type PutConfigRequest,
  type PutConfigResponseIn,
} from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { type FakeCall, FakeCluster } from './fake-server.js';

const published: PutConfigResponseIn = { header: { revision: 7 }, version: 3 };
const name = 'prod/db/url';

describe('a unary call', () => {
  let cluster: FakeCluster;
  /** What each member was asked to put. */
  let puts: PutConfigRequest[][];

  beforeEach(async () => {
    cluster = await FakeCluster.start(3);
    puts = cluster.members.map(() => []);
    for (const position of puts.keys()) onPut(position, (call) => call.answer(published));
  });
  afterEach(() => cluster.stop());

  function onPut(position: number, handler: (call: FakeCall<PutConfigResponseIn>, nth: number) => void): void {
    cluster.member(position).onUnary(configService.put, (request, call) => {
      const seen = puts[position] ?? [];
      seen.push(request);
      handler(call, seen.length);
    });
  }

  const asked = (): number[] => puts.map((seen) => seen.length);
  const requestIds = (): string[] => puts.flat().map((request) => request.requestId);
  const failed = async (call: Promise<unknown>): Promise<QuorateError> => {
    const error: unknown = await call.then(
      () => new Error('the call succeeded'),
      (thrown: unknown) => thrown,
    );
    if (error instanceof QuorateError) return error;
    throw error;
  };

  test('is answered by the first member', async () => {
    expect(await cluster.client().config.put(name, 'x')).toEqual({ version: 3, revision: 7 });
    expect(asked()).toEqual([1, 0, 0]);
  });

  test('goes to members that joined since, which it learns of from the first answer that has other members in it', async () => {
    const [first, second] = [cluster.member(0), cluster.member(1)];
    let membersHash = 1;
    let asked = 0;
    const knows = (addresses: string[]): void =>
      first.onUnary(clusterService.listMembers, (_, call) => {
        asked++;
        call.answer({ header: { membersHash }, members: addresses.map((clientAddress) => ({ clientAddress })) });
      });
    onPut(0, (call) => call.answer({ ...published, header: { membersHash } }));
    knows([first.address]);
    const { config } = cluster.client({ endpoints: first.address }, { membersMs: 0 });
    const putUntil = (what: string, reached: () => boolean): Promise<true> =>
      until(what, () => config.put(name, 'x').then(reached));
    await putUntil('the client asks who the members are', () => asked === 1);
    membersHash = 2;
    knows([first.address, second.address]);
    await putUntil('it asks again, since they are others', () => asked === 2);
    await config.put(name, 'x');
    first.kill();
    await config.put(name, 'x');
    expect(puts[1]).toHaveLength(1);
    expect(asked).toBe(2);
  });

  test('goes on to the next member at once when one cannot serve, with the same request id', async () => {
    onPut(0, (call) => call.refuse('MEMBER_STOPPING'));
    onPut(1, (call) => call.fail(status.UNAVAILABLE, 'gone'));
    expect(await cluster.client({}, { backoffStartMs: 60_000 }).config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(asked()).toEqual([1, 1, 1]);
    expect(new Set(requestIds()).size).toBe(1);
    expect(requestIds()[0]).toMatch(/^.{8,128}$/);
  });

  test('does not begin again with a member that could not serve', async () => {
    onPut(0, (call) => call.refuse('MEMBER_STOPPING'));
    const { config } = cluster.client();
    await config.put(name, 'x');
    await config.put(name, 'y');
    expect(asked()).toEqual([1, 2, 0]);
  });

  test('gives every logical call its own request id, also across clients', async () => {
    const calls = [cluster.client(), cluster.client()].flatMap((client) => [
      client.config.put(name, 'x'),
      client.config.put(name, 'x'),
    ]);
    await Promise.all(calls);
    expect(new Set(requestIds()).size).toBe(4);
  });

  test('finds the living members when the first is dead, and later calls begin with one of them', async () => {
    cluster.member(0).kill();
    const { config } = cluster.client();
    await config.put(name, 'x');
    await config.put(name, 'y');
    expect(asked()).toEqual([0, 2, 0]);
  });

  test('learns the one true outcome from another member when one has lost sight of it', async () => {
    onPut(0, (call) => call.refuse('OUTCOME_UNKNOWN'));
    expect(await cluster.client().config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(new Set(requestIds()).size).toBe(1);
    expect(asked()).toEqual([1, 1, 0]);
  });

  test('goes on when a newer member cannot serve for a reason of its own', async () => {
    onPut(0, (call) => call.refuse('MEMBER_RESTING', Code.UNAVAILABLE));
    expect(await cluster.client().config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(asked()).toEqual([1, 1, 0]);
  });

  test('survives a member that dies with the call in its hands', async () => {
    onPut(0, () => cluster.member(0).kill());
    expect(await cluster.client().config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(new Set(requestIds()).size).toBe(1);
  });

  test('is tried again in rounds when no member can serve, until one can', async () => {
    cluster.member(0).kill();
    onPut(1, (call) => call.refuse('MEMBER_STARTING'));
    onPut(2, (call, nth) => (nth < 4 ? call.refuse('NO_QUORUM') : call.answer(published)));
    expect(await cluster.client().config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(new Set(requestIds()).size).toBe(1);
  });

  test('waits a little before it asks again when a member is overloaded', async () => {
    onPut(0, (call, nth) => (nth === 1 ? call.refuse('OVERLOADED') : call.answer(published)));
    expect(await cluster.client().config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(asked()).toEqual([2, 0, 0]);
  });

  test("is not tried again when the message is over gRPC's size limit", async () => {
    onPut(0, (call) => call.fail(8, 'Received message larger than max (6000000 vs 4194304)'));
    await expect(cluster.client().config.put(name, 'x')).rejects.toMatchObject({ reason: 'REQUEST_TOO_LARGE' });
    expect(asked()).toEqual([1, 0, 0]);
  });

  test('is sent to a second member when the first hangs; the first answer counts and the other attempt is cancelled', async () => {
    let hung: FakeCall<PutConfigResponseIn> | undefined;
    onPut(0, (call) => {
      hung = call;
    });
    const { config } = cluster.client({}, { hedgeAfterMs: 150 });
    expect(await config.put(name, 'x')).toMatchObject({ version: 3 });
    expect(asked()).toEqual([1, 1, 0]);
    expect(new Set(requestIds()).size).toBe(1);
    await until('the hung attempt is cancelled', () => hung?.cancelled);
    // The next call does not run into the hung member again.
    await config.put(name, 'y');
    expect(asked()).toEqual([1, 2, 0]);
  });

  test('takes a late answer of the first member while a second is asked', async () => {
    let hung: FakeCall<PutConfigResponseIn> | undefined;
    onPut(0, (call) => {
      hung = call;
    });
    onPut(1, () => hung?.answer({ header: { revision: 9 }, version: 8 }));
    expect(await cluster.client({}, { hedgeAfterMs: 150 }).config.put(name, 'x')).toEqual({ version: 8, revision: 9 });
    expect(asked()).toEqual([1, 1, 0]);
  });

  test('ends with DEADLINE_EXCEEDED when nobody answers, after asking everyone', async () => {
    for (const position of puts.keys()) onPut(position, () => {});
    const error = await failed(cluster.client({}, { hedgeAfterMs: 40 }).config.put(name, 'x', { timeoutMs: 500 }));
    expect(error).toMatchObject({ reason: 'DEADLINE_EXCEEDED', code: Code.DEADLINE_EXCEEDED });
    expect(asked()).toEqual([1, 1, 1]);
  });

  test('passes its remaining time on to the member', async () => {
    let timeLeftMs = 0;
    onPut(0, (call) => {
      timeLeftMs = call.timeLeftMs;
      call.answer(published);
    });
    await cluster.client({ timeoutMs: 4_000 }).config.put(name, 'x');
    expect(timeLeftMs).toBeGreaterThan(3_000);
    expect(timeLeftMs).toBeLessThanOrEqual(4_000);
  });

  test('ends with NO_QUORUM when members said so, also if others were silent', async () => {
    onPut(0, (call, nth) => call.refuse(nth === 1 ? 'NO_QUORUM' : 'MEMBER_STARTING'));
    onPut(1, () => {});
    onPut(2, (call) => call.refuse('MEMBER_STARTING'));
    expect(
      await failed(cluster.client({}, { hedgeAfterMs: 40 }).config.put(name, 'x', { timeoutMs: 300 })),
    ).toMatchObject({
      reason: 'NO_QUORUM',
      code: Code.UNAVAILABLE,
    });
  });

  test('ends with UNREACHABLE when no member can be connected', async () => {
    for (const member of cluster.members) member.kill();
    expect(await failed(cluster.client().config.put(name, 'x', { timeoutMs: 400 }))).toMatchObject({
      reason: 'UNREACHABLE',
      code: Code.UNAVAILABLE,
    });
  });

  test('finds a member that comes back', async () => {
    for (const member of cluster.members) member.kill();
    const call = cluster.client().config.put(name, 'x');
    await cluster.member(2).listen();
    expect(await call).toMatchObject({ version: 3 });
  });

  test('does not ask another member after a final answer, and carries its reason, code, text and facts', async () => {
    onPut(0, (call) => call.refuse('VERSION_MISMATCH', undefined, { version: '5' }));
    const error = await failed(cluster.client().config.put(name, 'x', { ifVersion: 4 }));
    expect(error).toMatchObject({
      reason: 'VERSION_MISMATCH',
      code: Code.FAILED_PRECONDITION,
      message: 'refused: VERSION_MISMATCH',
      metadata: { version: '5' },
    });
    expect(asked()).toEqual([1, 0, 0]);
    expect(puts[0]?.[0]?.ifVersion).toBe(4);
  });

  test('tells a reason of a newer server by its code', async () => {
    onPut(0, (call) => call.refuse('QUOTA_EXCEEDED', Code.PERMISSION_DENIED));
    expect(await failed(cluster.client().config.put(name, 'x'))).toMatchObject({
      reason: 'UNKNOWN',
      metadata: { reason: 'QUOTA_EXCEEDED', code: 'PERMISSION_DENIED' },
    });
  });

  test('asks every member once when the transport fails in a way that nobody understands', async () => {
    for (const position of puts.keys()) onPut(position, (call) => call.fail(status.INTERNAL, 'what?'));
    expect(await failed(cluster.client().config.put(name, 'x'))).toMatchObject({
      reason: 'UNKNOWN',
      metadata: { code: 'INTERNAL' },
    });
    expect(asked()).toEqual([1, 1, 1]);
  });

  test('refuses a message that no member would accept, before sending it', async () => {
    const value = Buffer.alloc(limits.clientMessageBytes);
    expect(await failed(cluster.client().config.put(name, value))).toMatchObject({ reason: 'REQUEST_TOO_LARGE' });
    expect(asked()).toEqual([0, 0, 0]);
  });

  test('ends when it is aborted: before, while it waits for an answer, and between attempts', async () => {
    const { config } = cluster.client({}, { backoffStartMs: 60_000, backoffCapMs: 60_000 });
    expect(await failed(config.put(name, 'x', { signal: AbortSignal.abort() }))).toMatchObject({ reason: 'CANCELLED' });
    expect(asked()).toEqual([0, 0, 0]);

    let hung: FakeCall<PutConfigResponseIn> | undefined;
    onPut(0, (call) => {
      hung = call;
    });
    const waiting = new AbortController();
    const first = failed(config.put(name, 'x', { signal: waiting.signal }));
    await until('the member has the call', () => hung);
    waiting.abort();
    expect(await first).toMatchObject({ reason: 'CANCELLED', code: Code.CANCELLED });
    await until('the member hears of it', () => hung?.cancelled);

    for (const position of puts.keys()) onPut(position, (call) => call.refuse('MEMBER_STARTING'));
    const between = new AbortController();
    const second = failed(config.put(name, 'x', { signal: between.signal, timeoutMs: 120_000 }));
    await until('everyone was asked', () => asked()[2] === 1);
    between.abort();
    expect(await second).toMatchObject({ reason: 'CANCELLED' });
  });

  test('ends when the client is closed; later calls are refused', async () => {
    onPut(0, () => {});
    const client = cluster.client();
    const call = failed(client.config.put(name, 'x'));
    await until('the member has the call', () => asked()[0] === 1);
    void client.close();
    expect(await call).toMatchObject({ reason: 'CANCELLED' });
    expect(await failed(client.config.put(name, 'x'))).toMatchObject({ reason: 'CANCELLED' });
  });

  test('two hundred at a time all end well while the member that has them dies', async () => {
    onPut(0, (call, nth) => {
      if (nth === 100) cluster.member(0).kill();
      else if (nth < 50) call.answer(published);
    });
    const { config } = cluster.client();
    const calls = Array.from({ length: 200 }, (_, i) => config.put(`prod/k${i}`, 'x'));
    expect((await Promise.all(calls)).every(({ version }) => version === 3)).toBe(true);
    const idsByKey = new Map<string, Set<string>>();
    for (const { key, requestId } of puts.flat()) {
      const ids = idsByKey.get(key) ?? new Set();
      idsByKey.set(key, ids.add(requestId));
    }
    expect([...idsByKey.values()].every((ids) => ids.size === 1)).toBe(true);
    expect(idsByKey.size).toBe(200);
  });
});
