/** The commands that change who the members are. */
import type { Command } from 'commander';
import { type Address, formatAddress } from '../../../base/address.js';
import { callCommand } from '../../call.js';
import { address } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

interface Addresses {
  readonly client: Address;
  readonly peer: Address;
}

export function addCommand(terminal: Terminal): Command {
  return withAddresses(callCommand('add', 'add a member; it becomes a voter once it has caught up'))
    .argument('<name>', 'name of the new member')
    .option('--stay-learner', 'do not make it a voter: it serves watches and reads, and its loss hurts nobody')
    .addHelpText(
      'after',
      `
"quorate member --join" does the same and starts the member at once.

Example:
  quorate cluster add n4 --client 127.0.0.1:7104 --peer 127.0.0.1:7204`,
    )
    .action((name: string, options: Addresses & { stayLearner?: boolean }, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const stayLearner = options.stayLearner ?? false;
        const member = await client.cluster.addMember({ name, ...texts(options) }, { stayLearner });
        answer(
          { member },
          () => `${name} is a learner${stayLearner ? '' : ' and becomes a voter once it has caught up'}`,
        );
      }),
    );
}

export function promoteCommand(terminal: Terminal): Command {
  return callCommand('promote', 'make a learner a voter')
    .argument('<name>', 'name of the learner')
    .addHelpText('after', '\nExample:\n  quorate cluster promote n4')
    .action((name: string, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        await client.cluster.promoteMember(name);
        answer({ promoted: name }, () => `${name} is a voter`);
      }),
    );
}

export function removeCommand(terminal: Terminal): Command {
  return callCommand('remove', 'remove a member, also the leader or a dead one; it stops by itself')
    .argument('<name>', 'name of the member, or its id if it has no name because it was never started')
    .addHelpText('after', '\nExample:\n  quorate cluster remove n3')
    .action((name: string, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        await client.cluster.removeMember(name);
        answer({ removed: name }, () => `${name} is removed`);
      }),
    );
}

export function replaceCommand(terminal: Terminal): Command {
  return withAddresses(callCommand('replace', 'let a new member take the place of another, in one change'))
    .argument('<name>', 'name of the member that leaves')
    .argument('<successor>', 'name of the new member; may be the same')
    .addHelpText(
      'after',
      `
The other leaves when the new member, started with "quorate member --join", has caught up.

Example:
  quorate cluster replace n3 n4 --client 127.0.0.1:7104 --peer 127.0.0.1:7204`,
    )
    .action((name: string, successor: string, options: Addresses, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const member = await client.cluster.replaceMember(name, { name: successor, ...texts(options) });
        answer({ member, replaces: name }, () => `${successor} takes the place of ${name} once it has caught up`);
      }),
    );
}

function withAddresses(command: Command): Command {
  return command
    .requiredOption('--client <address>', 'host:port where programs connect to it', address)
    .requiredOption('--peer <address>', 'host:port where the other members connect to it', address);
}

function texts({ client, peer }: Addresses): { clientAddress: string; peerAddress: string } {
  return { clientAddress: formatAddress(client), peerAddress: formatAddress(peer) };
}
