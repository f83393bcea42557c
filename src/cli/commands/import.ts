import { createHash } from 'node:crypto';
import type { Command } from 'commander';
import { answer, type CallSettings, callCommand, callSettings } from '../call.js';
import { CommandError, CommandExit } from '../exit-codes.js';
import { type Check, check } from '../import/check.js';
import { type Copied, type CopyParties, copy } from '../import/copy.js';
import { etcdEndpoints } from '../import/etcd-endpoints.js';
import { EtcdServer, Refused } from '../import/etcd-server.js';
import { follow } from '../import/follow.js';
import { ImportState } from '../import/import-state.js';
import { rangeOf, shown } from '../import/key-range.js';
import { Leases } from '../import/leases.js';
import { countKeys } from '../import/pages.js';
import { ProgressBar } from '../import/progress.js';
import type { Terminal } from '../terminal.js';

interface ImportOptions {
  readonly fromEtcd: readonly string[];
  readonly prefix: string;
  readonly follow?: boolean;
  readonly state?: string;
}

const reservedRoot = '/quorate/';
/** An etcd that compacts all the time could make it begin for ever. */
const mostChecks = 5;

export function importCommand(terminal: Terminal): Command {
  return callCommand('import', 'copy the keys of a running etcd, and keep up with it')
    .requiredOption('--from-etcd <endpoints>', 'client addresses of the etcd: host:port,host:port', etcdEndpoints)
    .option('--prefix <prefix>', 'copy only keys that begin with this', '')
    .option('--follow', 'then copy every change until Ctrl-C, and keep leases alive that live at the etcd')
    .option('--state <file>', 'where it notes how far it came (default: quorate-import-ID.json, by the id of the etcd)')
    .addHelpText(
      'after',
      `
Copies to the cluster of --endpoints. Keys keep their values and leases; revisions and versions are the cluster's own. A lease
keeps its id, unless the cluster has one of that id. Without --follow it gets the time that it has left; with --follow it gets its whole
TTL, and lasts as long as it does at the etcd and then one TTL after the end of the import.

A run that was interrupted goes on where it was; a later run copies what changed and deletes what was deleted at the etcd. At the end
both sides are compared. Keys under ${reservedRoot} are the cluster's own and are left out.

Examples:
  quorate import --from-etcd 10.0.0.1:2379,10.0.0.2:2379
  quorate import --from-etcd 10.0.0.1:2379 --prefix /service/ --follow`,
    )
    .action((options: ImportOptions, command: Command) =>
      runImport(options, callSettings(command, terminal), terminal),
    );
}

async function runImport(options: ImportOptions, settings: CallSettings, terminal: Terminal): Promise<void> {
  if (options.prefix.startsWith(reservedRoot))
    throw new CommandError(
      `keys under ${reservedRoot} are the cluster's own and cannot be imported; publish them with "quorate config put"`,
      CommandExit.USAGE,
    );
  const etcd = new EtcdServer('the etcd', options.fromEtcd, settings.timeoutMs);
  const cluster = new EtcdServer('the cluster', settings.endpoints, settings.timeoutMs);
  const leasesEnd = new AbortController();
  try {
    const range = rangeOf(options.prefix);
    const [{ clusterId: from }, { clusterId: to }] = [await countKeys(etcd, range), await countKeys(cluster, range)];
    if (from === to) throw new CommandError('both sides are the same cluster', CommandExit.USAGE);
    const parties = { etcd: hex(from), cluster: hex(to), prefix: options.prefix };
    const state = await ImportState.open(options.state ?? stateFile(parties.etcd, options.prefix), parties);
    const keepAlive = options.follow === true;
    const leases = new Leases(etcd, cluster, state, keepAlive);
    if (keepAlive) void leases.keepUp(leasesEnd.signal);
    await new Import({ etcd, cluster, range, state, leases }, options, settings.json, terminal).run();
  } catch (error) {
    throw error instanceof Refused ? new CommandError(error.message) : error;
  } finally {
    leasesEnd.abort();
    etcd.close();
    cluster.close();
  }
}

function hex(id: string): string {
  return BigInt(id).toString(16);
}

function stateFile(etcd: string, prefix: string): string {
  const part = prefix === '' ? '' : `-${createHash('sha256').update(prefix).digest('hex').slice(0, 8)}`;
  return `quorate-import-${etcd}${part}.json`;
}

class Import {
  private readonly copied: Copied = { puts: 0, deletes: 0, deletionsUnknown: false };
  private readonly bar: ProgressBar;
  private readonly interrupted: AbortSignal;
  private skipped = 0;

  constructor(
    private readonly parties: CopyParties,
    private readonly options: ImportOptions,
    private readonly json: boolean,
    private readonly terminal: Terminal,
  ) {
    this.bar = new ProgressBar(terminal, json);
    this.interrupted = terminal.interrupted();
  }

  async run(): Promise<void> {
    await this.countSkipped();
    await this.copy();
    if (this.options.follow) await this.follow();
    this.report(await this.check());
  }

  private async countSkipped(): Promise<void> {
    if (!reservedRoot.startsWith(this.options.prefix)) return;
    this.skipped = (await countKeys(this.parties.etcd, rangeOf(reservedRoot))).count;
    if (this.skipped > 0)
      this.bar.line(`left out: ${this.skipped} keys under ${reservedRoot}, which are for the cluster's own`);
  }

  private async copy(signal = this.interrupted): Promise<void> {
    const { bar } = this;
    let total = 0;
    try {
      await copy(
        this.parties,
        this.copied,
        {
          onBegin(keys, revision, since) {
            total = since === '0' ? keys : 0;
            bar.line(
              since === '0'
                ? `copying ${keys} keys of the etcd's revision ${revision}`
                : `copying what changed at the etcd from revision ${since} to ${revision}`,
            );
          },
          onKeys: (done) => bar.show(done, total),
        },
        signal,
      );
    } catch (error) {
      if (!signal.aborted) throw error;
      throw new CommandError(
        `interrupted after ${this.copied.puts} keys; the same command goes on from there (${this.parties.state.file})`,
      );
    } finally {
      bar.clear();
    }
  }

  private async follow(): Promise<void> {
    const { bar, terminal } = this;
    let changes = 0;
    let result: 'compacted' | 'stopped';
    bar.line('following the etcd; Ctrl-C ends it');
    do {
      result = await follow(
        this.parties,
        this.copied,
        {
          onTrouble: (sentence) => terminal.complain(`${sentence}; trying on`),
          onRecovered: () => terminal.complain('following again'),
          onChanges: (some, revision) => {
            changes += some;
            bar.status(`${changes} changes copied, up to the etcd's revision ${revision}`);
          },
        },
        this.interrupted,
      );
      bar.clear();
      if (result === 'compacted') await this.copy();
    } while (result === 'compacted');
  }

  /** Copies again as long as the etcd compacts away what is compared. */
  private async check(): Promise<Check> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await check(this.parties);
      } catch (error) {
        if (!(error instanceof Refused && error.compacted) || attempt === mostChecks) throw error;
        await this.copy(new AbortController().signal);
      }
    }
  }

  private report(result: Check): void {
    const { copied, skipped, json, terminal } = this;
    const { file, leases } = this.parties.state;
    const same = result.missing === 0 && result.different === 0;
    const { examples, ...counts } = result;
    const names = examples.map(shown);
    const { renamed, granted } = this.parties.leases;
    const document = {
      same,
      ...copied,
      leases: granted,
      leasesRenamed: renamed,
      skipped,
      ...counts,
      examples: names,
      state: file,
    };
    answer(terminal, json, document, () => {
      const lines = [`copied: ${copied.puts} keys, ${granted} leases; deleted: ${copied.deletes} keys`];
      if (renamed > 0) lines.push(`${renamed} leases have another id than at the etcd, because theirs was taken`);
      if (result.ended > 0) lines.push(`not compared: ${result.ended} keys whose lease has ended meanwhile`);
      if (result.others > 0) lines.push(this.othersLine(result.others));
      const { etcd, cluster } = result;
      if (same)
        lines.push(
          `checked: ${etcd.keys} keys are equal (etcd revision ${etcd.revision}, cluster revision ${cluster.revision}, sha256 ${etcd.sha256})`,
        );
      lines.push(
        `what changes at the etcd from now on is copied by the same command (it has noted how far it came in ${file})`,
      );
      return lines.join('\n');
    });
    if (leases.size > 0 && !same) terminal.complain('leases that end during the import take their keys along');
    if (same) return;
    throw new CommandError(
      `the sides differ: of ${result.etcd.keys} keys the cluster lacks ${result.missing} and has ${result.different} with another value or lease (${names.join(', ')}${result.missing + result.different > names.length ? ', …' : ''}): somebody else may have written them; remove ${file} and run the command again to copy everything anew`,
    );
  }

  private othersLine(others: number): string {
    const why = this.copied.deletionsUnknown
      ? ': the etcd had compacted what the last run ended with, so some may have been deleted there since'
      : '';
    return `left alone: ${others} keys that are only in the cluster${why}`;
  }
}
