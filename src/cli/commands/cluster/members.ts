import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import { withClient } from '../../session.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function membersCommand(terminal: Terminal): Command {
  return callCommand('members', 'list the members of the cluster and their addresses')
    .addHelpText(
      'after',
      `
Example:
  quorate cluster members`,
    )
    .action((_options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const { members, leaderId } = await client.cluster.members();
        answer({ members: members.map((member) => ({ ...member, leader: member.id === leaderId })) }, () =>
          table(
            ['NAME', 'ROLE', 'LEADER', 'CLIENT', 'PEER', 'ID'],
            members.map((member) => [
              member.name,
              member.learner ? 'learner' : 'voter',
              member.id === leaderId ? 'yes' : 'no',
              member.clientAddress,
              member.peerAddress,
              member.id.toString(16),
            ]),
          ),
        );
      }),
    );
}
