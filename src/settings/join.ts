/** The settings of a member that joins a running cluster: who it is from the command line, all else from a settings file, if there is one. */
import path from 'node:path';
import { loadSettings, parseSettings, type Settings } from './settings.js';

export interface Newcomer {
  readonly name: string;
  /** "host:port" */
  readonly client: string;
  readonly peer: string;
  /** Undefined: it answers no DNS queries. */
  readonly dns?: string | undefined;
  /** Directory that its own data directory is made in. */
  readonly data: string | undefined;
  readonly insecure: boolean;
  /** For timers, retention, DNS and log; its members and its cluster do not count. */
  readonly settingsPath: string | undefined;
}

/** @throws FatalError SETTINGS */
export function joinSettings(newcomer: Newcomer): Settings {
  const { name, client, peer, dns, settingsPath } = newcomer;
  const base = settingsPath === undefined ? undefined : loadSettings(settingsPath);
  const insecure = newcomer.insecure || (base?.insecure ?? false);
  const own = parseSettings(
    JSON.stringify({
      cluster: 'joined',
      members: [{ name, client, peer, dns }],
      data: newcomer.data ?? 'data',
      insecure,
    }),
    path.resolve('the command line'),
  );
  if (!base) return own;
  const members = own.members.map((member) => ({
    ...member,
    dataDirectory: newcomer.data === undefined ? path.join(base.directory, name) : member.dataDirectory,
  }));
  return { ...base, members };
}
