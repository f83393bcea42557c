import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { type DocumentName, documentName, positive } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { addChangeOptions, type ChangeOptions, changeOptions } from './change-options.js';

export function rollbackCommand(terminal: Terminal): Command {
  const command = callCommand('rollback', 'publish the content of an older version again')
    .addArgument(new Argument('<document>', 'namespace/key').argParser(documentName))
    .requiredOption('--to <version>', 'the version whose content to publish', positive);
  return addChangeOptions(command)
    .addHelpText(
      'after',
      `
Example:
  quorate config rollback prod/db/url --to 3 --comment "4 was wrong"`,
    )
    .action((name: DocumentName, options: ChangeOptions & { to: number }, self: Command) =>
      withClient(self, terminal, async ({ client, answer }) => {
        const published = await client.config.rollback(name, options.to, changeOptions(options, terminal));
        answer(
          { ...name, ...published, toVersion: options.to },
          () => `${name.namespace}/${name.key}: version ${published.version} with the content of version ${options.to}`,
        );
      }),
    );
}
