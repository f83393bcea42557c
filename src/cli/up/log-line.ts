/** Log lines of members, as `up` gets them through a pipe. */
import { prettyFactory } from 'pino-pretty';

/** Makes a translator of JSON lines into what a member shows on a terminal; other lines stay as they are. */
export function readable(colours: boolean): (line: string) => string {
  const prettify = prettyFactory({
    colorize: colours,
    translateTime: 'SYS:HH:MM:ss.l',
    // Already before each line.
    ignore: 'member',
    singleLine: true,
    errorLikeObjectKeys: ['error'],
  });
  return (line) => (line.startsWith('{') ? prettify(line).trimEnd() : line);
}

/** The message of a line that reports an error, in any of the forms that a member writes; undefined for every other line. */
export function errorSentence(line: string): string | undefined {
  if (line.startsWith('error: ')) return line.slice('error: '.length);
  if (!line.startsWith('{')) return /\bERROR: (.+)$/.exec(line)?.[1];
  if (!line.includes('"level":"error"')) return undefined;
  try {
    const parsed: unknown = JSON.parse(line);
    if (typeof parsed === 'object' && parsed !== null && 'msg' in parsed) return String(parsed.msg);
  } catch {
    // Cut off, or not from the log at all.
  }
  return undefined;
}
