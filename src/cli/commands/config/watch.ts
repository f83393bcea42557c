import { Argument, type Command } from 'commander';
import type { ConfigDocument } from '../../../client/document.js';
import type { ConfigEvent } from '../../../client/events.js';
import { callCommand } from '../../call.js';
import { documentWithValueJson, valuePreview } from '../../document-shape.js';
import { follow } from '../../follow.js';
import { count, type DocumentName, documentPrefix } from '../../parse.js';
import { withClient } from '../../session.js';
import { escapeControls, time } from '../../table.js';
import type { Terminal } from '../../terminal.js';

interface WatchOptions {
  readonly prefix?: boolean;
  readonly after?: number;
}

export function watchCommand(terminal: Terminal): Command {
  return callCommand('watch', 'follow a document, a prefix or a namespace until Ctrl-C')
    .addArgument(new Argument('<document>', 'namespace/key, or namespace for all of it').argParser(documentPrefix))
    .option('--prefix', 'follow all keys that begin with the one given')
    .option('--after <revision>', 'begin with the changes after this revision instead of the current state', count)
    .addHelpText(
      'after',
      `
One line per document: revision, name, version, author, value. With --json one event per line.

Examples:
  quorate config watch prod/db/url
  quorate config watch prod/db/ --prefix
  quorate config watch prod --json`,
    )
    .action((name: DocumentName, options: WatchOptions, command: Command) =>
      withClient(command, terminal, async ({ client, json }) => {
        const signal = terminal.interrupted();
        const selection = options.prefix ? { prefix: name.key } : name.key === '' ? {} : { key: name.key };
        const events = client.config.watch({
          namespace: name.namespace,
          ...selection,
          signal,
          ...(options.after === undefined ? {} : { afterRevision: options.after }),
        });
        for await (const event of follow(events, terminal)) {
          if (json) terminal.write(`${JSON.stringify(eventJson(event))}\n`);
          else for (const line of eventLines(event)) terminal.write(`${line}\n`);
        }
      }),
    );
}

/** One event for programs. */
export function eventJson(event: ConfigEvent): object {
  if (event.kind === 'progress') return event;
  return { ...event, items: event.items.map(documentWithValueJson) };
}

/** One event for people. */
export function eventLines(event: ConfigEvent): string[] {
  switch (event.kind) {
    case 'progress':
      return [];
    case 'snapshot': {
      const all = event.items.map((document) => documentLine(event.revision, document, ''));
      return event.resync
        ? [`${event.revision}  resync: changes in between were compacted; the state now:`, ...all]
        : all;
    }
    case 'changes':
      return event.items.map((document) =>
        documentLine(event.revision, document, event.conflated ? '  (conflated)' : ''),
      );
  }
}

function documentLine(revision: number, document: ConfigDocument, note: string): string {
  const author = escapeControls(document.author) || '-';
  const published = time(document.publishedAtMs);
  return `${revision}  ${published}  ${document.name}  v${document.version}  ${author}  ${valuePreview(document)}${note}`;
}
