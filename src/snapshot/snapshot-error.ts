/** Sentences for what can be wrong with a snapshot file. */
import { ExitCode, FatalError } from '../base/errors.js';

/** The file is not what was saved, or no snapshot at all. */
export function unusable(file: string, what: string, cause?: unknown): FatalError {
  return new FatalError(`snapshot ${file} ${what}`, ExitCode.DATA, { cause });
}

/** Turns an error of the file system into the sentence for it. `doing` is what was tried ("read", "write"). */
export function fileFailure(file: string, doing: string, error: unknown): FatalError {
  if (error instanceof FatalError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const exitCode = doing === 'read' ? ExitCode.DATA : ExitCode.DISK;
  return new FatalError(
    `cannot ${doing} ${file}: ${why[code] ?? (error instanceof Error ? error.message : String(error))}`,
    exitCode,
    { cause: error },
  );
}

const why: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
};
