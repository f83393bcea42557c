import { isUtf8 } from 'node:buffer';
import { Argument, type Command } from 'commander';
import type { ConfigDocument } from '../../../client/document.js';
import type { QuorateClient } from '../../../client/index.js';
import { callCommand } from '../../call.js';
import { documentJson } from '../../document-shape.js';
import { lineDiff, lines, unified } from '../../line-diff.js';
import { notFound } from '../../not-found.js';
import { type DocumentName, documentName, positive } from '../../parse.js';
import { withClient } from '../../session.js';
import { time } from '../../table.js';
import type { Terminal } from '../../terminal.js';

interface DiffOptions {
  readonly from?: number;
  readonly to?: number;
}

/** undefined stands for "before the first version". */
type Side = ConfigDocument | undefined;

export function diffCommand(terminal: Terminal): Command {
  return callCommand('diff', 'compare two versions of a document, line by line')
    .addArgument(new Argument('<document>', 'namespace/key').argParser(documentName))
    .option('--from <version>', 'the older side (default: the version before --to)', positive)
    .option('--to <version>', 'the newer side (default: the newest version)', positive)
    .addHelpText(
      'after',
      `
The exit code does not tell whether the versions differ.

Examples:
  quorate config diff prod/app.json
  quorate config diff prod/app.json --from 3 --to 7`,
    )
    .action((name: DocumentName, options: DiffOptions, command: Command) =>
      withClient(command, terminal, async ({ client, answer }) => {
        const [from, to] = await sides(client, name, options);
        const text = isUtf8(bytesOf(from)) && isUtf8(bytesOf(to));
        const differ = Buffer.compare(bytesOf(from), bytesOf(to)) !== 0;
        const diff = text ? lineDiff(linesOf(from), linesOf(to)) : [];
        answer(
          {
            from: from ? documentJson(from) : null,
            to: to ? documentJson(to) : null,
            differ,
            binary: !text,
            lines: diff.map(({ kind, line }) => ({ kind, line })),
          },
          () => [`--- ${title(name, from)}`, `+++ ${title(name, to)}`, ...body(differ, text, diff)].join('\n'),
        );
      }),
    );
}

async function sides(client: QuorateClient, name: DocumentName, options: DiffOptions): Promise<[Side, Side]> {
  const to = options.to === undefined ? await newest(client, name) : await version(client, name, options.to);
  const from = options.from ?? to.version - 1;
  return [from === 0 ? undefined : await version(client, name, from), to];
}

async function newest(client: QuorateClient, name: DocumentName): Promise<ConfigDocument> {
  const [document] = await client.config.history(name, { limit: 1 });
  if (!document) throw notFound(name);
  return document;
}

/** From the history, which also knows versions that are deletions. */
async function version(client: QuorateClient, name: DocumentName, wanted: number): Promise<ConfigDocument> {
  const [document] = await client.config.history(name, { limit: 1, beforeVersion: wanted + 1 });
  if (document?.version !== wanted) throw notFound(name, wanted);
  return document;
}

function bytesOf(side: Side): Uint8Array {
  return side?.value ?? new Uint8Array();
}

function linesOf(side: Side): string[] {
  return lines(Buffer.from(bytesOf(side)).toString('utf8'));
}

function title(name: DocumentName, side: Side): string {
  if (!side) return `${name.namespace}/${name.key} (nothing)`;
  const author = side.author === '' ? '' : ` ${side.author}`;
  return `${side.name} version ${side.version}${side.deleted ? ' (deleted)' : ''} ${time(side.publishedAtMs)}${author}`;
}

function body(differ: boolean, text: boolean, diff: Parameters<typeof unified>[0]): string[] {
  if (!differ) return ['(no difference)'];
  if (!text) return ['(binary values differ)'];
  const hunks = unified(diff);
  return hunks.length > 0 ? hunks : ['(only the newline at the end differs)'];
}
