import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import type { Terminal } from '../../terminal.js';
import { inspectCommand } from './inspect.js';
import { restoreCommand } from './restore.js';
import { saveCommand } from './save.js';

/** `quorate snapshot …` */
export function snapshotCommands(terminal: Terminal): Command {
  return callCommand('snapshot', 'save the whole state in a file, and begin a new cluster from one')
    .addCommand(saveCommand(terminal))
    .addCommand(inspectCommand(terminal))
    .addCommand(restoreCommand(terminal));
}
