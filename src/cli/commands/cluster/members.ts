import type { Command } from 'commander';
import type { ClusterMember } from '../../../client/index.js';
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
              roleOf(member),
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

function roleOf({ name, learner }: ClusterMember): string {
  if (name === '') return 'learner, not started';
  return learner ? 'learner' : 'voter';
}
