import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { positive } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

export function compactCommand(terminal: Terminal): Command {
  return callCommand('compact', 'forget old revisions; the newest version of every key stays')
    .addArgument(new Argument('[revision]', 'forget what is older (default: the current revision)').argParser(positive))
    .addHelpText(
      'after',
      `
Reads at older revisions and watches that resume from them no longer work; config history is kept.

Examples:
  quorate cluster compact
  quorate cluster compact 120000`,
    )
    .action((revision: number | undefined, _options: object, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const { compactedRevision } = await client.cluster.compact(revision ?? 0);
        answer({ compactedRevision }, () => `compacted up to revision ${compactedRevision}`);
      }),
    );
}
