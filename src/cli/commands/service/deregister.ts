import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { type InstanceName, instanceName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

export function deregisterCommand(terminal: Terminal): Command {
  return callCommand('deregister', 'remove an instance at once')
    .addArgument(new Argument('<instance>', 'namespace/service/id').argParser(instanceName))
    .addHelpText(
      'after',
      `
An owner that is still alive registers again.

Example:
  quorate service deregister prod/compute/i1`,
    )
    .action((name: InstanceName, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        await client.registry.deregister(name);
        answer({ ...name }, () => `${name.namespace}/${name.service}/${name.id}: deregistered`);
      }),
    );
}
