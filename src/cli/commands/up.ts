import { Command } from 'commander';
import { loadSettings } from '../../settings/settings.js';
import { CommandError, CommandExit } from '../exit-codes.js';
import type { Terminal } from '../terminal.js';
import { Fleet } from '../up/fleet.js';
import { ready } from '../up/readiness.js';
import { refuseTakenAddresses } from '../up/taken-address.js';

/** A member that has not stopped by then is killed. */
const graceMs = 10_000;

export function upCommand(terminal: Terminal): Command {
  return new Command('up')
    .description('run all members of a settings file on this machine until Ctrl-C')
    .option('--settings <file>', 'settings file', 'cluster.yml')
    .addHelpText(
      'after',
      `
When the cluster answers, one line says so:
  ready: leader n2, endpoints 127.0.0.1:7101,127.0.0.1:7102,127.0.0.1:7103

A member that dies is reported and not started again; start it by hand with \`quorate member --name …\`.

Examples:
  quorate up
  quorate up --settings staging.yml`,
    )
    .action((options: { settings: string }) => up(options.settings, terminal));
}

async function up(settingsFile: string, terminal: Terminal): Promise<void> {
  const settings = loadSettings(settingsFile);
  await refuseTakenAddresses(settings.members);
  const interrupted = terminal.interrupted();
  const fleet = new Fleet(settings, terminal);
  const stopped = new AbortController();
  const watching = ready(
    settings.members.map((member) => member.clientAddress),
    () => fleet.running,
    AbortSignal.any([interrupted, stopped.signal]),
  ).then((seen) => {
    fleet.markReady();
    if (seen) terminal.write(`ready: leader ${seen.leader}, endpoints ${seen.endpoints.join(',')}\n`);
  });
  await Promise.race([fleet.over, aborted(interrupted)]);
  stopped.abort();
  await watching;
  if (interrupted.aborted) {
    terminal.complain('stopping');
    await fleet.stop(graceMs);
    return;
  }
  await fleet.stop(graceMs);
  const { failure } = fleet;
  throw new CommandError(
    failure?.sentence ?? 'all members have stopped',
    failure?.code === undefined || failure.code === 0 ? CommandExit.FAILED : failure.code,
  );
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
