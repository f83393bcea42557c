/** A command's connection to the cluster. */
import type { Command } from 'commander';
import { connect, type QuorateClient, QuorateError } from '../client/index.js';
import { answer, callSettings } from './call.js';
import type { Terminal } from './terminal.js';

export interface Session {
  readonly client: QuorateClient;
  readonly json: boolean;
  /** Prints the result: JSON for programs, text for people. */
  answer(document: object, text: () => string): void;
}

/** Connects, does the work, closes. */
export async function withClient(
  command: Command,
  terminal: Terminal,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const { endpoints, timeoutMs, json } = callSettings(command, terminal);
  const client = connect({ endpoints, timeoutMs });
  try {
    await work({ client, json, answer: (document, text) => answer(terminal, json, document, text) });
  } catch (error) {
    throw error instanceof QuorateError && error.reason === 'UNREACHABLE' ? unreachable(error, endpoints) : error;
  } finally {
    await client.close();
  }
}

/** The client's sentence has the last member that was tried and what gRPC said of it; a person wants to know where to look and what to do. */
function unreachable(error: QuorateError, endpoints: readonly string[]): QuorateError {
  const [, cause = error.message] = /Last error: (?:Error: )?(.+?)\. Resolution note/.exec(error.message) ?? [];
  return new QuorateError(
    'UNREACHABLE',
    `no member answers at ${endpoints.join(', ')} (${cause}): start the cluster, or name its members with --endpoints`,
  );
}
