/** cluster.yml as the parts want it: checked, with every default filled in. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Document, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { formatAddress } from '../base/address.js';
import { ExitCode, FatalError } from '../base/errors.js';
import type { ClusterId, MemberId } from '../base/ids.js';
import { clusterIdOf, memberIdOf } from './identity.js';
import { at, positionOf } from './position.js';
import { type SettingsFile, settingsSchema } from './schema.js';

export interface MemberSettings {
  readonly id: MemberId;
  readonly name: string;
  /** "host:port" where clients connect. */
  readonly clientAddress: string;
  /** "host:port" where the other members connect. */
  readonly peerAddress: string;
  /** "host:port" where it answers DNS queries; undefined: nowhere. */
  readonly dnsAddress?: string | undefined;
  /** Absolute path of this member's own data directory. */
  readonly dataDirectory: string;
}

export interface Settings {
  /** Absolute path of the file. */
  readonly file: string;
  readonly clusterName: string;
  readonly clusterId: ClusterId;
  /** Absolute path of the directory that holds the data directories. */
  readonly directory: string;
  readonly members: readonly MemberSettings[];
  /** The operator accepts addresses that other machines can reach although nothing is encrypted. */
  readonly insecure: boolean;
  readonly raft: {
    readonly heartbeatMs: number;
    /** Election timeouts are drawn from [electionMs, 2 × electionMs). */
    readonly electionMs: number;
  };
  readonly retention: {
    /** Age after which old revisions are compacted; undefined: never by itself. */
    readonly compactionMs: number | undefined;
    /** Bytes of log kept behind the state, for members that were away for a short while. */
    readonly logBytes: number;
  };
  readonly dns: {
    /** Namespace of the services in names that have none. */
    readonly namespace: string;
    /** How long resolvers may keep an answer, whole seconds. */
    readonly ttlSeconds: number;
  };
  readonly log: SettingsFile['log'];
}

/**
 * Reads and checks a settings file.
 * @throws FatalError SETTINGS: one sentence with file, line, column and field
 */
export function loadSettings(file: string): Settings {
  return parseSettings(readText(file), file);
}

/**
 * Checks the text of a settings file; `file` is its path, for messages and for the data directory that is relative to it.
 * @throws FatalError SETTINGS
 */
export function parseSettings(text: string, file: string): Settings {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0] ?? document.warnings[0];
  if (broken) {
    const { line, column } = at(lines, broken.pos[0]);
    throw refused(`${file}:${line}:${column}: not valid YAML: ${broken.message}`);
  }
  const parsed = settingsSchema.safeParse(contentsOf(document, lines, file), {
    error: (issue) => (issue.input === undefined ? 'is missing' : undefined),
  });
  if (!parsed.success) throw refused(firstComplaint(parsed.error, document, lines, file));
  return resolved(parsed.data, path.resolve(file));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    const what = reason === 'ENOENT' ? 'does not exist' : `cannot be read (${reason})`;
    throw refused(`${file}: this settings file ${what}; name another one with --settings`, error);
  }
}

function contentsOf(document: Document, lines: LineCounter, file: string): unknown {
  try {
    // An empty file is a section without fields.
    return document.toJS() ?? {};
  } catch (error) {
    let offset = 0;
    visit(document, {
      Alias(_key, alias) {
        if (alias.resolve(document)) return undefined;
        offset = alias.range?.[0] ?? 0;
        return visit.BREAK;
      },
    });
    const { line, column } = at(lines, offset);
    const reason = error instanceof Error ? error.message : String(error);
    throw refused(`${file}:${line}:${column}: not valid YAML: ${reason}`, error);
  }
}

/** The complaint that stands first in the file. */
function firstComplaint(error: z.ZodError, document: Document, lines: LineCounter, file: string): string {
  const complaints = error.issues.map((issue) => {
    const unknown = issue.code === 'unrecognized_keys';
    const field = unknown ? [...issue.path, issue.keys[0] ?? ''] : issue.path;
    return { field, message: issue.message, ...positionOf(document, lines, field, unknown) };
  });
  complaints.sort((a, b) => a.line - b.line || a.column - b.column);
  const [first] = complaints;
  if (!first) return `${file}: not valid`;
  const field = first.field.length === 0 ? 'the file' : nameOf(first.field);
  return `${file}:${first.line}:${first.column}: ${field} ${first.message}`;
}

/** "members[1].peer" */
function nameOf(field: readonly PropertyKey[]): string {
  return field
    .map((step, i) => (typeof step === 'number' ? `[${step}]` : `${i > 0 ? '.' : ''}${String(step)}`))
    .join('');
}

function refused(sentence: string, cause?: unknown): FatalError {
  return new FatalError(sentence, ExitCode.SETTINGS, { cause });
}

function resolved(settings: SettingsFile, file: string): Settings {
  const data = path.resolve(path.dirname(file), settings.data);
  return {
    file,
    clusterName: settings.cluster,
    directory: data,
    clusterId: clusterIdOf(settings.cluster),
    members: settings.members.map(({ name, client, peer, dns }) => ({
      id: memberIdOf(settings.cluster, name),
      name,
      clientAddress: formatAddress(client),
      peerAddress: formatAddress(peer),
      dnsAddress: dns && formatAddress(dns),
      dataDirectory: path.join(data, name),
    })),
    insecure: settings.insecure,
    raft: { heartbeatMs: settings.raft.heartbeat, electionMs: settings.raft.election },
    retention: {
      compactionMs: settings.retention.compaction === 'off' ? undefined : settings.retention.compaction,
      logBytes: settings.retention.log,
    },
    dns: { namespace: settings.dns.namespace, ttlSeconds: settings.dns.ttl / 1_000 },
    log: settings.log,
  };
}
