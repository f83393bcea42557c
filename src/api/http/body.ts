import type { IncomingMessage } from 'node:http';
import { limits } from '../../base/limits.js';

export type BodyProblem = 'too large' | 'too slow';

/** Reads a whole request body as text: `done` gets it, or what is wrong with it; nothing when the caller goes away before its end. */
export function readBody(
  request: IncomingMessage,
  done: (problem: BodyProblem | undefined, text: string) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > limits.httpBodyBytes) fail('too large');
    else chunks.push(chunk);
  };
  const onEnd = (): void => {
    leave();
    done(undefined, Buffer.concat(chunks, bytes).toString());
  };
  const fail = (problem: BodyProblem): void => {
    leave();
    // What is left of it is read and thrown away, so that the caller gets to reading the answer.
    request.resume();
    done(problem, '');
  };
  const leave = (): void => {
    clearTimeout(timer);
    request.off('data', onData).off('end', onEnd).off('close', leave);
  };
  const timer = setTimeout(() => fail('too slow'), limits.httpBodyMs);
  request.on('data', onData).on('end', onEnd).on('close', leave);
}
