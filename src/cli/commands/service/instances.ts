import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { instanceHeader, instanceRow } from '../../instance-shape.js';
import { type ServiceName, serviceName } from '../../parse.js';
import { withClient } from '../../session.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { addSelectorOptions, type SelectorOptions, selectorOf } from './selector-options.js';

export function instancesCommand(terminal: Terminal): Command {
  const command = callCommand('instances', 'list the instances of a service').addArgument(
    new Argument('<service>', 'namespace/service').argParser(serviceName),
  );
  return addSelectorOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  quorate service instances prod/compute
  quorate service instances prod/compute --status UP --zone eu-1 --json`,
    )
    .action((name: ServiceName, options: SelectorOptions, self: Command) =>
      withClient(self, terminal, async ({ client, answer }) => {
        const instances = await client.registry.listInstances(name.namespace, name.service, selectorOf(options));
        answer({ instances }, () => table(instanceHeader, instances.map(instanceRow)));
      }),
    );
}
