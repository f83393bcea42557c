import { connect } from 'node:net';
import type { Check } from './check.js';
import { type Probe, type ProbeResult, passed, resultOf } from './probe.js';

/** Passes when a connection can be opened. */
export class TcpProbe implements Probe {
  constructor(private readonly check: Check) {}

  run(done: (result: ProbeResult) => void): () => void {
    const { host, port } = this.check;
    let over = false;
    const finish = (result: ProbeResult) => {
      if (over) return;
      over = true;
      socket.destroy();
      done(result);
    };
    const socket = connect({ host, port });
    socket.on('connect', () => finish(passed));
    socket.on('error', (error) => finish(resultOf(error)));
    return () => {
      over = true;
      socket.destroy();
    };
  }

  close(): void {}
}
