import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import type { Terminal } from '../../terminal.js';
import { deleteCommand } from './delete.js';
import { diffCommand } from './diff.js';
import { getCommand } from './get.js';
import { historyCommand } from './history.js';
import { listCommand } from './list.js';
import { putCommand } from './put.js';
import { rollbackCommand } from './rollback.js';
import { watchCommand } from './watch.js';

/** `quorate config …` */
export function configCommands(terminal: Terminal): Command {
  return callCommand('config', 'read, publish and follow config documents')
    .addCommand(getCommand(terminal))
    .addCommand(putCommand(terminal))
    .addCommand(deleteCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(historyCommand(terminal))
    .addCommand(diffCommand(terminal))
    .addCommand(rollbackCommand(terminal))
    .addCommand(watchCommand(terminal));
}
