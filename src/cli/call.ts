/** What every command that talks to a cluster shares: its options, the endpoints, the form of the answer. */
import { existsSync } from 'node:fs';
import { Command, Option } from 'commander';
import { loadSettings } from '../settings/settings.js';
import { CommandError, CommandExit } from './exit-codes.js';
import { duration, endpoints } from './parse.js';
import type { Terminal } from './terminal.js';

const defaultEndpoints = ['127.0.0.1:7101', '127.0.0.1:7102', '127.0.0.1:7103'];
const defaultTimeoutMs = 10_000;
const settingsFile = 'cluster.yml';

export interface CallSettings {
  readonly endpoints: readonly string[];
  readonly timeoutMs: number;
  readonly json: boolean;
}

/** A leaf or group of the command tree that talks to a cluster. */
export function callCommand(name: string, description: string): Command {
  return addCallOptions(new Command(name).description(description));
}

/** `--endpoints`, `--timeout` and `--json` work before and after the names of subcommands. */
export function addCallOptions(command: Command): Command {
  return command
    .addOption(shared('--endpoints <list>', 'client addresses of members: host:port,host:port').argParser(endpoints))
    .addOption(
      shared('--timeout <duration>', `how long a call may take (default: ${defaultTimeoutMs / 1000}s)`).argParser(
        duration,
      ),
    )
    .addOption(shared('--json', 'print JSON for programs'));
}

function shared(flags: string, description: string): Option {
  return new Option(flags, description).helpGroup('Options of every call:');
}

/** Resolves the shared options of the command that runs: the innermost that were given, then the environment, then ./cluster.yml, then the usual three. */
export function callSettings(command: Command, terminal: Terminal): CallSettings {
  const given = (name: string): unknown => {
    for (let at: Command | null = command; at; at = at.parent) {
      const value: unknown = at.getOptionValue(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const list = given('endpoints');
  const timeoutMs = given('timeout');
  return {
    endpoints: Array.isArray(list) ? list.map(String) : standardEndpoints(terminal),
    timeoutMs: typeof timeoutMs === 'number' ? timeoutMs : defaultTimeoutMs,
    json: given('json') === true,
  };
}

function standardEndpoints(terminal: Terminal): readonly string[] {
  const fromEnvironment = terminal.environment.QUORATE_ENDPOINTS;
  if (fromEnvironment) {
    try {
      return endpoints(fromEnvironment);
    } catch (error) {
      throw new CommandError(`QUORATE_ENDPOINTS is wrong: ${(error as Error).message}`, CommandExit.USAGE);
    }
  }
  if (!existsSync(settingsFile)) return defaultEndpoints;
  return loadSettings(settingsFile).members.map((member) => member.clientAddress);
}

/** One JSON document for programs, or text for people. */
export function answer(terminal: Terminal, json: boolean, document: object, text: () => string): void {
  if (json) terminal.write(`${JSON.stringify(document, undefined, terminal.interactive ? 2 : undefined)}\n`);
  else terminal.write(`${text()}\n`);
}
