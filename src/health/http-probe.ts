import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { limits } from '../base/limits.js';
import type { Check } from './check.js';
import { failed, type Probe, type ProbeResult, passed, resultOf } from './probe.js';

/** No connection is kept, and a proxy of the environment is not used: a check goes to the instance itself. */
const agent = new Agent({ keepAlive: false });

/** GET; passes with 200 to 299. Redirects are not followed, and of the body no more is taken than lets the server end it in peace. */
export class HttpProbe implements Probe {
  constructor(private readonly check: Check & { readonly kind: 'http' }) {}

  run(done: (result: ProbeResult) => void): () => void {
    let over = false;
    const finish = (result: ProbeResult) => {
      if (over) return;
      over = true;
      done(result);
    };
    const asked = this.ask(finish);
    asked?.on('response', (response) => {
      const { statusCode = 0 } = response;
      drain(asked, response);
      finish(statusCode >= 200 && statusCode <= 299 ? passed : failed(`answers ${statusCode}`));
    });
    asked?.on('error', (error) => finish(resultOf(error)));
    asked?.on('close', () => finish(failed('the connection ended without an answer')));
    asked?.end();
    return () => {
      over = true;
      asked?.destroy();
    };
  }

  close(): void {}

  /** Undefined: there can be no such request. */
  private ask(finish: (result: ProbeResult) => void): ClientRequest | undefined {
    const { host, port, path } = this.check;
    const headers = { 'user-agent': 'quorate-health', connection: 'close' };
    try {
      return request({ agent, host, port, path, headers, maxHeaderSize: limits.healthHeadBytes });
    } catch (error) {
      setImmediate(() => finish(resultOf(error)));
      return undefined;
    }
  }
}

/** The verdict is made; a server whose connection breaks in the middle of its answer would complain. */
function drain(asked: ClientRequest, response: IncomingMessage): void {
  let bytes = 0;
  const limit = setTimeout(() => asked.destroy(), limits.healthDrainMs);
  limit.unref();
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > limits.healthBodyBytes) asked.destroy();
  });
  response.on('error', () => {});
  asked.on('close', () => clearTimeout(limit));
}
