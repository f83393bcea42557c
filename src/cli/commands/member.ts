import { Command } from 'commander';
import { formatAddress } from '../../base/address.js';
import { ExitCode, FatalError } from '../../base/errors.js';
import { askToJoin } from '../join.js';
import { address, endpoints } from '../parse.js';

interface Options {
  readonly name: string;
  readonly settings: string | undefined;
  readonly join: readonly string[] | undefined;
  readonly client: ReturnType<typeof address> | undefined;
  readonly peer: ReturnType<typeof address> | undefined;
  readonly dns: ReturnType<typeof address> | undefined;
  readonly data: string | undefined;
  readonly insecure: boolean | undefined;
}

/** `quorate member`: one member in this process. */
export function memberCommand(): Command {
  return new Command('member')
    .description('run one member of the cluster in this process')
    .requiredOption('--name <name>', 'name of the member, in the settings file or, with --join, of its own choice')
    .option('--settings <file>', 'settings file (default: cluster.yml; with --join: none)')
    .option('--join <endpoints>', 'join a running cluster: client addresses of its members', endpoints)
    .option('--client <address>', 'with --join: host:port where programs connect', address)
    .option('--peer <address>', 'with --join: host:port where the other members connect', address)
    .option('--dns <address>', 'with --join: host:port where it answers DNS queries (default: nowhere)', address)
    .option('--data <directory>', 'with --join: where its data directory is made (default: data)')
    .option('--insecure', 'with --join: the network is trusted, addresses may be ones that other machines can reach')
    .addHelpText(
      'after',
      `
SIGTERM and SIGINT stop it; a leader hands over first.

A member that joins is added to the cluster as a learner, unless "quorate cluster add" or an etcd client (by its peer address) has
done that, and becomes a voter once it has caught up. Start it with the same options ever after. Of a settings file it takes the
timers, the retention, dns and the log.

Examples:
  quorate member --name n1 --settings cluster.yml
  quorate member --name n4 --join 127.0.0.1:7101,127.0.0.1:7102 --client 127.0.0.1:7104 --peer 127.0.0.1:7204`,
    )
    .action(async (options: Options) => {
      stopWithParent();
      // Loaded here so that no other command pays for it.
      const { runMember } = await import('../../member.js');
      const { name, join } = options;
      const exitCode = await runMember(
        join ? joining(options, join) : { name, settingsPath: options.settings ?? 'cluster.yml' },
      );
      // A member that failed may have left ports and timers behind, which would keep the process.
      process.exit(exitCode);
    });
}

function joining({ name, settings, client, peer, dns, data, insecure }: Options, join: readonly string[]) {
  if (!client || !peer)
    throw new FatalError('a member that joins needs the addresses --client and --peer', ExitCode.SETTINGS);
  const clientAddress = formatAddress(client);
  const peerAddress = formatAddress(peer);
  return {
    newcomer: {
      name,
      client: clientAddress,
      peer: peerAddress,
      dns: dns && formatAddress(dns),
      data,
      insecure: insecure ?? false,
      settingsPath: settings,
    },
    ask: (known: number | undefined) => askToJoin(join, { name, clientAddress, peerAddress }, known),
  };
}

/** Under `quorate up` there is a channel to it: when that breaks, `up` is gone and nobody else would stop this member. */
function stopWithParent(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
