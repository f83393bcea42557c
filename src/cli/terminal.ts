/** What a command sees of the process around it; tests give their own. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { buffer } from 'node:stream/consumers';

export interface Terminal {
  /** Writes to standard output as is. */
  write(text: string | Uint8Array): void;
  /** Writes one line to standard error. */
  complain(line: string): void;
  /** Standard output is a terminal, so a person reads it. */
  readonly interactive: boolean;
  readonly colours: boolean;
  /** It can be drawn on: the cursor goes where it is told. */
  readonly drawable: boolean;
  size(): { readonly columns: number; readonly rows: number };
  /** Calls the listener when the size is another one. Returns what ends that. */
  onResize(listener: () => void): () => void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Name of the user, for `--author`. */
  user(): string;
  readInput(): Promise<Uint8Array>;
  readFile(file: string): Uint8Array;
  /** Aborted by the first SIGINT or SIGTERM (after `onInterrupt` was asked for). */
  interrupted(): AbortSignal;
}

/** The real one. */
export function processTerminal(): Terminal {
  let interrupt: AbortController | undefined;
  const interactive = process.stdout.isTTY === true;
  // A reader that has seen enough (`quorate config watch prod | head -1`) is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    write: (text) => void process.stdout.write(text),
    complain: (line) => void process.stderr.write(`${line}\n`),
    interactive,
    colours: interactive && !process.env.NO_COLOR,
    drawable: interactive && process.env.TERM !== 'dumb',
    size: () => ({ columns: process.stdout.columns || 80, rows: process.stdout.rows || 24 }),
    onResize(listener) {
      process.stdout.on('resize', listener);
      return () => process.stdout.off('resize', listener);
    },
    environment: process.env,
    user: userName,
    readInput: () => buffer(process.stdin),
    readFile: (file) => readFileSync(file),
    interrupted() {
      if (interrupt) return interrupt.signal;
      const controller = new AbortController();
      interrupt = controller;
      const stop = () => controller.abort();
      process.once('SIGINT', stop);
      process.once('SIGTERM', stop);
      return controller.signal;
    },
  };
}

/** Empty when the system does not know the user (a container with a bare user id). */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return '';
  }
}
