import type { Command } from 'commander';
import { loadSettings } from '../../../settings/settings.js';
import { answer, callCommand, callSettings } from '../../call.js';
import type { Terminal } from '../../terminal.js';

interface RestoreCommandOptions {
  readonly settings: string;
  readonly name?: string;
  readonly data?: string;
}

export function restoreCommand(terminal: Terminal): Command {
  return callCommand('restore', 'make the data directories of a new cluster from a snapshot')
    .argument('<file>', 'the snapshot')
    .option('--settings <file>', 'settings of the new cluster', 'cluster.yml')
    .option('--name <name>', 'make only the directory of this member (default: of all)')
    .option('--data <directory>', 'where the directories are made (default: as the settings say)')
    .addHelpText(
      'after',
      `
The new cluster needs a name of its own ("cluster:" in its settings), so that no member or client takes it for the old one; its
members are those of its settings. Keys, history, revisions and documents go on where they were; leases have the time left that they
had. Directories that are there must be empty. Make the directories of all members from the same file, on one machine or with --name
on each, before the first one starts.

Examples:
  quorate snapshot restore backup.snapshot --settings cluster.yml
  quorate snapshot restore backup.snapshot --settings cluster.yml --name n1
  quorate up`,
    )
    .action(async (file: string, { settings, name, data }: RestoreCommandOptions, command: Command) => {
      const { restoreSnapshot } = await import('../../../snapshot/restore.js');
      const { json } = callSettings(command, terminal);
      const loaded = loadSettings(settings);
      const { summary, directories } = await restoreSnapshot({ file, settings: loaded, name, data });
      const { revision } = summary.state;
      const document = { cluster: loaded.clusterName, clusterId: loaded.clusterId, revision, directories };
      answer(terminal, json, document, () =>
        [
          ...directories.map((made) => `${made.name}: ${made.directory}`),
          `cluster "${loaded.clusterName}" begins at revision ${revision} with ${summary.keys} keys`,
        ].join('\n'),
      );
    });
}
