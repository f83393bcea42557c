/** Options that every change of a document takes. */
import type { Command } from 'commander';
import { count } from '../../parse.js';
import type { Terminal } from '../../terminal.js';

export interface ChangeOptions {
  readonly ifVersion?: number;
  readonly author?: string;
  readonly comment?: string;
}

export function addChangeOptions(command: Command): Command {
  return command
    .option('--if-version <n>', 'only if this is the current version; 0: only if there is no such document', count)
    .option('--author <name>', 'who makes the change (default: the user)')
    .option('--comment <text>', 'why');
}

/** What to send: the user's name stands in for an absent author. */
export function changeOptions(options: ChangeOptions, terminal: Terminal) {
  return {
    author: options.author ?? terminal.user(),
    ...(options.comment === undefined ? {} : { comment: options.comment }),
    ...(options.ifVersion === undefined ? {} : { ifVersion: options.ifVersion }),
  };
}
