import { describe, expect, it } from 'vitest';
import { ExitCode, FatalError, QuorateError, type Reason } from '../../src/base/errors.js';
import { CommandError, CommandExit, errorLine, exitCodeHelp, exitCodeOf } from '../../src/cli/exit-codes.js';

describe('exit codes', () => {
  it.each<[Reason, number]>([
    ['CONFIG_NOT_FOUND', CommandExit.NOT_FOUND],
    ['INSTANCE_NOT_FOUND', CommandExit.NOT_FOUND],
    ['VERSION_MISMATCH', CommandExit.PRECONDITION],
    ['TRANSFER_FAILED', CommandExit.PRECONDITION],
    ['NO_QUORUM', CommandExit.UNAVAILABLE],
    ['DEADLINE_EXCEEDED', CommandExit.UNAVAILABLE],
    ['UNREACHABLE', CommandExit.UNAVAILABLE],
    ['INVALID_NAME', CommandExit.FAILED],
    ['REVISION_COMPACTED', CommandExit.FAILED],
    ['BUG', CommandExit.FAILED],
  ])('%s gives %d', (reason, code) => {
    expect(exitCodeOf(new QuorateError(reason, 'text'))).toBe(code);
  });

  it('keeps the exit code of a fatal error and of a command error', () => {
    expect(exitCodeOf(new FatalError('port taken', ExitCode.PORT))).toBe(69);
    expect(exitCodeOf(new CommandError('wrong', CommandExit.USAGE))).toBe(2);
    expect(exitCodeOf(new CommandError('failed'))).toBe(1);
    expect(exitCodeOf('a string')).toBe(1);
  });

  it('has a line of help for every code', () => {
    const help = exitCodeHelp();
    for (const code of [...Object.values(CommandExit), ...Object.values(ExitCode)])
      expect(help).toMatch(new RegExp(`^ +${code}  \\w`, 'm'));
  });
});

describe('the error line', () => {
  it('is one line with the reason at its end', () => {
    expect(errorLine(new QuorateError('VERSION_MISMATCH', 'version is 3,\n not 2'))).toBe(
      'error: version is 3, not 2  (VERSION_MISMATCH)',
    );
  });

  it('has no reason where there is none', () => {
    expect(errorLine(new Error('what'))).toBe('error: what');
  });
});
