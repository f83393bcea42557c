/** What the command's exit code says; scripts branch on it. `quorate help exit-codes` prints this table. */
import { Code, ExitCode, FatalError, QuorateError } from '../base/errors.js';

export const CommandExit = {
  OK: 0,
  FAILED: 1,
  USAGE: 2,
  NOT_FOUND: 3,
  PRECONDITION: 4,
  UNAVAILABLE: 5,
} as const;

const meanings: readonly (readonly [number, string])[] = [
  [CommandExit.OK, 'done'],
  [CommandExit.FAILED, 'the cluster refused the call, or the call failed'],
  [CommandExit.USAGE, 'the command line is wrong; nothing was sent'],
  [CommandExit.NOT_FOUND, 'the document, version, instance or member does not exist'],
  [CommandExit.PRECONDITION, 'a condition did not hold, such as --if-version; nothing was changed'],
  [CommandExit.UNAVAILABLE, 'no answer within --timeout, no member reachable, or no leader'],
  [ExitCode.DATA, 'the data directory is damaged, in the way, or of another member; or the snapshot is damaged'],
  [ExitCode.PORT, 'up, member: an address cannot be listened on'],
  [ExitCode.BUG, 'up, member: a bug in Quorate'],
  [ExitCode.DISK, 'the disk is full or a write failed'],
  [ExitCode.SETTINGS, 'the settings file is missing or wrong'],
];

/** The table as text, for the help. */
export function exitCodeHelp(): string {
  return ['Exit codes:', ...meanings.map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`)].join('\n');
}

/** A failure that the command itself found: one sentence and an exit code. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  constructor(
    message: string,
    readonly exitCode: number = CommandExit.FAILED,
  ) {
    super(message);
  }
}

/** A program that was run has ended: its exit code is the command's, and there is nothing to complain of. */
export class ProgramExit extends Error {
  override readonly name = 'ProgramExit';
  constructor(readonly exitCode: number) {
    super(`the program ended with ${exitCode}`);
  }
}

/** The exit code for whatever a command threw. */
export function exitCodeOf(error: unknown): number {
  if (error instanceof CommandError || error instanceof FatalError) return error.exitCode;
  if (!(error instanceof QuorateError)) return CommandExit.FAILED;
  switch (error.code) {
    case Code.NOT_FOUND:
      return CommandExit.NOT_FOUND;
    case Code.FAILED_PRECONDITION:
      return CommandExit.PRECONDITION;
    case Code.UNAVAILABLE:
    case Code.DEADLINE_EXCEEDED:
      return CommandExit.UNAVAILABLE;
    default:
      return CommandExit.FAILED;
  }
}

/** One line for people: what failed, and the reason that programs know it by. */
export function errorLine(error: unknown): string {
  if (error instanceof QuorateError) return `error: ${oneLine(error.message)}  (${error.reason})`;
  return `error: ${oneLine(error instanceof Error ? error.message : String(error))}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim();
}
