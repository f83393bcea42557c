import { Metadata, status } from '@grpc/grpc-js';
import { afterEach, describe, expect, it } from 'vitest';
import { ExitCode, FatalError } from '../../src/base/errors.js';
import type { ClusterId, MemberId } from '../../src/base/ids.js';
import { limits } from '../../src/base/limits.js';
import { silentLog } from '../../src/base/log.js';
import { GrpcTransport, type GrpcTransportOptions } from '../../src/transport/grpc.js';
import { type Handshake, handshakeMetadata, PROTOCOL_VERSION } from '../../src/transport/handshake.js';
import { encodeEnvelope } from '../../src/transport/messages.js';
import type { PeerMessage } from '../../src/transport/transport.js';
import { until } from '../support/until.js';
import { A, B, C, freePort, heartbeat, Recorder, Warnings } from './fixture.js';
import { type Cleanups, countingPeer, listener, rawStream, spawnPeer, throwAt } from './raw-peer.js';
import { transportSuite } from './transport-suite.js';

const clusterId = 77 as ClusterId;
const names = new Map<MemberId, string>([
  [A, 'a'],
  [B, 'b'],
  [C, 'c'],
]);

/** Free addresses for A, B and C, and transports on them. */
async function cluster() {
  const addresses = new Map<MemberId, string>();
  for (const id of names.keys()) addresses.set(id, `127.0.0.1:${await freePort()}`);
  const addressOf = (id: MemberId) => addresses.get(id) ?? '';
  const create = (self: MemberId, options: Partial<GrpcTransportOptions> = {}) =>
    new GrpcTransport({
      self: { id: self, peerAddress: addressOf(self) },
      peers: [...names].filter(([id]) => id !== self).map(([id, name]) => ({ id, name, address: addressOf(id) })),
      clusterId,
      incarnation: 1,
      founded: () => false,
      log: silentLog,
      ...options,
    });
  const move = async (id: MemberId) => void addresses.set(id, `127.0.0.1:${await freePort()}`);
  return { addressOf, create, move };
}

transportSuite('grpc', async () => {
  const { create, addressOf, move } = await cluster();
  return { create: (self, founded) => create(self, { founded }), addressOf, move };
});

describe('GrpcTransport', () => {
  const cleanups: Cleanups = [];
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function start(transport: GrpcTransport): Promise<Recorder> {
    const recorder = new Recorder();
    cleanups.push(() => transport.stop());
    await transport.start(recorder);
    return recorder;
  }

  /** B, or somebody like it, on a bare stream. */
  function caller(address: string, different: Partial<Handshake> = {}) {
    const handshake = {
      version: PROTOCOL_VERSION,
      clusterId,
      from: B,
      to: A,
      incarnation: 1,
      founded: true,
      address: '',
    };
    return rawStream(address, handshakeMetadata({ ...handshake, ...different }), cleanups);
  }

  describe('at the handshake', () => {
    it('refuses a member of another cluster; both sides say so once', async () => {
      const { create, addressOf } = await cluster();
      const [ours, theirs] = [new Warnings(), new Warnings()];
      const a = await start(create(A, { log: ours }));
      const b = await start(create(B, { log: theirs, clusterId: 78 as ClusterId }));
      await until('both have complained', () => ours.lines.length >= 2 && theirs.lines.length >= 2);
      const refusing = (own: string, other: string) =>
        `refused a peer connection: this member belongs to cluster ${own}, the caller to cluster ${other}`;
      expect(ours.lines).toContain(refusing('4d', '4e'));
      expect(theirs.lines).toContain(refusing('4e', '4d'));
      expect(ours.lines.some((line) => /^b at .* refuses us: this member belongs to cluster 4e/.test(line))).toBe(true);
      // However often it is tried there is one line for refusing and one for being refused.
      for (let round = 0; round < 3; round++) {
        const { ended } = caller(addressOf(A), { clusterId: 78 as ClusterId });
        expect((await ended)?.code).toBe(status.FAILED_PRECONDITION);
      }
      expect([ours.lines.length, theirs.lines.length]).toEqual([2, 2]);
      expect([a.events, b.events, a.messages, b.messages]).toEqual([[], [], [], []]);
    });

    it.each([
      ['a wrong addressee', { to: C }, /the caller wants member c: the peer addresses in the settings disagree/],
      [
        'a sender that is not in the settings',
        { from: 5 as MemberId, founded: false },
        /member 5 is not in the cluster as member a0+1 knows it/,
      ],
      ['another version of the protocol', { version: 9 }, /has version 1, the caller's has 9/],
    ])('refuses %s', async (_what, wrong, expected) => {
      const { create, addressOf } = await cluster();
      const log = new Warnings();
      const recorder = await start(create(A, { log }));
      const error = await caller(addressOf(A), wrong).ended;
      expect([error?.code, error?.details]).toEqual([status.FAILED_PRECONDITION, expect.stringMatching(expected)]);
      expect(log.lines).toEqual([expect.stringMatching(expected)]);
      expect(recorder.messages).toEqual([]);
    });

    it('refuses a caller that is no member', async () => {
      const { create, addressOf } = await cluster();
      await start(create(A));
      const error = await rawStream(addressOf(A), new Metadata(), cleanups).ended;
      expect(error?.details).toBe('this port is for the members of a Quorate cluster');
    });

    it('lets a newer run of a member take the place of an older one, and not the other way round', async () => {
      const { create, addressOf } = await cluster();
      const recorder = await start(create(A));
      const run = (incarnation: number) => caller(addressOf(A), { incarnation });
      const older = run(5);
      await older.accepted;
      const newer = run(6);
      await newer.accepted;
      expect((await older.ended)?.details).toBe('a newer stream of this member has come');
      expect((await run(5).ended)?.details).toBe('a newer run of this member is connected already');
      newer.call.write(encodeEnvelope([heartbeat(B, A, 1)]));
      await until('the message has come', () => recorder.rounds.length === 1);
    });
  });

  describe('when connections fail', () => {
    it('tells at once that the process of a peer was killed', async () => {
      const { create, addressOf } = await cluster();
      const recorder = await start(create(A));
      const times: number[] = [];
      for (let round = 0; round < 3; round++) {
        const child = await spawnPeer(addressOf(B), cleanups);
        await until('A is connected', () => recorder.events.at(-1) === 'connected b');
        const told = new Promise<number>((resolve) => {
          recorder.onDisconnected = (id, refused) => {
            recorder.events.push('disconnected');
            if (id === B && refused) resolve(performance.now());
          };
        });
        const killed = performance.now();
        child.kill('SIGKILL');
        times.push((await told) - killed);
      }
      // The fastest, because other processes may hold this machine's cores for a while.
      expect(Math.min(...times)).toBeLessThan(30);
    });

    it('connects at once, not after its pause, when a peer that was away calls', async () => {
      const { create, addressOf } = await cluster();
      const a = await start(create(A));
      const closing = await listener(addressOf(B), (socket) => socket.destroy(), cleanups);
      // Each try is a probe and a stream; after six the pauses are near their longest.
      await until('A has tried six times', () => closing.count >= 12);
      closing.close();
      const recorder = await start(create(B));
      const began = performance.now();
      await until('both are connected', () => a.events.length === 1 && recorder.events.length === 1);
      expect(performance.now() - began).toBeLessThan(400);
    });

    it('finds a peer that has moved when only one side has heard of it, whichever that is', async () => {
      for (const told of ['A', 'B']) {
        const { create, addressOf, move } = await cluster();
        const a = create(A);
        const before = create(B);
        await start(a);
        await start(before);
        await until('A is connected', () => a.isConnected(B));
        await before.stop();
        await move(B);
        const peerA = (address: string) => ({ id: A, name: 'a', address });
        if (told === 'A') a.setPeers([{ id: B, name: 'b', address: addressOf(B) }], []);
        const nowhere = `127.0.0.1:${await freePort()}`;
        const b = create(B, { peers: [peerA(told === 'A' ? nowhere : addressOf(A))] });
        await start(b);
        await until('both are connected', () => a.isConnected(B) && b.isConnected(A));
        for (const transport of [a, b]) await transport.stop();
      }
    });

    it('stays with the address that it was told when the one that the peer says is of no use', async () => {
      const { create, addressOf } = await cluster();
      const a = create(A);
      const recorder = await start(a);
      const elsewhere = `127.0.0.1:${await freePort()}`;
      await caller(addressOf(A), { address: elsewhere }).accepted;
      const b = create(B);
      await start(b);
      await until('A is connected', () => a.isConnected(B));
      await b.stop();
      await until('A has noticed', () => recorder.events.at(-1) === 'disconnected b refused');
      await start(create(B));
      await until('A is connected again', () => a.isConnected(B));
    });

    it('gives up on a port that accepts and says nothing, and stops without waiting for it', async () => {
      const { create, addressOf } = await cluster();
      const silent = await listener(addressOf(B), () => undefined, cleanups);
      const transport = create(A);
      const recorder = await start(transport);
      await until('a probe and a stream have come', () => silent.count >= 2);
      const before = performance.now();
      await transport.stop();
      expect(performance.now() - before).toBeLessThan(1_000);
      expect(recorder.events).toEqual([]);
    });

    it('says in one sentence that its port is taken', async () => {
      const { create, addressOf } = await cluster();
      await start(create(A));
      const second = create(A);
      cleanups.push(() => second.stop());
      const error = await second.start(new Recorder()).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(FatalError);
      expect(error).toMatchObject({
        exitCode: ExitCode.PORT,
        message: `the peer address ${addressOf(A)} is taken by another process; stop that process or change "peer" in the settings`,
      });
    });
  });

  describe('under bad input', () => {
    it('is not harmed by bytes that are no HTTP/2', async () => {
      const { create, addressOf } = await cluster();
      const log = new Warnings();
      const a = create(A, { log });
      const b = create(B);
      const recorder = await start(a);
      await start(b);
      await until('B is connected', () => b.isConnected(A));
      const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
      for (const bytes of [
        'GET / HTTP/1.1\r\n\r\n',
        '\0'.repeat(10_000),
        `${preface}${'\xff'.repeat(5_000)}`,
        preface,
      ]) {
        await throwAt(addressOf(A), Buffer.from(bytes, 'latin1'));
      }
      b.send(heartbeat(B, A, 1));
      await until('the message has come', () => recorder.rounds.length === 1);
      expect(log.lines).toEqual([]);
    });

    it('closes a stream that carries something else than envelopes, and says so once', async () => {
      const { create, addressOf } = await cluster();
      const log = new Warnings();
      const recorder = await start(create(A, { log }));
      for (let round = 0; round < 3; round++) {
        const { call, ended } = caller(addressOf(A));
        call.write(Buffer.from([0x0a, 0xff, 0xff]));
        call.write(encodeEnvelope([heartbeat(B, A, 1)]));
        expect((await ended)?.details).toMatch(/^not an envelope/);
      }
      expect(log.lines).toEqual(['b sent something that is no envelope']);
      expect(recorder.messages).toEqual([]);
    });

    it('drops a message that is too large, says so, and goes on', async () => {
      const { create } = await cluster();
      const log = new Warnings();
      const a = create(A, { log });
      await start(a);
      const recorder = await start(create(B));
      await until('A is connected', () => a.isConnected(B));
      a.send(forward(limits.peerMessageBytes));
      a.send(forward(limits.peerMessageBytes - 200));
      await until('the other message has come', () => recorder.messages.length === 1);
      expect(log.lines).toEqual([
        expect.stringMatching(/^message to b dropped: it has \d+ bytes, more than the 16777216/),
      ]);
      expect(a.isConnected(B)).toBe(true);
    });

    it('refuses an envelope that is larger than a member would send', async () => {
      const { create, addressOf } = await cluster();
      const recorder = await start(create(A));
      const { call, ended } = caller(addressOf(A));
      call.write(Buffer.alloc(limits.peerMessageBytes + 1));
      expect((await ended)?.code).toBe(status.RESOURCE_EXHAUSTED);
      expect(recorder.messages).toEqual([]);
    });
  });

  describe('under load', () => {
    it('sends what is queued in one turn as one envelope', async () => {
      const { create, addressOf } = await cluster();
      const { envelopes } = await countingPeer(addressOf(B), cleanups);
      const a = create(A);
      await start(a);
      await until('A is connected', () => a.isConnected(B));
      for (let round = 1; round <= 100; round++) a.send(heartbeat(A, B, round));
      await until('something has come', () => envelopes.length > 0);
      expect(envelopes).toEqual([100]);
    });

    it('drops messages beyond the queue limit instead of growing, in order', async () => {
      const { create } = await cluster();
      const log = new Warnings();
      const a = create(A, { log });
      await start(a);
      const recorder = await start(create(B));
      await until('A is connected', () => a.isConnected(B));
      const size = 1_000_000;
      const many = Math.ceil(limits.peerQueueBytes / size) * 3;
      for (let i = 0; i < many; i++) a.send(forward(size, i));
      await until('the queue is empty', () => {
        a.send(forward(1, many));
        return sequences(recorder).includes(many);
      });
      const came = sequences(recorder).filter((sequence) => sequence < many);
      expect(came).toEqual(Array.from({ length: came.length }, (_, i) => i));
      expect(came.length * size).toBeLessThanOrEqual(limits.peerQueueBytes);
      expect(came.length * size).toBeGreaterThan(limits.peerQueueBytes / 2);
      expect(log.lines).toHaveLength(1);
    });
  });

  it('leaves nothing open when it is stopped', async () => {
    const { create } = await cluster();
    const before = handles();
    const [a, b] = [create(A), create(B)];
    await start(a);
    await start(b);
    await until('A is connected', () => a.isConnected(B));
    await Promise.all([a.stop(), b.stop()]);
    await until('all handles are closed', () => handles() <= before);
  });
});

const forward = (bytes: number, firstSequence = 1): PeerMessage => ({
  kind: 'forward',
  from: A,
  to: B,
  incarnation: 1,
  firstSequence,
  commands: [Buffer.alloc(bytes)],
});

function sequences(recorder: Recorder): number[] {
  return recorder.messages.flatMap((message) => (message.kind === 'forward' ? [message.firstSequence] : []));
}

/** Sockets and timers of this process. */
function handles(): number {
  return process.getActiveResourcesInfo().filter((kind) => /TCP|Timeout/.test(kind)).length;
}
