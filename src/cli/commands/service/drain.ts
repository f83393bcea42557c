import { Argument, type Command, Option } from 'commander';
import { formatDuration } from '../../../settings/duration.js';
import { callCommand } from '../../call.js';
import { drainedText, leftText } from '../../drained.js';
import { CommandError } from '../../exit-codes.js';
import { duration, type InstanceName, instanceName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

interface Options {
  readonly wait: number;
  readonly reason?: string;
}

export function drainCommand(terminal: Terminal): Command {
  return callCommand('drain', 'let consumers finish with an instance, and wait until they send it nothing new')
    .addArgument(new Argument('<instance>', 'namespace/service/id').argParser(instanceName))
    .addOption(new Option('--wait <duration>', 'how long to wait for them').argParser(duration).default(30_000, '30s'))
    .option('--reason <text>', 'why, for those who look')
    .addHelpText(
      'after',
      `
The instance becomes DRAINING and stays so until its owner says UP again, or \`quorate service status\` does. Exit code 0
means that every consumer that follows the service has let go of it: what it answers now it can finish, and then stop.
With 1 some had not, or could not be asked.

Example:
  quorate service drain prod/compute/i1 --reason "new kernel" && ssh i1 reboot`,
    )
    .action((name: InstanceName, { wait, reason }: Options, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const full = `${name.namespace}/${name.service}/${name.id}`;
        const drained = await client.registry.drain(name, {
          waitMs: wait,
          ...(reason === undefined ? {} : { reason }),
        });
        answer({ ...name, ...drained }, () => `${full}: DRAINING; ${drainedText(drained)}`);
        const left = leftText(drained);
        if (left !== '')
          throw new CommandError(`${full}: not everyone has let go within ${formatDuration(wait)}: ${left}`);
      }),
    );
}
