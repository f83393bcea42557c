/** What a newcomer asks the cluster before it starts: to be added, unless it is a member already; who it is; who the others are. */

import { present } from '../base/assert.js';
import { ExitCode, FatalError } from '../base/errors.js';
import { type ClusterMember, connect, type QuorateClient } from '../client/index.js';
import type { Welcome } from '../member.js';

export interface Newcomer {
  readonly name: string;
  readonly clientAddress: string;
  readonly peerAddress: string;
}

/**
 * @param known the id in its data directory; undefined: that is empty
 * @returns undefined when it was removed from the cluster
 * @throws FatalError when the cluster cannot be asked or does not want it
 */
export async function askToJoin(
  endpoints: readonly string[],
  newcomer: Newcomer,
  known: number | undefined,
): Promise<Welcome | undefined> {
  const client = connect({ endpoints, timeoutMs: 30_000 });
  try {
    return await ask(client, newcomer, known);
  } catch (error) {
    if (error instanceof FatalError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new FatalError(`cannot join the cluster at ${endpoints.join(', ')}: ${why}`, ExitCode.SETTINGS);
  } finally {
    await client.close();
  }
}

async function ask(client: QuorateClient, newcomer: Newcomer, known: number | undefined): Promise<Welcome | undefined> {
  const { members } = await client.cluster.members();
  const named = members.filter(({ name }) => name === newcomer.name);
  const self = named.find(known === undefined ? ({ learner }) => learner : ({ id }) => id === known);
  if (known !== undefined && !self) return undefined;
  if (!self && named.length > 0) throw isVoter(newcomer);
  if (self && (self.clientAddress !== newcomer.clientAddress || self.peerAddress !== newcomer.peerAddress))
    throw isElsewhere(newcomer, self);
  // Also one that is on the list is added: the list may show what is not committed yet, and might never be.
  const added = known === undefined ? await client.cluster.addMember(newcomer) : undefined;
  const [after, { clusterId }] = await Promise.all([client.cluster.members(), client.cluster.status()]);
  // Another may still have its name and addresses: the voter that it replaces.
  const { name, clientAddress } = newcomer;
  const listed = after.members.find(
    (each) => each.learner && each.name === name && each.clientAddress === clientAddress,
  );
  const memberId = known ?? present(listed ?? added, 'a newcomer was added').id;
  return { clusterId, memberId, members: after.members };
}

function isVoter({ name, clientAddress, peerAddress }: Newcomer): FatalError {
  return new FatalError(
    `${name} is a voter of the cluster, but its data directory is empty: it may have voted and forgotten it. Replace it: quorate cluster replace ${name} ${name} --client ${clientAddress} --peer ${peerAddress}; then start it again`,
    ExitCode.DATA,
  );
}

function isElsewhere({ name }: Newcomer, { clientAddress, peerAddress }: ClusterMember): FatalError {
  return new FatalError(
    `the cluster knows ${name} at ${clientAddress} (client) and ${peerAddress} (peer): start it there, or remove it and join anew`,
    ExitCode.SETTINGS,
  );
}
