import { parseAddress } from '../base/address.js';
import { type Check, checkedAddress } from './check.js';
import { GrpcProbe } from './grpc-probe.js';
import { HttpProbe } from './http-probe.js';
import { failed, type Probe, type ProbeResult } from './probe.js';
import { TcpProbe } from './tcp-probe.js';

/** The prober of a check. Only hosts and ports are probed: an address that is neither a name nor an IP address, or a port of 0, always fails. */
export function openProbe(check: Check): Probe {
  const address = checkedAddress(check);
  if (!parseAddress(address)) return new Impossible(`${address} is no address to connect to`);
  switch (check.kind) {
    case 'grpc':
      return new GrpcProbe(check);
    case 'http':
      return new HttpProbe(check);
    case 'tcp':
      return new TcpProbe(check);
  }
}

class Impossible implements Probe {
  constructor(private readonly why: string) {}

  run(done: (result: ProbeResult) => void): () => void {
    const later = setImmediate(() => done(failed(this.why)));
    return () => clearImmediate(later);
  }

  close(): void {}
}

export type { Probe };
