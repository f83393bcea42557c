import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ExitCode, FatalError } from '../../src/base/errors.js';
import { clusterIdOf, memberIdOf } from '../../src/settings/identity.js';
import { loadSettings, parseSettings } from '../../src/settings/settings.js';

const shipped = path.resolve(import.meta.dirname, '../../cluster.yml');
const minimal = `cluster: quorate
members:
  - { name: n1, client: 127.0.0.1:7101, peer: 127.0.0.1:7201 }
  - { name: n2, client: 127.0.0.1:7102, peer: 127.0.0.1:7202 }
  - { name: n3, client: 127.0.0.1:7103, peer: 127.0.0.1:7203 }
`;

/** The sentence with which the text is refused. */
function complaint(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof FatalError)) throw error;
    expect(error.exitCode).toBe(ExitCode.SETTINGS);
    expect(error.message).not.toContain('\n');
    return error.message;
  }
  throw new Error('was not refused');
}
const refusal = (text: string) => complaint(() => parseSettings(text, 'c.yml'));

describe('the shipped cluster.yml', () => {
  it('describes three members on loopback addresses with data beside the file', () => {
    const settings = loadSettings(shipped);
    expect(settings.members.map(({ id, ...rest }) => ({ ...rest, id: id > 0 }))).toEqual(
      [1, 2, 3].map((i) => ({
        id: true,
        name: `n${i}`,
        clientAddress: `127.0.0.1:710${i}`,
        peerAddress: `127.0.0.1:720${i}`,
        dataDirectory: path.join(path.dirname(shipped), 'data', `n${i}`),
      })),
    );
  });

  it('shows the defaults: leaving everything else out means the same', () => {
    expect(parseSettings(minimal, shipped)).toEqual(loadSettings(shipped));
  });
});

describe('values', () => {
  it('turns durations into milliseconds', () => {
    const { raft, retention } = parseSettings(
      `${minimal}raft: { heartbeat: 50ms, election: 1.5s }\nretention: { compaction: 7d }\n`,
      'c.yml',
    );
    expect(raft).toEqual({ heartbeatMs: 50, electionMs: 1_500 });
    expect(retention).toEqual({ compactionMs: 604_800_000, logBytes: 64 * 1024 * 1024 });
  });

  it('reads "off" as no automatic compaction', () => {
    expect(parseSettings(`${minimal}retention: { compaction: off }\n`, 'c.yml').retention.compactionMs).toBeUndefined();
  });

  it('reads sizes', () => {
    expect(parseSettings(`${minimal}retention: { log: 2GiB }\n`, 'c.yml').retention.logBytes).toBe(2 * 1024 ** 3);
  });

  it('fills in the rest of a section that is given in part', () => {
    expect(parseSettings(`${minimal}log: { level: debug }\n`, 'c.yml').log).toEqual({ level: 'debug', format: 'auto' });
  });

  it.each(['[::1]:7101', 'localhost:7101', '127.9.9.9:7101'])('takes %s for a loopback address', (address) => {
    const settings = parseSettings(minimal.replace('127.0.0.1:7101', `"${address}"`), 'c.yml');
    expect(settings.members[0]?.clientAddress).toBe(address);
  });

  it('lets an insecure cluster listen to other machines', () => {
    const text = minimal.replace('127.0.0.1:7201', 'n1.internal:7201');
    expect(parseSettings(`${text}insecure: true\n`, 'c.yml').members[0]?.peerAddress).toBe('n1.internal:7201');
  });
});

describe('DNS', () => {
  const withDns = (address: string, more = '') => `${minimal.replace('7202 }', `7202, dns: "${address}" }`)}${more}`;

  it('is answered by the members that have an address for it', () => {
    const { members, dns } = parseSettings(withDns('127.0.0.1:7302', 'dns: { namespace: prod, ttl: 0s }\n'), 'c.yml');
    expect(members.map(({ dnsAddress }) => dnsAddress)).toEqual([undefined, '127.0.0.1:7302', undefined]);
    expect(dns).toEqual({ namespace: 'prod', ttlSeconds: 0 });
  });

  it('is off, for namespace "default" and a second, unless told', () => {
    const { members, dns } = parseSettings(minimal, 'c.yml');
    expect(members.every(({ dnsAddress }) => dnsAddress === undefined)).toBe(true);
    expect(dns).toEqual({ namespace: 'default', ttlSeconds: 1 });
  });

  it.each([
    [withDns('127.0.0.1:7101'), 'members[1].dns is 127.0.0.1:7101, which is the client address of n1 already'],
    [withDns('10.0.0.1:53'), 'members[1].dns is 10.0.0.1:53, which other machines can reach'],
    [withDns('53'), 'members[1].dns must be host:port'],
    [`${minimal}dns: { ttl: 6s }\n`, 'dns.ttl must be between 0s and 5s, not 6s'],
    [`${minimal}dns: { ttl: 500ms }\n`, 'dns.ttl must be whole seconds'],
    [`${minimal}dns: { namespace: a/b }\n`, 'dns.namespace must begin with a letter or digit'],
  ])('is refused when it is wrong', (text, expected) => {
    expect(refusal(text)).toContain(expected);
  });
});

describe('identities', () => {
  it('are 48-bit numbers that depend on both names', () => {
    const ids = [
      memberIdOf('a', 'n1'),
      memberIdOf('a', 'n2'),
      memberIdOf('b', 'n1'),
      clusterIdOf('a'),
      clusterIdOf('b'),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toBeGreaterThan(0);
      expect(id).toBeLessThan(2 ** 48);
    }
  });

  it('never change, because data directories carry them', () => {
    expect(clusterIdOf('quorate').toString(16)).toBe('cea371811718');
    expect(memberIdOf('quorate', 'n1').toString(16)).toBe('d5d6d148bede');
  });
});

describe('complaints name file, line, column and field', () => {
  it.each([
    [
      'an unknown field',
      `${minimal}raft:\n  heartbeet: 1s\n`,
      /^c\.yml:7:3: raft\.heartbeet is not a known field.*heartbeat, election/,
    ],
    ['a bad size', `${minimal}retention: { log: 64 MB }\n`, /^c\.yml:6:19: retention\.log must be a size/],
    ['a size out of bounds', `${minimal}retention: { log: 1KiB }\n`, /retention\.log must be between 1MiB and 64GiB/],
    ['an unknown section', `${minimal}tls: {}\n`, /^c\.yml:6:1: tls is not a known field/],
    [
      'an unknown field of a member',
      minimal.replace('name: n2', 'role: x, name: n2'),
      /^c\.yml:4:7: members\[1\]\.role is not/,
    ],
    ['a missing field', minimal.replace(', peer: 127.0.0.1:7202', ''), /^c\.yml:4:5: members\[1\]\.peer is missing/],
    ['a missing section', 'cluster: quorate\n', /^c\.yml:1:1: members is missing/],
    ['an empty file', '', /^c\.yml:1:1: cluster is missing/],
    ['a list in place of the file', '- a\n', /^c\.yml:1:1: the file must be a section with the fields: cluster/],
    ['a number for a name', minimal.replace('cluster: quorate', 'cluster: 7'), /^c\.yml:1:10: cluster must be a text/],
    ['a duplicate name', minimal.replace('n3', 'n1'), /^c\.yml:5:13: members\[2\]\.name is "n1", which another member/],
    ['names that differ in case', minimal.replace('n3', 'N1'), /^c\.yml:5:13: members\[2\]\.name is "N1"/],
    ['a name with a slash', minimal.replace('n3', '../n3'), /^c\.yml:5:13: members\[2\]\.name must begin with/],
    [
      'a duplicate address',
      minimal.replace('7203', '7101'),
      /^c\.yml:5:47: members\[2\]\.peer is 127\.0\.0\.1:7101, which is the client address of n1 already/,
    ],
    [
      'one address under two names',
      minimal.replace('127.0.0.1:7203', 'localhost:7101'),
      /members\[2\]\.peer is localhost:7101/,
    ],
    [
      'an address without a port',
      minimal.replace('127.0.0.1:7101', '127.0.0.1'),
      /^c\.yml:3:25: members\[0\]\.client must be/,
    ],
    [
      'a port that does not exist',
      minimal.replace(':7101', ':71010'),
      /^c\.yml:3:25: members\[0\]\.client must be host:port/,
    ],
    [
      'an IPv4 address that is none',
      minimal.replace('127.0.0.1:7101', '127.0.0.256:7101'),
      /members\[0\]\.client must be/,
    ],
    [
      'an address nobody can connect to',
      minimal.replace('127.0.0.1:7101', '0.0.0.0:7101'),
      /members\[0\]\.client must name one host/,
    ],
    [
      'a number for a duration',
      `${minimal}raft:\n  election: 1000\n`,
      /^c\.yml:7:13: raft\.election must be a duration/,
    ],
    [
      'a unit that does not exist',
      `${minimal}raft:\n  election: 1 sec\n`,
      /^c\.yml:7:13: raft\.election .*not "1 sec"/,
    ],
    [
      'a duration out of bounds',
      `${minimal}raft:\n  heartbeat: 1ms\n`,
      /raft\.heartbeat must be between 10ms and 10s, not 1ms/,
    ],
    [
      'a heartbeat too slow for the election timeout',
      `${minimal}raft:\n  heartbeat: 100ms\n  election: 300ms\n`,
      /^c\.yml:7:14: raft\.heartbeat is 100ms, which must be less than a third of raft\.election \(300ms\)/,
    ],
    [
      'a default heartbeat too slow for the election timeout',
      `${minimal}raft:\n  election: 500ms\n`,
      /^c\.yml:7:3: raft\.heartbeat is 200ms/,
    ],
    [
      'a bad compaction age',
      `${minimal}retention:\n  compaction: never\n`,
      /^c\.yml:7:15: retention\.compaction must be .* or off\), not "never"/,
    ],
    [
      'a level that does not exist',
      `${minimal}log: { level: loud }\n`,
      /^c\.yml:6:15: log\.level must be one of: debug, info/,
    ],
    ['text for a switch', `${minimal}insecure: yes\n`, /^c\.yml:6:11: insecure must be true or false/],
    ['two fields of one name', `${minimal}cluster: b\n`, /^c\.yml:6:1: not valid YAML: .*unique/],
    ['a tab as indentation', `${minimal}raft:\n\telection: 1s\n`, /^c\.yml:7:1: not valid YAML: .*[Tt]ab/],
    ['a bracket that is not closed', 'cluster: [\n', /^c\.yml:2:1: not valid YAML/],
    ['an alias without an anchor', 'cluster: *x\n', /^c\.yml:1:10: not valid YAML/],
    ['two documents', `${minimal}---\n${minimal}`, /^c\.yml:6:1: not valid YAML/],
  ])('%s', (_what, text, expected) => {
    expect(refusal(text)).toMatch(expected);
  });

  it('reports the complaint that stands first in the file', () => {
    expect(refusal(`${minimal.replace('7202', 'x')}tls: {}\n`)).toMatch(/^c\.yml:4:/);
  });

  it.each(['client', 'peer'])('a %s address that other machines can reach', (door) => {
    const text = minimal.replace(`${door}: 127.0.0.1`, `${door}: 10.0.0.7`);
    const sentence = refusal(text);
    expect(sentence).toMatch(
      new RegExp(`^c\\.yml:3:\\d+: members\\[0\\]\\.${door} is 10\\.0\\.0\\.7:7\\d01, which other machines can reach`),
    );
    expect(sentence).toContain('insecure: true');
  });
});

describe('the file itself', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'quorate-settings-'));
  });
  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('resolves data against the place of the file', () => {
    const file = path.join(directory, 'c.yml');
    writeFileSync(file, `${minimal}data: ./here\n`);
    expect(loadSettings(file).members[0]?.dataDirectory).toBe(path.join(directory, 'here', 'n1'));
  });

  it('is named when it does not exist', () => {
    const file = path.join(directory, 'none.yml');
    expect(complaint(() => loadSettings(file))).toBe(
      `${file}: this settings file does not exist; name another one with --settings`,
    );
  });

  it('is named when it is a directory', () => {
    expect(complaint(() => loadSettings(directory))).toContain('cannot be read (EISDIR)');
  });
});
