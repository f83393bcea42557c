import type { Command } from 'commander';
import { callCommand } from '../../call.js';
import type { Terminal } from '../../terminal.js';
import { deregisterCommand } from './deregister.js';
import { drainCommand } from './drain.js';
import { healthCommand } from './health.js';
import { instancesCommand } from './instances.js';
import { listCommand } from './list.js';
import { registerCommand } from './register.js';
import { setCommand } from './set.js';
import { statusCommand } from './status.js';
import { watchCommand } from './watch.js';

/** `quorate service …` */
export function serviceCommands(terminal: Terminal): Command {
  return callCommand('service', 'register and find instances of services')
    .addCommand(registerCommand(terminal))
    .addCommand(deregisterCommand(terminal))
    .addCommand(listCommand(terminal))
    .addCommand(instancesCommand(terminal))
    .addCommand(watchCommand(terminal))
    .addCommand(statusCommand(terminal))
    .addCommand(healthCommand(terminal))
    .addCommand(setCommand(terminal))
    .addCommand(drainCommand(terminal));
}
