import { expect, test } from 'vitest';
import type { Index, MemberId, Term } from '../../src/base/ids.js';
import { MemoryNetwork } from '../../src/transport/memory.js';
import type { TransportHandlers } from '../../src/transport/transport.js';

const handlers: TransportHandlers = {
  onMessage: () => {},
  onConnected: () => {},
  onDisconnected: () => {},
  onSnapshot: () => Promise.resolve(true),
};

test('an image to a peer that has stopped, but is not missed yet, ends', async () => {
  const network = new MemoryNetwork((delivery) => {
    if (delivery.what !== 'disconnected') delivery.run();
  });
  const [a, b] = [1, 2] as MemberId[] as [MemberId, MemberId];
  const sender = network.create({ self: a, peers: [b], founded: () => true });
  const receiver = network.create({ self: b, peers: [a], founded: () => true });
  await sender.start(handlers);
  await receiver.start(handlers);
  await receiver.stop();
  expect(sender.isConnected(b)).toBe(true);
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield Buffer.from('image');
  }
  const meta = { index: 5 as Index, term: 1 as Term, membership: { voters: [a, b], outgoing: [], learners: [] } };
  const sent = sender.sendSnapshot(b, 1 as Term, meta, chunks(), () => Promise.resolve('hash'));
  const soon = new Promise((resolve) => setImmediate(() => resolve('still waiting')));
  expect(await Promise.race([sent, soon])).toBe(false);
});
