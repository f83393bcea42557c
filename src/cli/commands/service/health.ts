import { Argument, type Command } from 'commander';
import { type Instance, isUsable } from '../../../client/instance.js';
import { callCommand } from '../../call.js';
import { checkText } from '../../check-options.js';
import { CommandError, CommandExit } from '../../exit-codes.js';
import { whyNotWell } from '../../instance-shape.js';
import { type ServiceName, serviceName } from '../../parse.js';
import { withClient } from '../../session.js';
import { table, time } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function healthCommand(terminal: Terminal): Command {
  return callCommand('health', 'show how healthy the instances of a service are, and why')
    .addArgument(new Argument('<service>', 'namespace/service').argParser(serviceName))
    .addHelpText(
      'after',
      `
Exit code 0 means that at least one instance can be called (UP, and PASSING or SUSPECT), 4 that none can.

Example:
  quorate service health prod/compute`,
    )
    .action((name: ServiceName, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const [instances, { checks }] = await Promise.all([
          client.registry.listInstances(name.namespace, name.service),
          client.registry.getService(name.namespace, name.service),
        ]);
        const ofService = checks.map(checkText).join(', ');
        const usable = instances.filter(isUsable).length;
        answer({ ...name, usable, instances: instances.map(healthJson), checks }, () =>
          table(
            ['INSTANCE', 'STATUS', 'HEALTH', 'SINCE (UTC)', 'CHECKS', 'WHY'],
            instances.map((instance) => [
              instance.id,
              instance.status,
              instance.health,
              time(instance.healthChangedAtMs || instance.registeredAtMs),
              instance.checks.map(checkText).join(', ') || ofService,
              whyNotWell(instance),
            ]),
          ),
        );
        if (usable === 0)
          throw new CommandError(
            `no instance of ${name.namespace}/${name.service} can be called`,
            CommandExit.PRECONDITION,
          );
      }),
    );
}

function healthJson(instance: Instance): object {
  const { id, status, statusReason, health, healthReason, healthChangedAtMs, checks } = instance;
  return { id, status, statusReason, health, healthReason, healthChangedAtMs, checks, usable: isUsable(instance) };
}
