import { Argument, Command } from 'commander';
import type { Terminal } from '../terminal.js';

export function completionCommand(terminal: Terminal, root: Command): Command {
  return new Command('completion')
    .description('print a script that completes commands and options')
    .addArgument(new Argument('<shell>', 'name of the shell').choices(['bash']))
    .addHelpText(
      'after',
      `
Example:
  source <(quorate completion bash)`,
    )
    .action(() => terminal.write(bashScript(root)));
}

/** A static script: for each command path, the words that may follow. */
export function bashScript(root: Command): string {
  const cases = paths(root, '').map(
    ({ path, command }) => `    '${path}') words='${[...names(command), ...flags(command)].join(' ')}' ;;`,
  );
  return `_quorate() {
  local path='' words='' i
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "$path \${COMP_WORDS[i]}" in
${paths(root, '')
  .filter(({ path }) => path !== '')
  .map(({ path }) => `      '${path}') path='${path}' ;;`)
  .join('\n')}
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _quorate quorate
`;
}

function paths(command: Command, path: string): { path: string; command: Command }[] {
  return [{ path, command }, ...command.commands.flatMap((child) => paths(child, `${path} ${child.name()}`))];
}

function names(command: Command): string[] {
  return command.commands.map((child) => child.name());
}

function flags(command: Command): string[] {
  return [...command.options.map((option) => option.long ?? ''), '--help'];
}
