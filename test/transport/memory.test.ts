import { describe, expect, it } from 'vitest';
import { type Delivery, MemoryNetwork } from '../../src/transport/memory.js';
import { A, B, C, heartbeat, Recorder } from './fixture.js';
import { transportSuite } from './transport-suite.js';

const members = [A, B, C];

transportSuite('memory', async () => {
  const network = new MemoryNetwork();
  return {
    create: (self, founded) => network.create({ self, peers: members.filter((id) => id !== self), founded }),
    addressOf: () => '',
    move: () => Promise.resolve(),
  };
});

describe('the memory network under a scheduler', () => {
  async function open() {
    const pending: Delivery[] = [];
    const network = new MemoryNetwork((delivery) => pending.push(delivery));
    const [a, b] = [new Recorder(), new Recorder()];
    const transportA = network.create({ self: A, peers: [B], founded: () => false });
    const transportB = network.create({ self: B, peers: [A], founded: () => false });
    await transportA.start(a);
    await transportB.start(b);
    const runAll = () => {
      for (const delivery of pending.splice(0)) delivery.run();
    };
    return { network, pending, runAll, a, b, transportA, transportB };
  }

  it('does nothing by itself', async () => {
    const { pending, a, transportA, runAll } = await open();
    expect(pending.map(({ from, to, what }) => [from, to, what])).toEqual([
      [A, B, 'connected'],
      [B, A, 'connected'],
    ]);
    expect([transportA.isConnected(B), a.events]).toEqual([false, []]);
    runAll();
    expect([transportA.isConnected(B), a.events]).toEqual([true, ['connected b']]);
  });

  it('lets messages be lost and overtaken', async () => {
    const { pending, runAll, b, transportA } = await open();
    runAll();
    for (const round of [1, 2, 3]) transportA.send(heartbeat(A, B, round));
    const [first, , third] = pending.splice(0);
    expect(first?.message).toEqual(heartbeat(A, B, 1));
    third?.run();
    first?.run();
    expect(b.rounds).toEqual([3, 1]);
  });

  it('loses what is under way to a member that stops, also when it starts again', async () => {
    const { network, pending, runAll, a, transportA, transportB } = await open();
    runAll();
    transportA.send(heartbeat(A, B, 1));
    const [late] = pending.splice(0);
    await transportB.stop();
    const again = new Recorder();
    await network.create({ self: B, peers: [A], founded: () => true }).start(again);
    runAll();
    late?.run();
    expect(again.messages).toEqual([]);
    expect(a.events).toEqual(['connected b', 'disconnected b refused', 'connected b founded']);
  });

  it('loses what is under way on a stream that is reset, and connects again', async () => {
    const { network, pending, runAll, a, b, transportA } = await open();
    runAll();
    transportA.send(heartbeat(A, B, 1));
    const [late] = pending.splice(0);
    network.reset(A, B);
    runAll();
    late?.run();
    expect(b.rounds).toEqual([]);
    expect(a.events).toEqual(['connected b', 'disconnected b', 'connected b']);
  });
});
