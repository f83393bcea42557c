/** The contract of src/transport/transport.ts, for every implementation. */
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { index, type MemberId, term } from '../../src/base/ids.js';
import type { PeerMessage, Transport } from '../../src/transport/transport.js';
import { until } from '../support/until.js';
import { A, B, C, chunksOf, heartbeat, meta, Recorder } from './fixture.js';

/** Makes transports that know each other as A, B and C. */
export interface TransportFactory {
  create(self: MemberId, founded: () => boolean): Transport;
  addressOf(id: MemberId): string;
  /** From now on a new address is the member's. */
  move(id: MemberId): Promise<void>;
}

const noHash = () => Promise.resolve('');

export function transportSuite(name: string, open: () => Promise<TransportFactory>): void {
  describe(`transport contract: ${name}`, () => {
    let factory: TransportFactory;
    let started: Transport[] = [];

    beforeEach(async () => {
      factory = await open();
    });
    afterEach(async () => {
      await Promise.all(started.map((transport) => transport.stop()));
      started = [];
    });

    async function start(self: MemberId, founded = false): Promise<{ transport: Transport; recorder: Recorder }> {
      const transport = factory.create(self, () => founded);
      const recorder = new Recorder();
      started.push(transport);
      await transport.start(recorder);
      return { transport, recorder };
    }

    async function pair() {
      const a = await start(A);
      const b = await start(B);
      await until('A and B are connected', () => a.transport.isConnected(B) && b.transport.isConnected(A));
      return { a, b };
    }

    it('connects every member with every other, in both directions', async () => {
      const all = [await start(A), await start(B), await start(C)];
      await until('all are connected', () => all.every(({ recorder }) => recorder.events.length === 2));
      expect(all.map(({ recorder }) => recorder.events.toSorted())).toEqual([
        ['connected b', 'connected c'],
        ['connected a00000000001', 'connected c'],
        ['connected a00000000001', 'connected b'],
      ]);
    });

    it('tells whether the peer has taken part in a cluster', async () => {
      const a = await start(A);
      const b = await start(B, true);
      await until('both are told', () => a.recorder.events.length + b.recorder.events.length === 2);
      expect(a.recorder.events).toEqual(['connected b founded']);
      expect(b.recorder.events).toEqual(['connected a00000000001']);
    });

    it('delivers messages once and in order, in both directions at the same time', async () => {
      const { a, b } = await pair();
      const rounds = Array.from({ length: 500 }, (_, i) => i + 1);
      for (const round of rounds) {
        a.transport.send(heartbeat(A, B, round));
        b.transport.send(heartbeat(B, A, round));
        if (round % 50 === 0) await new Promise(setImmediate);
      }
      await until('the last has come', () => a.recorder.rounds.length >= 500 && b.recorder.rounds.length >= 500);
      expect(a.recorder.rounds).toEqual(rounds);
      expect(b.recorder.rounds).toEqual(rounds);
    });

    it('delivers every field of entries and of forwarded commands', async () => {
      const { a, b } = await pair();
      const data = Buffer.alloc(3_000, 7);
      const sent: PeerMessage[] = [
        {
          kind: 'appendRequest',
          from: A,
          to: B,
          term: term(4),
          prevIndex: index(8),
          prevTerm: term(3),
          commit: index(7),
          entries: [
            { index: index(9), term: term(4), kind: 'noop', data: Buffer.alloc(0) },
            { index: index(10), term: term(4), kind: 'commands', data },
          ],
        },
        { kind: 'forward', from: A, to: B, incarnation: 2, firstSequence: 5, commands: [data, Buffer.from('x')] },
      ];
      for (const message of sent) a.transport.send(message);
      await until('both have come', () => b.recorder.messages.length === 2);
      expect(b.recorder.messages).toEqual(sent);
    });

    it('drops messages to a peer that is away', async () => {
      const a = await start(A);
      a.transport.send(heartbeat(A, B, 1));
      const b = await start(B);
      await until('A is connected', () => a.transport.isConnected(B));
      a.transport.send(heartbeat(A, B, 2));
      await until('a message has come', () => b.recorder.rounds.length > 0);
      expect(b.recorder.rounds).toEqual([2]);
    });

    it('drops messages to a member that it does not know', async () => {
      const { a, b } = await pair();
      a.transport.send(heartbeat(A, 99 as MemberId, 1));
      a.transport.send(heartbeat(A, B, 2));
      await until('a message has come', () => b.recorder.rounds.length > 0);
      expect(b.recorder.rounds).toEqual([2]);
      expect(a.transport.isConnected(99 as MemberId)).toBe(false);
    });

    it('notices that a peer has gone, and that it is there again', async () => {
      const { a, b } = await pair();
      await b.transport.stop();
      await until('A has noticed', () => a.recorder.events.at(-1) === 'disconnected b refused');
      expect(a.transport.isConnected(B)).toBe(false);
      const again = await start(B, true);
      await until('A has noticed', () => a.recorder.events.at(-1) === 'connected b founded');
      a.transport.send(heartbeat(A, B, 3));
      await until('a message has come', () => again.recorder.rounds.length > 0);
      expect(again.recorder.rounds).toEqual([3]);
      expect(b.recorder.rounds).toEqual([]);
    });

    it('streams an image and brings back whether it was installed', async () => {
      const { a, b } = await pair();
      for (const wanted of [true, false]) {
        const got: Uint8Array[] = [];
        b.recorder.take = async (snapshot) => {
          expect(snapshot).toMatchObject({ from: A, term: 5, meta });
          for await (const chunk of snapshot.chunks) got.push(chunk);
          expect(snapshot.sha256()).toBe('abc');
          return wanted;
        };
        const sent = a.transport.sendSnapshot(B, term(5), meta, chunksOf(1_000_000, 65_536), () =>
          Promise.resolve('abc'),
        );
        expect(await sent).toBe(wanted);
        expect(hashOf(got)).toBe(hashOf(await collect(chunksOf(1_000_000, 65_536))));
      }
    });

    it('takes an image from its source only as fast as the receiver reads', async () => {
      const { a, b } = await pair();
      let produced = 0;
      async function* source() {
        for await (const chunk of chunksOf(60_000_000, 250_000)) {
          produced += chunk.length;
          yield chunk;
        }
      }
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      let first = false;
      let total = 0;
      b.recorder.take = async ({ chunks }) => {
        for await (const chunk of chunks) {
          total += chunk.length;
          first = true;
          await released;
        }
        return true;
      };
      const sent = a.transport.sendSnapshot(B, term(1), meta, source(), noHash);
      await until('the first chunk has come', () => first);
      let before = -1;
      await until('the source has come to rest', async () => {
        const resting = produced === before;
        before = produced;
        for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setTimeout(resolve, 5));
        return resting;
      });
      expect(produced).toBeLessThan(30_000_000);
      release();
      expect(await sent).toBe(true);
      expect(total).toBe(60_000_000);
    });

    it('goes on with messages while an image is stuck', async () => {
      const { a, b } = await pair();
      let begun = false;
      let release = () => {};
      const released = new Promise<void>((resolve) => {
        release = resolve;
      });
      b.recorder.take = async ({ chunks }) => {
        for await (const _chunk of chunks) {
          begun = true;
          await released;
        }
        return true;
      };
      const sent = a.transport.sendSnapshot(B, term(1), meta, chunksOf(40_000_000, 250_000), noHash);
      await until('the image has begun', () => begun);
      a.transport.send(heartbeat(A, B, 1));
      await until('a message has come', () => b.recorder.rounds.length === 1);
      release();
      expect(await sent).toBe(true);
    });

    it('answers false when the receiver does not want the image, and closes its source', async () => {
      const { a, b } = await pair();
      b.recorder.take = async ({ chunks }) => {
        for await (const _chunk of chunks) break;
        return false;
      };
      let open = false;
      async function* endless() {
        open = true;
        try {
          for (;;) {
            yield Buffer.alloc(100_000);
            await new Promise(setImmediate);
          }
        } finally {
          open = false;
        }
      }
      expect(await a.transport.sendSnapshot(B, term(1), meta, endless(), noHash)).toBe(false);
      expect(open).toBe(false);
    });

    it('answers false when the receiver fails', async () => {
      const { a, b } = await pair();
      b.recorder.take = () => Promise.reject(new Error('no space'));
      expect(await a.transport.sendSnapshot(B, term(1), meta, chunksOf(1_000, 100), noHash)).toBe(false);
    });

    it('tells an error of the source to the sender and breaks off at the receiver', async () => {
      const { a, b } = await pair();
      let broken: unknown;
      let begun = false;
      b.recorder.take = async ({ chunks }) => {
        try {
          for await (const _chunk of chunks) begun = true;
        } catch (error) {
          broken = error;
        }
        return false;
      };
      async function* failing() {
        yield Buffer.alloc(10);
        await until('the image has begun', () => begun);
        throw new Error('damaged record');
      }
      const sent = a.transport.sendSnapshot(B, term(1), meta, failing(), noHash);
      await expect(sent).rejects.toThrow('damaged record');
      await until('the receiver has noticed', () => broken !== undefined);
    });

    it('answers false for a peer that is away, and when it stops meanwhile', async () => {
      const { a, b } = await pair();
      let begun = false;
      b.recorder.take = async ({ chunks }) => {
        for await (const _chunk of chunks) {
          begun = true;
          await new Promise(() => undefined);
        }
        return true;
      };
      const sent = a.transport.sendSnapshot(B, term(1), meta, chunksOf(20_000_000, 250_000), noHash);
      await until('the image has begun', () => begun);
      await b.transport.stop();
      expect(await sent).toBe(false);
      await until('A has noticed', () => !a.transport.isConnected(B));
      expect(await a.transport.sendSnapshot(B, term(1), meta, chunksOf(10, 10), noHash)).toBe(false);
    });

    it('takes in a peer that comes later, and drops one that is removed and tells it so whenever it calls', async () => {
      const peer = (id: MemberId) => ({ id, name: id.toString(16), address: factory.addressOf(id) });
      const a = await start(A);
      a.transport.setPeers([], []);
      const b = await start(B);
      a.transport.setPeers([peer(B)], []);
      await until('A and B are connected', () => a.transport.isConnected(B) && b.transport.isConnected(A));
      a.transport.setPeers([], [B]);
      await until('B is told', () => b.recorder.removals > 0);
      expect(a.transport.isConnected(B)).toBe(false);
      b.transport.send(heartbeat(B, A, 1));
      a.transport.send(heartbeat(A, B, 1));
      await b.transport.stop();
      const again = await start(B);
      await until('B is told again', () => again.recorder.removals > 0);
      expect([...a.recorder.messages, ...b.recorder.messages]).toEqual([]);
    });

    it('goes on with a peer that is about to move, and finds it where it has moved', async () => {
      const { a, b } = await pair();
      await factory.move(B);
      a.transport.setPeers([{ id: B, name: 'b', address: factory.addressOf(B) }], []);
      a.transport.send(heartbeat(A, B, 1));
      b.transport.send(heartbeat(B, A, 1));
      await until('both have heard', () => a.recorder.rounds.length + b.recorder.rounds.length === 2);
      expect([...a.recorder.events, ...b.recorder.events]).toEqual(['connected b', 'connected a00000000001']);
      await b.transport.stop();
      const moved = await start(B);
      await until('both are connected', () => a.transport.isConnected(B) && moved.transport.isConnected(A));
      a.transport.send(heartbeat(A, B, 2));
      await until('it has heard', () => moved.recorder.rounds.length === 1);
    });

    it('lets a member in that it has not heard of once that one has taken part in the cluster, until it is removed', async () => {
      const a = await start(A);
      a.transport.setPeers([], []);
      const b = await start(B);
      const c = await start(C, true);
      await until('A and C are connected', () => a.transport.isConnected(C) && c.transport.isConnected(A));
      expect([a.transport.isConnected(B), b.transport.isConnected(A)]).toEqual([false, false]);
      // News of the members that are older than C change nothing.
      a.transport.setPeers([], []);
      a.transport.send(heartbeat(A, C, 1));
      await until('the message has come', () => c.recorder.rounds.length === 1);
      a.transport.setPeers([], [C]);
      await until('C is told', () => c.recorder.removals > 0);
      expect(a.transport.isConnected(C)).toBe(false);
    });

    it('is silent once stopped, and may be stopped twice', async () => {
      const { a, b } = await pair();
      await a.transport.stop();
      await a.transport.stop();
      const events = [...a.recorder.events];
      a.transport.send(heartbeat(A, B, 1));
      b.transport.send(heartbeat(B, A, 1));
      await until('B has noticed', () => b.recorder.events.at(-1) === 'disconnected a00000000001 refused');
      expect(a.recorder.messages).toEqual([]);
      expect(b.recorder.messages).toEqual([]);
      expect(a.recorder.events).toEqual(events);
      expect(await a.transport.sendSnapshot(B, term(1), meta, chunksOf(10, 10), noHash)).toBe(false);
    });
  });
}

async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}

function hashOf(chunks: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}
