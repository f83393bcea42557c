import { beforeEach, expect, test } from 'vitest';
import { QuorateError } from '../../src/base/errors.js';
import { type MemberId, revision } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { Drains } from '../../src/replica/drains.js';
import type { SubscribersKnown } from '../../src/replica/types.js';
import type { SubscribersMessage } from '../../src/transport/transport.js';
import { Subscribers } from '../../src/watch/subscribers.js';

const ids = [1, 2, 3] as MemberId[];
const web = { namespace: 'ns', services: ['web'] };
const query = { namespace: 'ns', service: 'web', revision: revision(9) };

/** Three members whose messages arrive at once, or not at all. */
class Trio {
  now = 0;
  readonly members = ids.map((id) => ({ id }));
  readonly subscribers = ids.map(() => new Subscribers(() => this.now));
  readonly drains: Drains[];
  readonly dead = new Set<MemberId>();
  /** Takes messages but answers none. */
  readonly mute = new Set<MemberId>();

  constructor() {
    this.drains = ids.map(
      (memberId, i) =>
        new Drains(
          { memberId, members: this.members, subscribers: this.of(i) },
          {
            isConnected: (peer) => !this.dead.has(peer),
            send: (message) => this.carry(message as SubscribersMessage),
          },
          () => this.now,
        ),
    );
  }

  of(i: number): Subscribers {
    return this.subscribers[i] as Subscribers;
  }

  /** A watch that was told of revision 9. */
  watch(i: number, name: string): () => void {
    return this.of(i).add(name, web, { told: 9, news: 9 });
  }

  die(id: MemberId, refused: boolean): void {
    this.dead.add(id);
    for (const drains of this.drains) drains.onDisconnected(id, refused);
  }

  pass(ms: number): void {
    for (let i = 0; i < ms; i += 25) {
      this.now += 25;
      for (const drains of this.drains) drains.tick();
    }
  }

  wait(deadline = 60_000): { known: SubscribersKnown | undefined; error: QuorateError | undefined; cancel(): void } {
    const result = { known: undefined, error: undefined } as ReturnType<Trio['wait']>;
    const waiting = this.drains[0]?.add(query, deadline, (error, known) => Object.assign(result, { error, known }));
    return Object.assign(result, { cancel: () => waiting?.cancel() });
  }

  private carry(message: SubscribersMessage): void {
    if (this.dead.has(message.to) || this.dead.has(message.from)) return;
    if (!message.answer && this.mute.has(message.to)) return;
    this.drains[ids.indexOf(message.to)]?.onMessage(message);
  }
}

let trio: Trio;

beforeEach(() => {
  trio = new Trio();
});

test('without subscribers nobody waits', () => {
  expect(trio.wait().known).toEqual({ subscribers: 0, acknowledged: 0, missing: [], silent: [] });
});

test('subscribers of all members are waited for', () => {
  trio.watch(0, 'a');
  trio.watch(1, 'b');
  trio.watch(2, 'c');
  const result = trio.wait();
  trio.pass(1_000);
  expect(result.known).toBeUndefined();
  trio.of(0).acknowledge('a', 9);
  trio.of(2).acknowledge('c', 12);
  trio.pass(1_000);
  expect(result.known).toBeUndefined();
  trio.of(1).acknowledge('b', 9);
  trio.pass(100);
  expect(result.known).toEqual({ subscribers: 3, acknowledged: 3, missing: [], silent: [] });
});

test('when the time is up the answer names who has not acknowledged, and who has not answered', () => {
  trio.watch(0, 'a');
  trio.watch(1, 'b');
  trio.mute.add(3 as MemberId);
  const result = trio.wait(500);
  trio.pass(475);
  expect(result.known).toBeUndefined();
  trio.pass(25);
  expect(result.known).toEqual({ subscribers: 2, acknowledged: 0, missing: ['a', 'b'], silent: [3] });
});

test('a subscriber that moves to another member is waited for all the time', () => {
  const end = trio.watch(1, 'a');
  const result = trio.wait();
  trio.pass(100);
  end();
  trio.pass(limits.subscriberReturnMs / 2);
  expect(result.known, 'on its way').toBeUndefined();
  trio.watch(2, 'a');
  trio.pass(limits.subscriberReturnMs * 2);
  expect(result.known, 'arrived').toBeUndefined();
  trio.of(2).acknowledge('a', 9);
  trio.pass(100);
  expect(result.known).toMatchObject({ subscribers: 1, acknowledged: 1 });
});

test('one that is found elsewhere with its acknowledgement need not be waited for', () => {
  trio.watch(1, 'a')();
  trio.watch(0, 'a');
  trio.of(0).acknowledge('a', 9);
  const result = trio.wait();
  trio.pass(100);
  expect(result.known).toMatchObject({ subscribers: 1, acknowledged: 1 });
});

test('one that does not come back is waited for only so long', () => {
  trio.watch(1, 'a')();
  const result = trio.wait();
  trio.pass(limits.subscriberReturnMs - 100);
  expect(result.known).toBeUndefined();
  trio.pass(200);
  expect(result.known).toEqual({ subscribers: 0, acknowledged: 0, missing: [], silent: [] });
});

test.each([
  [true, limits.subscriberReturnMs],
  [false, limits.memberAwayMs],
])('a dead member is waited for while its clients may be on their way (refused: %s)', (refused, ms) => {
  trio.watch(2, 'a');
  const result = trio.wait();
  trio.pass(100);
  trio.die(3 as MemberId, refused);
  trio.pass(ms - 100);
  expect(result.known).toBeUndefined();
  trio.pass(200);
  expect(result.known).toEqual({ subscribers: 0, acknowledged: 0, missing: [], silent: [3] });
});

test('a member that comes back is asked again', () => {
  trio.watch(2, 'a');
  trio.die(3 as MemberId, true);
  const result = trio.wait();
  trio.pass(1_000);
  trio.dead.clear();
  for (const drains of trio.drains) drains.onConnected(3 as MemberId);
  trio.pass(limits.subscriberReturnMs * 2);
  expect(result.known).toBeUndefined();
  trio.of(2).acknowledge('a', 9);
  trio.pass(100);
  expect(result.known).toEqual({ subscribers: 1, acknowledged: 1, missing: [], silent: [] });
});

test('who no longer waits hears nothing; who waits when the member stops is told', () => {
  trio.watch(0, 'a');
  const [gone, waits] = [trio.wait(), trio.wait()];
  gone.cancel();
  trio.drains[0]?.failAll(new QuorateError('MEMBER_STOPPING', 'stops'));
  expect(gone.error).toBeUndefined();
  expect(waits.error?.reason).toBe('MEMBER_STOPPING');
});
