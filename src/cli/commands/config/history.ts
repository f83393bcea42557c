import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { documentJson, documentWithValueJson, publication, valuePreview } from '../../document-shape.js';
import { type DocumentName, documentName, positive } from '../../parse.js';
import { withClient } from '../../session.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

interface HistoryOptions {
  readonly limit?: number;
  readonly before?: number;
  readonly values?: boolean;
}

export function historyCommand(terminal: Terminal): Command {
  return callCommand('history', 'show the versions of a document, newest first')
    .addArgument(new Argument('<document>', 'namespace/key').argParser(documentName))
    .option('--limit <n>', 'at most so many versions (the last 100 are kept)', positive)
    .option('--before <version>', 'only versions below this one', positive)
    .option('--values', 'also the values')
    .addHelpText(
      'after',
      `
Examples:
  quorate config history prod/db/url
  quorate config history prod/db/url --limit 5 --values`,
    )
    .action((name: DocumentName, options: HistoryOptions, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const versions = await client.config.history(name, {
          limit: options.limit,
          beforeVersion: options.before,
          withoutValues: options.values !== true,
        });
        answer({ versions: versions.map(options.values ? documentWithValueJson : documentJson) }, () =>
          table(
            ['VERSION', 'PUBLISHED', 'AUTHOR', 'COMMENT', 'TYPE', options.values ? 'VALUE' : 'SHA-256'],
            versions.map((document) => [
              document.version,
              ...publication(document),
              document.contentType,
              options.values || document.deleted ? valuePreview(document) : document.sha256.slice(0, 12),
            ]),
          ),
        );
      }),
    );
}
