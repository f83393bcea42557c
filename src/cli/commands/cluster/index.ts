import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import type { Terminal } from '../../terminal.js';
import { addCommand, promoteCommand, removeCommand, replaceCommand } from './change.js';
import { compactCommand } from './compact.js';
import { membersCommand } from './members.js';
import { transferLeaderCommand } from './transfer-leader.js';

/** `quorate cluster …` */
export function clusterCommands(terminal: Terminal): Command {
  return callCommand('cluster', 'look after the cluster itself')
    .addCommand(membersCommand(terminal))
    .addCommand(addCommand(terminal))
    .addCommand(promoteCommand(terminal))
    .addCommand(removeCommand(terminal))
    .addCommand(replaceCommand(terminal))
    .addCommand(transferLeaderCommand(terminal))
    .addCommand(compactCommand(terminal));
}
