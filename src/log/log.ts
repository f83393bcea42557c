/** The log of a process: JSON lines, or text for people. */
import { pino, stdSerializers, stdTimeFunctions } from 'pino';
import { prettyFactory } from 'pino-pretty';
import type { Log } from '../base/log.js';

export interface LogOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** auto: pretty when stdout is a terminal, otherwise json. */
  readonly format: 'auto' | 'json' | 'pretty';
  /** Name of the member, in every line. */
  readonly name: string;
  /** File descriptor to write to; default stdout. */
  readonly fd?: number;
}

/** A log whose every line can be brought out before the process ends. */
export interface ProcessLog extends Log {
  /** Writes out every line; resolves when that is done, or after a moment if nobody reads the log any more. Never rejects. */
  close(): Promise<void>;
}

/** How long close() waits for a reader that does not read. */
const closeMs = 1_000;

/**
 * Opens the log. Lines are written without blocking the event loop, and what is left is written when the process exits. No worker threads: a
 * line that explains a crash must not depend on another thread being alive.
 */
export function createLog({ level, format, name, fd = 1 }: LogOptions): ProcessLog {
  const file = pino.destination({ fd, sync: false });
  const forPeople = format === 'pretty' || (format === 'auto' && fd === 1 && process.stdout.isTTY === true);
  const logger = pino(
    {
      level,
      base: { member: name },
      timestamp: stdTimeFunctions.isoTime,
      serializers: { error: stdSerializers.err },
      formatters: { level: (label) => ({ level: label }) },
    },
    forPeople ? prettied(file, fd) : file,
  );
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    close: () =>
      new Promise((resolve) => {
        const timer = setTimeout(resolve, closeMs);
        const done = () => {
          clearTimeout(timer);
          resolve();
        };
        // An error means that the reader is gone: there is nobody left to tell.
        file.once('close', done).once('finish', done).once('error', done);
        file.end();
      }),
  };
}

/** Turns each JSON line into "time LEVEL: message field=value" on its way to the file. */
function prettied(file: { write(line: string): unknown }, fd: number): { write(line: string): void } {
  const prettify = prettyFactory({
    colorize: fd === 1 && process.stdout.isTTY === true,
    translateTime: 'SYS:HH:MM:ss.l',
    // The member's name is put before each line by who starts several members.
    ignore: 'member',
    singleLine: true,
    errorLikeObjectKeys: ['error'],
  });
  return { write: (line) => void file.write(prettify(line)) };
}
