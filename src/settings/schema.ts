/** The shape of cluster.yml. Texts complete the sentence "<file>:<line>:<column>: <field> …". */
import { z } from 'zod';
import { type Address, formatAddress, isLoopback, isUnspecified, parseAddress } from '../base/address.js';
import { present } from '../base/assert.js';
import { limits } from '../base/limits.js';
import { durationHelp, formatDuration, parseDuration } from './duration.js';
import { parseSize, sizeHelp } from './size.js';

type Issues = Pick<z.RefinementCtx, 'addIssue'>;

/** A section with exactly these fields. */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  const known = Object.keys(shape).join(', ');
  return z.strictObject(shape, {
    error(issue) {
      if (issue.code === 'unrecognized_keys') return `is not a known field; the fields here are: ${known}`;
      return issue.input === undefined ? undefined : `must be a section with the fields: ${known}`;
    },
  });
}

const name = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : 'must be a text; put it in quotes') })
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
    'must begin with a letter or digit and go on with letters, digits, ".", "_" or "-"',
  )
  .max(limits.nameLength, `must not be longer than ${limits.nameLength} characters`);

const address = z
  .string({ error: (issue) => (issue.input === undefined ? undefined : 'must be host:port, such as 127.0.0.1:7101') })
  .transform((text, context): Address => {
    const parsed = parseAddress(text);
    if (parsed && !isUnspecified(parsed.host)) return parsed;
    context.addIssue({
      code: 'custom',
      message: parsed
        ? `must name one host that the others can connect to, not ${text}`
        : `must be host:port with a port from 1 to 65535, such as 127.0.0.1:7101, not "${text}"`,
    });
    return z.NEVER;
  });

function duration(least: string, most: string) {
  return durationText().transform((text, context) => durationWithin(text, least, most, context));
}

function durationOrOff(least: string, most: string) {
  return durationText(' or off').transform((text, context) =>
    text === 'off' ? text : durationWithin(text, least, most, context, ' or off'),
  );
}

function durationText(also = '') {
  return z.string({
    error: (issue) => (issue.input === undefined ? undefined : `must be a duration: ${durationHelp}${also}`),
  });
}

function durationWithin(text: string, least: string, most: string, context: Issues, also = ''): number {
  const ms = parseDuration(text);
  const leastMs = present(parseDuration(least), 'the bound is a duration');
  const mostMs = present(parseDuration(most), 'the bound is a duration');
  if (ms !== undefined && ms >= leastMs && ms <= mostMs) return ms;
  const message =
    ms === undefined
      ? `must be a duration (${durationHelp}${also}), not "${text}"`
      : `must be between ${least} and ${most}${also}, not ${text}`;
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
}

function size(least: string, most: string) {
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : `must be a size: ${sizeHelp}`) })
    .transform((text, context) => {
      const bytes = parseSize(text);
      const fits =
        bytes !== undefined &&
        bytes >= present(parseSize(least), 'the bound is a size') &&
        bytes <= present(parseSize(most), 'the bound is a size');
      if (fits) return bytes;
      const message =
        bytes === undefined
          ? `must be a size (${sizeHelp}), not "${text}"`
          : `must be between ${least} and ${most}, not ${text}`;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

function choice<const Options extends readonly [string, ...string[]]>(options: Options) {
  return z.enum(options, {
    error: (issue) => (issue.input === undefined ? undefined : `must be one of: ${options.join(', ')}`),
  });
}

const members = z
  .array(section({ name, client: address, peer: address, dns: address.optional() }), {
    error: (issue) => (issue.input === undefined ? undefined : 'must be a list of members'),
  })
  .min(1, 'must list at least one member')
  .max(7, 'must not list more than 7 members');

const raft = section({
  heartbeat: duration('10ms', '10s').default(200),
  election: duration('50ms', '60s').default(1_000),
});

const retention = section({
  compaction: durationOrOff('1m', '3650d').default(3_600_000),
  log: size('1MiB', '64GiB').default(limits.logKeepBytes),
});

const dns = section({
  namespace: name.default('default'),
  ttl: duration('0s', '5s')
    .refine((ms) => ms % 1_000 === 0, 'must be whole seconds')
    .default(1_000),
});

const log = section({
  level: choice(['debug', 'info', 'warn', 'error']).default('info'),
  format: choice(['auto', 'json', 'pretty']).default('auto'),
});

/** The whole file, resolved but for identities and paths. */
export const settingsSchema = section({
  cluster: name,
  members,
  data: z
    .string({ error: (issue) => (issue.input === undefined ? undefined : 'must be the path of a directory') })
    .min(1, 'must be the path of a directory')
    .default('data'),
  insecure: z
    .boolean({ error: (issue) => (issue.input === undefined ? undefined : 'must be true or false') })
    .default(false),
  raft: raft.prefault({}),
  retention: retention.prefault({}),
  dns: dns.prefault({}),
  log: log.prefault({}),
}).superRefine((settings, context) => {
  checkNames(settings.members, context);
  checkAddresses(settings.members, settings.insecure, context);
  checkTimers(settings.raft, context);
});
export type SettingsFile = z.output<typeof settingsSchema>;

function checkNames(members: SettingsFile['members'], context: Issues): void {
  const seen = new Set<string>();
  members.forEach((member, i) => {
    // Names become directories, and some file systems do not tell N1 from n1.
    const folded = member.name.toLowerCase();
    if (seen.has(folded)) {
      context.addIssue({
        code: 'custom',
        path: ['members', i, 'name'],
        message: `is "${member.name}", which another member is called already; names must differ in more than case`,
      });
    }
    seen.add(folded);
  });
}

function checkAddresses(members: SettingsFile['members'], insecure: boolean, context: Issues): void {
  const seen = new Map<string, string>();
  members.forEach((member, i) => {
    for (const door of ['client', 'peer', 'dns'] as const) {
      const path = ['members', i, door];
      const address = member[door];
      if (!address) continue;
      const text = formatAddress(address);
      const same = text.toLowerCase().replace(/^localhost:/, '127.0.0.1:');
      const owner = seen.get(same);
      if (owner !== undefined) {
        context.addIssue({ code: 'custom', path, message: `is ${text}, which is ${owner} already` });
      }
      seen.set(same, `the ${door} address of ${member.name}`);
      if (!insecure && !isLoopback(address.host)) {
        context.addIssue({
          code: 'custom',
          path,
          message: `is ${text}, which other machines can reach, and connections are neither encrypted nor authenticated: use a loopback address, or set "insecure: true" if the network is trusted`,
        });
      }
    }
  });
}

function checkTimers(raft: SettingsFile['raft'], context: Issues): void {
  if (raft.heartbeat * 3 < raft.election) return;
  context.addIssue({
    code: 'custom',
    path: ['raft', 'heartbeat'],
    message: `is ${formatDuration(raft.heartbeat)}, which must be less than a third of raft.election (${formatDuration(raft.election)}), so that two lost heartbeats do not depose a leader`,
  });
}
