import { connect } from 'node:net';
import type { Address } from '../base/address.js';

/** open: somebody listens. refused: the machine says that nobody does. failed: anything else, such as no answer in time. */
export type ProbeResult = 'open' | 'refused' | 'failed';

/**
 * Tries a bare TCP connection, which tells "nobody listens" from "no answer" by error code and costs nothing when the peer is away. Calls `done`
 * once, later, unless the returned function was called before.
 */
export function probe(address: Address, timeoutMs: number, done: (result: ProbeResult) => void): () => void {
  const socket = connect({ host: address.host, port: address.port, noDelay: true });
  let settled = false;
  const settle = (result: ProbeResult | undefined) => {
    if (settled) return;
    settled = true;
    clearTimeout(timer);
    socket.destroy();
    if (result) done(result);
  };
  const timer = setTimeout(() => settle('failed'), timeoutMs);
  socket.once('connect', () => settle('open'));
  socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code === 'ECONNREFUSED' ? 'refused' : 'failed'));
  return () => settle(undefined);
}
