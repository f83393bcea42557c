import { Argument, type Command, InvalidArgumentError } from 'commander';
import { callCommand } from '../../call.js';
import { withClient } from '../../session.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function listCommand(terminal: Terminal): Command {
  return callCommand('list', 'list the services of a namespace that have instances')
    .addArgument(new Argument('<namespace>', 'such as prod').argParser(namespace))
    .addHelpText(
      'after',
      `
Example:
  quorate service list prod`,
    )
    .action((name: string, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const services = await client.registry.listServices(name);
        answer({ namespace: name, services }, () =>
          table(
            ['SERVICE', 'INSTANCES', 'UP'],
            services.map((service) => [service.name, service.instances, service.up]),
          ),
        );
      }),
    );
}

function namespace(text: string): string {
  if (text === '' || text.includes('/')) throw new InvalidArgumentError('Name a namespace, such as prod.');
  return text;
}
