/** The script of etcdctl commands; see script.txt for the words. */

export interface Command {
  /** In script.txt, from 1. */
  readonly line: number;
  readonly words: readonly string[];
  readonly stdin: string;
  /** Only in the whole comparison. */
  readonly slow: boolean;
  /** Name under which the first id of its output is remembered. */
  readonly captures: string | undefined;
  readonly mode: Mode;
}
export type Mode =
  | { readonly kind: 'once' }
  /** It goes on by itself: interrupted when it has printed so many lines. */
  | { readonly kind: 'lines'; readonly lines: number }
  /** Again until both stores say the same, for what takes its time. */
  | { readonly kind: 'eventually' }
  /** Goes on until the script ends. */
  | { readonly kind: 'background' };

const prefix = /^(?:(slow|background|eventually): |lines (\d+): |(\w+) := )/;

/** @throws when a line means nothing */
export function parseScript(text: string): Command[] {
  const commands: Command[] = [];
  for (const [i, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const last = commands.at(-1);
    if (!line.startsWith('  |')) commands.push(parseCommand(line, i + 1));
    else if (last) commands[commands.length - 1] = { ...last, stdin: `${last.stdin}${line.slice(4)}\n` };
    else throw new Error(`line ${i + 1}: input without a command`);
  }
  return commands;
}

function parseCommand(text: string, line: number): Command {
  let rest = text;
  let slow = false;
  let captures: string | undefined;
  let mode: Mode = { kind: 'once' };
  for (let found = prefix.exec(rest); found; found = prefix.exec(rest)) {
    const [all, word, lines, name] = found;
    if (word === 'slow') slow = true;
    else if (word === 'background' || word === 'eventually') mode = { kind: word };
    else if (lines !== undefined) mode = { kind: 'lines', lines: Number(lines) };
    else captures = name;
    rest = rest.slice(all.length);
  }
  return { line, words: wordsOf(rest), stdin: '', slow, captures, mode };
}

/** Words between blanks; those with blanks, or empty ones, in single quotes. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
