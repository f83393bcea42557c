/** A command's connection to the cluster. */
import type { Command } from 'commander';
import { connect, type QuorateClient } from '../client/index.js';
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
  } finally {
    await client.close();
  }
}
