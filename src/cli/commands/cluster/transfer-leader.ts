import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

export function transferLeaderCommand(terminal: Terminal): Command {
  return callCommand('transfer-leader', 'hand leadership to another member')
    .argument('[name]', 'name of the member (default: the most up-to-date one)')
    .addHelpText(
      'after',
      `
Examples:
  quorate cluster transfer-leader
  quorate cluster transfer-leader n2`,
    )
    .action((name: string | undefined, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const { leaderId, leaderName } = await client.cluster.transferLeadership(name);
        answer({ leader: leaderName, leaderId }, () => `the leader is ${leaderName}`);
      }),
    );
}
