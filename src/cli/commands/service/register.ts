import { Argument, type Command, Option } from 'commander';
import type { Address } from '../../../base/address.js';
import type { InstanceData, InstanceStatus } from '../../../client/instance.js';
import { formatDuration } from '../../../settings/duration.js';
import { callCommand } from '../../call.js';
import { addCheckOptions, type CheckOptions, checksOf } from '../../check-options.js';
import { address, duration, pair, positive, type ServiceName, serviceName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { status } from './selector-options.js';

interface RegisterOptions extends CheckOptions {
  readonly id?: string;
  readonly ttl: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly version?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly status?: InstanceStatus;
  readonly detach?: boolean;
}

export function registerCommand(terminal: Terminal): Command {
  const command = callCommand('register', 'register an instance and keep it registered until Ctrl-C')
    .addArgument(new Argument('<service>', 'namespace/service').argParser(serviceName))
    .addArgument(new Argument('<address>', 'host:port that consumers call').argParser(address))
    .option('--id <id>', 'id of the instance (default: made of host and port)')
    .addOption(
      new Option('--ttl <duration>', 'how long it stays registered without a sign of life')
        .argParser(duration)
        .default(10_000, '10s'),
    )
    .option('--weight <n>', 'share of the load, 1 to 10000 (default: 100)', positive)
    .option('--zone <zone>', 'where it runs')
    .option('--version <text>', 'what it runs')
    .option('--meta <name=value>', 'metadata (may be repeated)', pair)
    .option('--status <status>', 'UP, DRAINING, DOWN or STARTING (default: UP)', status)
    .option('--detach', 'register and exit at once: the instance is gone when the ttl is over');
  return addCheckOptions(command, 'check that the cluster makes')
    .addHelpText(
      'after',
      `
Examples:
  quorate service register prod/compute 10.0.0.5:8080
  quorate service register prod/compute 10.0.0.5:8080 --id i1 --zone eu-1 --meta lane=blue
  quorate service register prod/batch 10.0.0.7:9000 --ttl 1h --detach`,
    )
    .action((name: ServiceName, at: Address, options: RegisterOptions, self: Command) =>
      withClient(self, terminal, async ({ client, json, answer }) => {
        const instance = instanceData(name, at, options);
        const { id } = instance;
        const full = `${name.namespace}/${name.service}/${id}`;
        const ttlMs = options.ttl;
        if (options.detach) {
          const { lease } = await client.registry.grant(instance, { ttlMs });
          return answer(
            { ...name, id, lease, ttlMs },
            () => `${full}: registered for ${formatDuration(ttlMs)} (lease ${lease})`,
          );
        }
        // Asked for before the registration, so that a Ctrl-C in between deregisters too.
        const interrupted = terminal.interrupted();
        const registration = await client.registry.register(instance, { ttlMs });
        const { lease } = registration;
        answer({ ...name, id, lease, ttlMs }, () => `${full}: registered until Ctrl-C (lease ${lease})`);
        if (!interrupted.aborted)
          await new Promise((resolve) => interrupted.addEventListener('abort', resolve, { once: true }));
        await registration.close();
        if (!json) terminal.write(`${full}: deregistered\n`);
      }),
    );
}

function instanceData(name: ServiceName, at: Address, options: RegisterOptions): InstanceData {
  const checks = checksOf(options);
  return {
    ...name,
    id: options.id ?? `${at.host.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/^-+/, '')}-${at.port}`,
    address: at.host,
    port: at.port,
    ...(options.weight === undefined ? {} : { weight: options.weight }),
    ...(options.zone === undefined ? {} : { zone: options.zone }),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(options.meta === undefined ? {} : { metadata: options.meta }),
    ...(options.status === undefined ? {} : { status: options.status }),
    ...(checks.length === 0 ? {} : { checks }),
  };
}
