/** Sentences for what can be wrong with a data directory. Each says what, where and what to do. */
import { ExitCode, FatalError } from '../base/errors.js';

const recover =
  'stop this member, move its data directory away and start it again: it rejoins empty and catches up from the others while it does not vote';

/** Something on disk is not what was written. */
export function damage(directory: string, what: string, cause?: unknown): FatalError {
  return new FatalError(`data directory ${directory}: ${what}; ${recover}`, ExitCode.DATA, { cause });
}

/** The directory is sound but not for this member or this version of Quorate. */
export function foreign(directory: string, sentence: string): FatalError {
  return new FatalError(`data directory ${directory} ${sentence}`, ExitCode.DATA);
}

interface Details {
  readonly codes: readonly string[];
  readonly text: string;
}

/** Turns an error of the database or of the file system into the sentence for it. `doing` is what was tried ("write to", "open"). */
export function diskFailure(directory: string, doing: string, error: unknown): FatalError {
  if (error instanceof FatalError) return error;
  const { codes, text } = details(error);
  const has = (code: string): boolean => codes.includes(code);
  if (has('LEVEL_LOCKED'))
    return new FatalError(
      `data directory ${directory} is in use by another process: stop the member that runs there, or give this one its own directory`,
      ExitCode.DATA,
      { cause: error },
    );
  if (has('ENOSPC') || has('EDQUOT') || /no space left|quota exceeded/i.test(text))
    return new FatalError(
      `cannot ${doing} data directory ${directory}: the disk is full; make room and start this member again`,
      ExitCode.DISK,
      { cause: error },
    );
  if (has('EACCES') || has('EPERM') || has('EROFS') || /permission denied|read-only file system/i.test(text))
    return new FatalError(
      `cannot ${doing} data directory ${directory}: permission denied; make it readable and writable for the user that runs this member`,
      ExitCode.DISK,
      { cause: error },
    );
  if (has('ENOENT') && doing === 'list')
    return new FatalError(
      `data directory ${directory} is gone while this member runs: whatever it writes would be lost; put the directory back, or start the member again to catch up from the others`,
      ExitCode.DISK,
      { cause: error },
    );
  if (has('ENOTDIR') || has('EEXIST'))
    return new FatalError(
      `cannot ${doing} data directory ${directory}: it, or a part of its path, is a file; remove the file or name another directory`,
      ExitCode.DISK,
      { cause: error },
    );
  if (has('LEVEL_CORRUPTION') || /corruption|corrupted/i.test(text))
    return damage(directory, `the database is damaged (${text})`, error);
  return new FatalError(
    `cannot ${doing} data directory ${directory}: ${text}; check the disk, then start this member again; if that does not help, ${recover}`,
    ExitCode.DISK,
    { cause: error },
  );
}

/** The database wraps causes in causes. */
function details(error: unknown): Details {
  const codes: string[] = [];
  let text = String(error);
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth++) {
    if ('code' in current && typeof current.code === 'string') codes.push(current.code);
    text = current.message;
    current = current.cause;
  }
  return { codes, text };
}
