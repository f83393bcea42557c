import { Command } from 'commander';

/** `quorate member`: one member in this process. */
export function memberCommand(): Command {
  return new Command('member')
    .description('run one member of the cluster in this process')
    .requiredOption('--name <name>', 'name of the member in the settings file')
    .option('--settings <file>', 'settings file', 'cluster.yml')
    .addHelpText(
      'after',
      `
SIGTERM and SIGINT stop it; a leader hands over first.

Example:
  quorate member --name n1 --settings cluster.yml`,
    )
    .action(async (options: { name: string; settings: string }) => {
      stopWithParent();
      // Loaded here so that no other command pays for it.
      const { runMember } = await import('../../member.js');
      const exitCode = await runMember({ name: options.name, settingsPath: options.settings });
      // A member that failed may have left ports and timers behind, which would keep the process.
      process.exit(exitCode);
    });
}

/** Under `quorate up` there is a channel to it: when that breaks, `up` is gone and nobody else would stop this member. */
function stopWithParent(): void {
  if (!process.connected) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
  process.channel?.unref();
}
