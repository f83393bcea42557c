import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { connect, type InstanceData } from '../../client/index.js';
import { callCommand, callSettings } from '../call.js';
import { addCheckOptions, type CheckOptions, checksOf } from '../check-options.js';
import { ProgramExit } from '../exit-codes.js';
import { duration, pair, port, positive, serviceName } from '../parse.js';
import { freePort, ownAddress } from '../run/own-address.js';
import { Program } from '../run/program.js';
import { type RunEvent, runRegistered } from '../run/runner.js';
import { Signals } from '../run/signals.js';
import { startChecks } from '../run/start-check.js';
import type { Terminal } from '../terminal.js';

interface Options extends CheckOptions {
  readonly service: { readonly namespace?: string; readonly service: string };
  readonly namespace: string;
  readonly port: number | 'auto';
  readonly address?: string;
  readonly id?: string;
  readonly ttl: number;
  readonly weight?: number;
  readonly zone?: string;
  readonly version?: string;
  readonly meta?: Readonly<Record<string, string>>;
  readonly startWithin?: number;
  readonly drainWait: number;
}

const killAfterMs = 10_000;

export function runCommand(terminal: Terminal): Command {
  const command = callCommand('run', 'run a program in any language as an instance of a service')
    .addArgument(new Argument('<program...>', 'the program and its arguments'))
    .requiredOption('--service <name>', 'service that it is an instance of: name, or namespace/name', service)
    .addOption(new Option('--namespace <name>', 'namespace of the service').env('QUORATE_NAMESPACE').default('default'))
    .requiredOption('--port <port>', 'port that it listens on; auto finds a free one', portOrAuto)
    .option('--address <host>', 'host that consumers call (default: the address that leads to the cluster)')
    .option('--id <id>', 'id of the instance (default: made of address and port)')
    .option('--weight <n>', 'share of the load, 1 to 10000 (default: 100)', positive)
    .option('--zone <zone>', 'where it runs')
    .option('--version <text>', 'what it runs')
    .option('--meta <name=value>', 'metadata (may be repeated)', pair)
    .addOption(duringOption('--ttl <duration>', 'how long it stays registered without a sign of life', 10_000, '10s'))
    .addOption(
      new Option('--start-within <duration>', 'stop it when it does not work by then (default: wait)').argParser(
        duration,
      ),
    )
    .addOption(duringOption('--drain-wait <duration>', 'how long consumers may take to let go of it', 15_000, '15s'));
  return addCheckOptions(
    command,
    'how to see whether it works, before it is registered and from then on by the cluster',
  )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The program finds its port in PORT, the members in QUORATE_ENDPOINTS and its name in QUORATE_INSTANCE. It is registered
when its checks pass; without --check, when its port can be connected to. On SIGTERM or Ctrl-C the instance is drained
(consumers stop calling it, and say so) and deregistered, and only then the program gets the signal; a second signal
does not wait. Other signals are passed on. The exit code is the program's, or 128 and the number of the signal that
ended it. What quorate itself has to say goes to standard error.

Examples:
  quorate run --service compute --port 5000 -- node server.js
  quorate run --service prod/web --port 8080 --check http/ready --zone eu-1 -- ./web --verbose
  quorate run --service prod/rpc --port auto --check grpc -- python3 server.py`,
    )
    .action(([file = '', ...arguments_]: string[], options: Options, self: Command) =>
      run(file, arguments_, options, self, terminal),
    );
}

async function run(file: string, arguments_: string[], options: Options, self: Command, terminal: Terminal) {
  const { endpoints, timeoutMs, json } = callSettings(self, terminal);
  const instance = await instanceData(options, endpoints);
  const { namespace, service, id } = instance;
  const name = `${namespace}/${service}/${id}`;
  const say = (event: RunEvent, sentence: string) =>
    terminal.complain(json ? JSON.stringify({ event, instance: name, text: sentence }) : `${name}: ${sentence}`);
  const client = connect({ endpoints, timeoutMs });
  // Before the program is there: a signal in between would leave it behind.
  let program: Program | undefined;
  const signals = new Signals((signal) => program?.signal(signal));
  try {
    program = new Program(file, arguments_, {
      ...terminal.environment,
      PORT: String(instance.port),
      QUORATE_ENDPOINTS: endpoints.join(','),
      QUORATE_INSTANCE: name,
    });
    const code = await runRegistered(program, signals, {
      client,
      instance,
      startChecks: startChecks(instance),
      ttlMs: options.ttl,
      startWithinMs: options.startWithin,
      drainMs: options.drainWait,
      say,
    });
    throw new ProgramExit(code);
  } finally {
    await program?.stop(killAfterMs);
    signals.close();
    await client.close();
  }
}

async function instanceData(options: Options, endpoints: readonly string[]): Promise<InstanceData> {
  const { namespace = options.namespace, service } = options.service;
  const address = options.address ?? (await ownAddress(endpoints));
  const at = options.port === 'auto' ? await freePort(address) : options.port;
  const checks = checksOf(options);
  return {
    namespace,
    service,
    id: options.id ?? `${address.replaceAll(/[^A-Za-z0-9.]+/g, '-').replace(/^-+/, '')}-${at}`,
    address,
    port: at,
    ...(options.weight === undefined ? {} : { weight: options.weight }),
    ...(options.zone === undefined ? {} : { zone: options.zone }),
    ...(options.version === undefined ? {} : { version: options.version }),
    ...(options.meta === undefined ? {} : { metadata: options.meta }),
    ...(checks.length === 0 ? {} : { checks }),
  };
}

/** `compute`, or `prod/compute`. */
function service(text: string): Options['service'] {
  if (text.includes('/')) return serviceName(text);
  if (text === '') throw new InvalidArgumentError('A service is named name or namespace/name, such as prod/compute.');
  return { service: text };
}

function portOrAuto(text: string): number | 'auto' {
  return text === 'auto' ? text : port(text);
}

function duringOption(flags: string, description: string, defaultMs: number, shown: string): Option {
  return new Option(flags, description).argParser(duration).default(defaultMs, shown);
}
