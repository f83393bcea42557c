import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { type DocumentName, documentName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { addChangeOptions, type ChangeOptions, changeOptions } from './change-options.js';

export function deleteCommand(terminal: Terminal): Command {
  const command = callCommand('delete', 'delete a document; its history stays').addArgument(
    new Argument('<document>', 'namespace/key').argParser(documentName),
  );
  return addChangeOptions(command)
    .addHelpText(
      'after',
      `
Examples:
  quorate config delete prod/db/url
  quorate config delete prod/db/url --if-version 4 --comment "moved to vault"`,
    )
    .action((name: DocumentName, options: ChangeOptions, self: Command) =>
      withClient(self, terminal, async ({ client, answer }) => {
        const deleted = await client.config.delete(name, changeOptions(options, terminal));
        answer({ ...name, ...deleted }, () => `${name.namespace}/${name.key}: deleted as version ${deleted.version}`);
      }),
    );
}
