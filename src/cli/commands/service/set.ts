import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import type { BalancingPolicy, GuardSettings, ServiceInfo, ServiceSettings } from '../../../client/index.js';
import { callCommand } from '../../call.js';
import { addCheckOptions, type CheckOptions, checksOf } from '../../check-options.js';
import { CommandError, CommandExit } from '../../exit-codes.js';
import { duration, positive, type ServiceName, serviceName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { serviceText } from './status.js';

interface Options extends CheckOptions {
  readonly policy?: BalancingPolicy;
  readonly guard?: 'on' | 'off';
  readonly guardPercent?: number;
  readonly guardAtLeast?: number;
  readonly guardWindow?: number;
  readonly guardHold?: number;
  readonly removeChecks?: boolean;
}

const policies = ['pick_first', 'round_robin', 'weighted_round_robin', 'least_request', 'consistent_hash'] as const;

export function setCommand(terminal: Terminal): Command {
  const guard = (flags: string, description: string) => new Option(flags, description).helpGroup('The guard:');
  const command = callCommand('set', 'change the settings of a service')
    .addArgument(new Argument('<service>', 'namespace/service').argParser(serviceName))
    .option('--policy <policy>', `how consumers choose that do not say it themselves: ${policies.join(', ')}`, policy)
    .addOption(guard('--guard <on|off>', 'whether instances that end all at once stay listed').choices(['on', 'off']))
    .addOption(guard('--guard-percent <n>', 'more than this share of them').argParser(positive))
    .addOption(guard('--guard-at-least <n>', 'and at least so many').argParser(positive))
    .addOption(guard('--guard-window <duration>', 'within this time').argParser(duration))
    .addOption(guard('--guard-hold <duration>', 'stay listed for so long at most').argParser(duration));
  return addCheckOptions(command, 'check of instances that name none')
    .option('--remove-checks', 'have no checks for instances that name none')
    .addHelpText(
      'after',
      `
What is not named stays as it is.

Examples:
  quorate service set prod/compute --policy least_request --check http/ready --check-interval 5s
  quorate service set prod/compute --guard off`,
    )
    .action((name: ServiceName, options: Options, self: Command) =>
      withClient(self, terminal, async ({ client, answer }) => {
        if (Object.keys(options).length === 0)
          throw new CommandError('name a setting that shall change: see --help', CommandExit.USAGE);
        const before = await client.registry.getService(name.namespace, name.service);
        const settings = changed(before, options);
        await client.registry.putService(name.namespace, name.service, settings, { ifVersion: before.version });
        const after = await client.registry.getService(name.namespace, name.service);
        answer(after, () => serviceText(after));
      }),
    );
}

function changed(before: ServiceInfo, options: Options): ServiceSettings {
  const {
    policy: chosen = before.policy as BalancingPolicy,
    guardPercent,
    guardAtLeast,
    guardWindow,
    guardHold,
  } = options;
  const checks = checksOf(options);
  const guard: GuardSettings = {
    ...before.guard,
    ...(options.guard === undefined ? {} : { off: options.guard === 'off' }),
    ...(guardPercent === undefined ? {} : { percent: guardPercent }),
    ...(guardAtLeast === undefined ? {} : { atLeast: guardAtLeast }),
    ...(guardWindow === undefined ? {} : { windowMs: guardWindow }),
    ...(guardHold === undefined ? {} : { holdMs: guardHold }),
  };
  return { guard, policy: chosen, checks: options.removeChecks ? [] : checks.length > 0 ? checks : before.checks };
}

function policy(text: string): BalancingPolicy {
  const found = policies.find((each) => each === text);
  if (!found) throw new InvalidArgumentError(`A policy is one of ${policies.join(', ')}.`);
  return found;
}
