import { Argument, type Command } from 'commander';
import type { ConfigDocument } from '../../../client/document.js';
import { callCommand } from '../../call.js';
import { documentJson, documentWithValueJson, publication } from '../../document-shape.js';
import { type DocumentName, documentPrefix } from '../../parse.js';
import { withClient } from '../../session.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

export function listCommand(terminal: Terminal): Command {
  return callCommand('list', 'list the documents of a namespace')
    .addArgument(new Argument('<prefix>', 'namespace, or namespace/beginning-of-key').argParser(documentPrefix))
    .option('--values', 'with --json: also the values')
    .addHelpText(
      'after',
      `
Examples:
  quorate config list prod
  quorate config list prod/db/ --json --values`,
    )
    .action((prefix: DocumentName, options: { values?: boolean }, command: Command) =>
      withClient(command, terminal, async ({ client, json, answer }) => {
        const withValues = json && options.values === true;
        const documents: ConfigDocument[] = [];
        const all = client.config.list(prefix.namespace, { prefix: prefix.key, keysOnly: !withValues });
        for await (const document of all) documents.push(document);
        answer({ documents: documents.map(withValues ? documentWithValueJson : documentJson) }, () =>
          table(
            ['DOCUMENT', 'VERSION', 'TYPE', 'PUBLISHED', 'AUTHOR', 'COMMENT'],
            documents.map((document) => [
              document.name,
              document.version,
              document.contentType,
              ...publication(document),
            ]),
          ),
        );
      }),
    );
}
