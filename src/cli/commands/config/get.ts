import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { documentWithValueJson } from '../../document-shape.js';
import { notFound } from '../../not-found.js';
import { type DocumentName, documentName, positive } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';

export function getCommand(terminal: Terminal): Command {
  return callCommand('get', 'print the value of a document, byte for byte')
    .addArgument(new Argument('<document>', 'namespace/key').argParser(documentName))
    .option('--version <n>', 'an older version', positive)
    .addHelpText(
      'after',
      `
Examples:
  quorate config get prod/db/url
  quorate config get prod/logo.png > logo.png
  quorate config get prod/db/url --version 3 --json`,
    )
    .action((name: DocumentName, options: { version?: number }, command: Command) =>
      withClient(command, terminal, async ({ client, json, answer }) => {
        const document = await client.config.get(name, options);
        if (!document) throw notFound(name, options.version);
        if (json) return answer(documentWithValueJson(document), String);
        terminal.write(document.value);
        // A person's prompt should begin on its own line; programs get the bytes and nothing else.
        if (terminal.interactive && document.value.at(-1) !== 10) terminal.write('\n');
      }),
    );
}
