import { Argument, type Command, InvalidArgumentError } from 'commander';
import type { InstanceStatus, ServiceInfo } from '../../../client/index.js';
import { formatDuration } from '../../../settings/duration.js';
import { callCommand } from '../../call.js';
import { checkText } from '../../check-options.js';
import { CommandError, CommandExit } from '../../exit-codes.js';
import { type InstanceName, instanceName, type ServiceName, serviceName } from '../../parse.js';
import { withClient } from '../../session.js';
import { time } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import { status } from './selector-options.js';

interface Options {
  readonly reason?: string;
}

export function statusCommand(terminal: Terminal): Command {
  return callCommand('status', 'show how a service is and what is set for it, or set the status of an instance')
    .addArgument(new Argument('<name>', 'namespace/service, or namespace/service/id').argParser(serviceOrInstance))
    .addArgument(
      new Argument('[status]', 'new status of the instance: UP, DRAINING, DOWN or STARTING').argParser(status),
    )
    .option('--reason <text>', 'why, for those who look')
    .addHelpText(
      'after',
      `
What \`quorate service drain\` does and this does not: wait until consumers have taken notice.

Examples:
  quorate service status prod/compute
  quorate service status prod/compute/i1 DOWN --reason "being debugged"
  quorate service status prod/compute/i1 UP`,
    )
    .action((name: ServiceName | InstanceName, to: InstanceStatus | undefined, { reason }: Options, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        if ('id' in name !== (to !== undefined))
          throw new CommandError(
            'id' in name
              ? `say which status ${name.namespace}/${name.service}/${name.id} shall have: UP, DRAINING, DOWN or STARTING`
              : 'a status is that of an instance: namespace/service/id',
            CommandExit.USAGE,
          );
        if ('id' in name && to) {
          const { revision } = await client.registry.setStatus(name, to, reason === undefined ? {} : { reason });
          return answer({ ...name, status: to, revision }, () => `${name.namespace}/${name.service}/${name.id}: ${to}`);
        }
        const info = await client.registry.getService(name.namespace, name.service);
        answer(info, () => serviceText(info));
      }),
    );
}

/** A service for people. */
export function serviceText(info: ServiceInfo): string {
  const { guard } = info;
  const count = Object.values(info.statuses).reduce((sum, each) => sum + each, 0);
  const held = info.healths.SUSPECT ?? 0;
  const rows: [string, string][] = [
    ['service', `${info.namespace}/${info.name}`],
    ['instances', count === 0 ? 'none' : `${count}: ${counts(info.statuses)}; ${counts(info.healths)}`],
    ['policy', info.policy],
    ['checks', info.checks.length === 0 ? 'those of each instance' : info.checks.map(checkText).join('\n')],
    [
      'guard',
      guard.off
        ? 'off'
        : `keeps instances listed when more than ${guard.percent} % (at least ${guard.atLeast}) end within ${formatDuration(guard.windowMs)}, for ${formatDuration(guard.holdMs)} at most`,
    ],
    ['settings', info.version === 0 ? 'never set' : `version ${info.version}`],
  ];
  if (info.ended > 0) rows.push(['ended lately', `${info.ended} without a word`]);
  if (info.guardingSinceMs !== undefined)
    rows.push([
      'GUARDING',
      `since ${time(info.guardingSinceMs)} UTC: ${held} listed as SUSPECT whose leases have ended`,
    ]);
  const width = Math.max(...rows.map(([title]) => title.length)) + 2;
  return rows
    .map(([title, text]) => `${title.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(width)}`)}`)
    .join('\n');
}

function counts(by: Readonly<Record<string, number>>): string {
  return Object.entries(by)
    .filter(([, count]) => count > 0)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

function serviceOrInstance(text: string): ServiceName | InstanceName {
  const parts = text.split('/').length;
  if (parts === 2) return serviceName(text);
  if (parts === 3) return instanceName(text);
  throw new InvalidArgumentError('Name a service or an instance, such as prod/compute or prod/compute/i1.');
}
