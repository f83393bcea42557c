/** Looks whether the members' addresses can be had before any of them is started. */
import { createServer } from 'node:net';
import { parseAddress } from '../../base/address.js';
import { ExitCode, FatalError } from '../../base/errors.js';
import type { MemberSettings } from '../../settings/settings.js';

/**
 * One sentence instead of one from each member. It also keeps `up` from taking another cluster at these addresses for its own: that one
 * would answer before the new members have found out that they cannot listen.
 *
 * @throws FatalError PORT for the first address that another process has. What else keeps a member from listening it says itself.
 */
export async function refuseTakenAddresses(members: readonly MemberSettings[]): Promise<void> {
  for (const { name, clientAddress, peerAddress } of members) {
    for (const [field, address] of [
      ['client', clientAddress],
      ['peer', peerAddress],
    ] as const) {
      if (!(await isTaken(address))) continue;
      throw new FatalError(
        `the ${field} address ${address} of ${name} is taken by another process: stop that process (does this cluster run already?) or change "${field}" in the settings`,
        ExitCode.PORT,
      );
    }
  }
}

function isTaken(text: string): Promise<boolean> {
  const address = parseAddress(text);
  if (!address) return Promise.resolve(false);
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'EADDRINUSE'));
    server.listen(address.port, address.host, () => server.close(() => resolve(false)));
  });
}
