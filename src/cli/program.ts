/** The whole command: its parts, and how a failure becomes one line and an exit code. */
import { Command, CommanderError } from 'commander';
import { addCallOptions } from './call.js';
import { clusterCommands } from './commands/cluster/index.js';
import { completionCommand } from './commands/completion.js';
import { configCommands } from './commands/config/index.js';
import { importCommand } from './commands/import.js';
import { memberCommand } from './commands/member.js';
import { runCommand } from './commands/run.js';
import { serviceCommands } from './commands/service/index.js';
import { snapshotCommands } from './commands/snapshot/index.js';
import { statusCommand } from './commands/status.js';
import { upCommand } from './commands/up.js';
import { CommandExit, errorLine, exitCodeHelp, exitCodeOf, ProgramExit } from './exit-codes.js';
import type { Terminal } from './terminal.js';
import { version } from './version.js';

/**
 * Runs one command line.
 *
 * @param arguments_ without node and the script
 * @returns the exit code; what went wrong has been said on standard error
 */
export async function run(arguments_: readonly string[], terminal: Terminal): Promise<number> {
  try {
    await program(terminal).parseAsync([...arguments_], { from: 'user' });
    return CommandExit.OK;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? CommandExit.OK : CommandExit.USAGE;
    if (error instanceof ProgramExit) return error.exitCode;
    terminal.complain(errorLine(error));
    return exitCodeOf(error);
  }
}

/** The tree of commands. */
export function program(terminal: Terminal): Command {
  const root = addCallOptions(new Command('quorate'))
    .description('A strongly consistent store for service registration and dynamic configuration')
    .version(version())
    // Before commands that pass options through are added.
    .enablePositionalOptions()
    .addHelpText(
      'after',
      `
Examples:
  quorate up                                     run the cluster of ./cluster.yml
  quorate config put prod/db/url postgres://db   publish a document
  quorate config get prod/db/url                 print it
  quorate status                                 show all members

QUORATE_ENDPOINTS stands in for --endpoints. Without either, the client addresses of ./cluster.yml are used, or where
there is no such file 127.0.0.1:7101 to 7103.

${exitCodeHelp()}`,
    );
  root.addCommand(upCommand(terminal));
  root.addCommand(memberCommand());
  root.addCommand(statusCommand(terminal));
  root.addCommand(configCommands(terminal));
  root.addCommand(serviceCommands(terminal));
  root.addCommand(runCommand(terminal));
  root.addCommand(clusterCommands(terminal));
  root.addCommand(snapshotCommands(terminal));
  root.addCommand(importCommand(terminal));
  root.addCommand(completionCommand(terminal, root));
  root.addCommand(
    new Command('exit-codes')
      .description('print what the exit codes mean')
      .addHelpText('after', () => `\n${exitCodeHelp()}`)
      .action(() => terminal.write(`${exitCodeHelp()}\n`)),
  );
  for (const command of tree(root)) {
    command
      .exitOverride()
      .enablePositionalOptions()
      .configureOutput({
        writeOut: (text) => terminal.write(text),
        writeErr: (text) => terminal.complain(text.trimEnd()),
        outputError: (text, write) => write(text),
      })
      .configureHelp({ sortSubcommands: false });
  }
  return root;
}

function tree(command: Command): Command[] {
  return [command, ...command.commands.flatMap(tree)];
}
