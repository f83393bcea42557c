import { Argument, type Command } from 'commander';
import { callCommand } from '../../call.js';
import { CommandError, CommandExit } from '../../exit-codes.js';
import { type DocumentName, documentName } from '../../parse.js';
import { withClient } from '../../session.js';
import type { Terminal } from '../../terminal.js';
import { addChangeOptions, type ChangeOptions, changeOptions } from './change-options.js';

interface PutOptions extends ChangeOptions {
  readonly file?: string;
  readonly contentType?: string;
}

export function putCommand(terminal: Terminal): Command {
  const command = callCommand('put', 'publish a document')
    .addArgument(new Argument('<document>', 'namespace/key').argParser(documentName))
    .argument('[value]', 'the value; - reads it from standard input')
    .option('--file <file>', 'take the value from a file')
    .option('--content-type <type>', 'such as application/json');
  return addChangeOptions(command)
    .addHelpText(
      'after',
      `
A value that begins with a dash goes after --: quorate config put prod/flags -- -v

Examples:
  quorate config put prod/db/url postgres://db.internal/app
  quorate config put prod/app.json --file app.json --content-type application/json --comment "raise limits"
  jq .limits app.json | quorate config put prod/limits -
  quorate config put prod/lock me --if-version 0`,
    )
    .action(async (name: DocumentName, value: string | undefined, options: PutOptions, self: Command) => {
      const bytes = await bytesOf(value, options.file, terminal);
      await withClient(self, terminal, async ({ client, answer }) => {
        const published = await client.config.put(name, bytes, {
          ...changeOptions(options, terminal),
          ...(options.contentType === undefined ? {} : { contentType: options.contentType }),
        });
        answer({ ...name, ...published }, () => `${name.namespace}/${name.key}: version ${published.version}`);
      });
    });
}

async function bytesOf(value: string | undefined, file: string | undefined, terminal: Terminal): Promise<Uint8Array> {
  if (file !== undefined) {
    if (value !== undefined) throw new CommandError('give either a value or --file, not both', CommandExit.USAGE);
    try {
      return terminal.readFile(file);
    } catch (error) {
      throw new CommandError(`${file} cannot be read: ${(error as Error).message}`, CommandExit.USAGE);
    }
  }
  if (value === undefined)
    throw new CommandError('give the value as an argument, with --file, or - for standard input', CommandExit.USAGE);
  return value === '-' ? terminal.readInput() : Buffer.from(value, 'utf8');
}
