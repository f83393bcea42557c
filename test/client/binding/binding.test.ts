import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { StandardSchema } from '../../../src/client/binding/standard-schema.js';
import type { BindingChange, BindingProblem, QuorateClient } from '../../../src/client/index.js';
import { configService, type WatchConfigResponseIn } from '../../../src/proto/quorate.js';
import { until } from '../../support/until.js';
import { FakeCluster, type FakeStream } from '../fake-server.js';

const limits = z.object({
  db: z.object({ url: z.url(), pool: z.coerce.number().int().positive().default(10) }),
  feature: z.object({ dark: z.boolean() }).optional(),
});

interface Doc {
  readonly json?: unknown;
  readonly text?: string;
  readonly deleted?: boolean;
}

/** A document under prod/app/. */
function document(key: string, revision: number, { json, text = '', deleted = false }: Doc) {
  const value = Buffer.from(json === undefined ? text : JSON.stringify(json));
  return {
    namespace: 'prod',
    key: `app/${key}`,
    value,
    revision,
    version: revision,
    sha256: value.toString('hex'),
    deleted,
    contentType: json === undefined ? '' : 'application/json; charset=utf-8',
  };
}

let cluster: FakeCluster;
let client: QuorateClient;
let directory: string;
let streams: FakeStream<WatchConfigResponseIn>[];
let requests: { readonly namespace: string; readonly prefix?: string; readonly key?: string }[];

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'quorate-binding-'));
  cluster = await FakeCluster.start(1);
  streams = [];
  requests = [];
  cluster.member(0).onStream(configService.watch, ({ namespace, prefix, key }, stream) => {
    requests.push({ namespace, ...(prefix === undefined ? {} : { prefix }), ...(key === undefined ? {} : { key }) });
    streams.push(stream);
  });
  client = cluster.client();
});
afterEach(async () => {
  await cluster.stop();
  await rm(directory, { recursive: true, force: true });
});

type Documents = readonly ReturnType<typeof document>[];

async function snapshot(revision: number, ...documents: Documents): Promise<void> {
  const stream = await until('the binding watches', () => streams.at(-1));
  stream.send({ header: { revision }, snapshot: { documents: [...documents] } });
}

function publish(revision: number, ...documents: Documents): void {
  streams.at(-1)?.send({ header: { revision }, changes: { documents: [...documents] } });
}

/** Everything that a binding told, and conditions on it. */
function hearing<Value>(binding: {
  onChange(listener: (change: BindingChange<Value>) => void): unknown;
  onProblem(listener: (problem: BindingProblem | undefined) => void): unknown;
}) {
  const changes: BindingChange<Value>[] = [];
  const problems: (BindingProblem | undefined)[] = [];
  binding.onChange((change) => changes.push(change));
  binding.onProblem((problem) => problems.push(problem));
  return {
    changes,
    problems,
    change: (count: number) => until(`change ${count} came`, () => changes[count - 1]),
    problem: (count: number) =>
      until(`problem ${count} came`, () => problems.length >= count && { is: problems[count - 1] }),
  };
}

const url1 = document('db/url', 3, { text: 'postgres://db-1' });

describe('a bound prefix', () => {
  test('is an object of the type that the schema makes, and follows what is published', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const { changes, change } = hearing(binding);
    expect(() => binding.current).toThrow('wait for ready()');
    await snapshot(4, url1, document('db/pool', 4, { text: '5' }), document('ignored', 4, { text: 'x' }));
    const first = await binding.ready();
    const url: string = first.db.url;
    const pool: number = binding.current.db.pool;
    expect({ url, pool }).toEqual({ url: 'postgres://db-1', pool: 5 });
    expect(requests).toEqual([{ namespace: 'prod', prefix: 'app/' }]);
    expect(changes).toEqual([]);
    publish(5, document('feature', 5, { json: { dark: true } }), document('db/pool', 5, { text: '7' }));
    const { current, previous, differences, revision } = await change(1);
    expect(previous).toBe(first);
    expect(current).toBe(binding.current);
    expect(current).toEqual({ db: { url: 'postgres://db-1', pool: 7 }, feature: { dark: true } });
    expect(revision).toBe(5);
    expect(differences).toEqual([
      { kind: 'changed', path: ['db', 'pool'], before: 5, after: 7 },
      { kind: 'added', path: ['feature'], before: undefined, after: { dark: true } },
    ]);
    publish(6, document('db/pool', 6, { deleted: true }));
    expect((await change(2)).differences).toEqual([{ kind: 'changed', path: ['db', 'pool'], before: 7, after: 10 }]);
    expect(binding.origin).toBe('store');
  });

  test('tells nothing when what the schema makes is equal', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const { changes, change } = hearing(binding);
    await snapshot(3, url1);
    const first = await binding.ready();
    publish(4, document('db/pool', 4, { text: '10' }));
    publish(5, document('ignored', 5, { text: 'x' }));
    await until('the revision is seen', () => binding.revision === 5);
    expect(binding.current).toBe(first);
    publish(6, document('db/pool', 6, { text: '11' }));
    await change(1);
    expect(changes).toHaveLength(1);
  });

  test('gives values that nobody can change by mistake', async () => {
    const binding = client.config.bind('prod', 'app', z.object({ list: z.array(z.object({ a: z.number() })) }));
    await snapshot(3, document('list', 3, { json: [{ a: 1 }] }));
    const { list } = await binding.ready();
    expect(() => Object.assign(list, { 0: { a: 2 } })).toThrow(TypeError);
    expect(() => Object.assign(list[0] ?? {}, { a: 2 })).toThrow(TypeError);
  });

  test('begins anew after a resync with what is there, and what is gone is gone', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const { change } = hearing(binding);
    await snapshot(4, url1, document('feature', 4, { json: { dark: true } }));
    await binding.ready();
    await snapshot(90, document('db/url', 80, { text: 'postgres://db-2' }));
    expect((await change(1)).current).toEqual({ db: { url: 'postgres://db-2', pool: 10 } });
  });

  test('takes a parser, and any schema that speaks Standard Schema: a function, one that takes its time', async () => {
    // As arktype's are: a function with the property.
    const schema: StandardSchema<unknown, { readonly sum: number }> = Object.assign(() => {}, {
      '~standard': {
        version: 1 as const,
        vendor: 'test',
        validate: async (value: unknown) => {
          await new Promise((resolve) => setImmediate(resolve));
          return { value: { sum: Object.values(value as Record<string, number>).reduce((a, b) => a + b, 0) } };
        },
      },
    });
    const binding = client.config.bind('prod', 'app/', schema, { parse: (each) => Number(each.text()) });
    await snapshot(3, document('a', 1, { text: '1' }), document('b', 2, { text: '2' }));
    expect(await binding.ready()).toEqual({ sum: 3 });
    const { changes } = hearing(binding);
    for (let revision = 10; revision < 20; revision++)
      publish(revision, document('a', revision, { text: String(revision) }));
    await until('the last one is in force', () => binding.current.sum === 21);
    // In order, and none after the last.
    const sums = changes.map(({ current }) => current.sum);
    expect(sums).toEqual([...sums].sort((a, b) => a - b));
  });
});

describe('a bound document', () => {
  test('is its value; without it the schema decides', async () => {
    const binding = client.config.bind('prod', { key: 'app/one' }, z.object({ n: z.number() }).default({ n: 0 }));
    const { change } = hearing(binding);
    await snapshot(3);
    expect(await binding.ready()).toEqual({ n: 0 });
    publish(4, document('one', 4, { json: { n: 1 } }));
    expect((await change(1)).differences).toEqual([{ kind: 'changed', path: ['n'], before: 0, after: 1 }]);
    publish(5, document('one', 5, { deleted: true }));
    expect((await change(2)).current).toEqual({ n: 0 });
    expect(requests).toEqual([{ namespace: 'prod', key: 'app/one' }]);
  });
});

describe('what is invalid', () => {
  test('never comes into force: the last good state stays, and a sentence says which document and where', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const { problem, change } = hearing(binding);
    await snapshot(4, url1, document('feature', 4, { json: { dark: true } }));
    const good = await binding.ready();
    publish(5, document('feature', 5, { json: { dark: 'secret' } }));
    const { is } = await problem(1);
    expect(is?.error.reason).toBe('CONFIG_INVALID');
    expect(is?.error.message).toMatch(
      /^the configuration prod\/app\/ is not valid; the last good state stays in force: prod\/app\/feature at dark: .*boolean/,
    );
    expect(is?.error.message).not.toContain('secret');
    expect(is?.issues).toEqual([{ document: 'prod/app/feature', path: ['dark'], message: expect.any(String) }]);
    expect(is?.heldBack).toEqual(['prod/app/feature']);
    expect(binding.problem).toBe(is);
    expect(binding.current).toBe(good);
    publish(6, document('feature', 6, { json: { dark: false } }));
    expect((await change(1)).current.feature).toEqual({ dark: false });
    expect((await problem(2)).is).toBeUndefined();
    expect(binding.problem).toBeUndefined();
  });

  test('does not hold up other publications, but all that was published with it', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const { problem, change, problems } = hearing(binding);
    await snapshot(3, url1);
    await binding.ready();
    // Together: the pool of the new database must not be used with the old one.
    publish(5, document('db/url', 5, { text: 'no url' }), document('db/pool', 5, { text: '99' }));
    expect((await problem(1)).is?.heldBack).toEqual(['prod/app/db/pool', 'prod/app/db/url']);
    publish(6, document('feature', 6, { json: { dark: true } }));
    expect((await change(1)).current).toEqual({ db: { url: 'postgres://db-1', pool: 10 }, feature: { dark: true } });
    // One of the two alone: still held back with the other.
    publish(7, document('db/pool', 7, { text: '98' }));
    await until('revision 7 is seen', () => binding.revision === 7);
    publish(8, document('db/url', 8, { text: 'postgres://db-2' }));
    expect((await change(2)).current.db).toEqual({ url: 'postgres://db-2', pool: 98 });
    expect(problems).toEqual([expect.anything(), undefined]);
  });

  test('at the start fails ready(), and a later correction makes it good', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    const begun = binding.ready();
    await snapshot(3, document('db', 3, { json: '{' }), document('db/pool', 2, { text: '1' }));
    await expect(begun).rejects.toMatchObject({
      reason: 'CONFIG_INVALID',
      message: 'the configuration prod/app/ is not valid: prod/app/db/pool: a document above it has its place',
    });
    expect(() => binding.current).toThrow('a document above it has its place');
    publish(4, document('db', 4, { json: { url: 'postgres://x' } }), document('db/pool', 4, { deleted: true }));
    await until('it is good', () => binding.problem === undefined);
    expect(await binding.ready()).toEqual({ db: { url: 'postgres://x', pool: 10 } });
  });

  test('is also JSON that is none, what is missing, and what the schema chokes on', async () => {
    const broken = client.config.bind('prod', 'app', limits);
    await snapshot(3, { ...document('db', 3, { text: '{"url":' }), contentType: 'application/json' });
    await expect(broken.ready()).rejects.toThrow(/prod\/app\/db: .*JSON/);
    const missing = client.config.bind('prod', 'app', limits);
    await until('the second one watches', () => streams.length === 2);
    await snapshot(3);
    await expect(missing.ready()).rejects.toThrow(/prod\/app\/ at db: /);
    const choking = client.config.bind(
      'prod',
      'app',
      z.unknown().transform(() => JSON.parse('{')),
    );
    await until('the third one watches', () => streams.length === 3);
    await snapshot(3);
    await expect(choking.ready()).rejects.toThrow('the schema failed: ');
  });
});

describe('ready', () => {
  test('waits no longer than it is told, and ends with the binding', async () => {
    const binding = client.config.bind('prod', 'app', limits);
    await expect(binding.ready({ timeoutMs: 20 })).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    const waiting = binding.ready();
    binding.close();
    await expect(waiting).rejects.toMatchObject({ reason: 'CANCELLED' });
    await expect(binding.ready()).rejects.toMatchObject({ reason: 'CANCELLED' });
  });

  test('tells what ended the binding', async () => {
    const binding = client.config.bind('.bad', '', limits);
    const begun = binding.ready();
    (await until('it watches', () => streams[0])).refuse('INVALID_NAME');
    await expect(begun).rejects.toMatchObject({ reason: 'INVALID_NAME' });
    expect(binding.error?.reason).toBe('INVALID_NAME');
  });

  test('is over when the signal or the client ends it', async () => {
    const ending = new AbortController();
    const one = client.config.bind('prod', 'app', limits, { signal: ending.signal });
    const other = client.config.bind('prod', 'app', limits);
    const results = [one.ready(), other.ready()].map((begun) =>
      expect(begun).rejects.toMatchObject({ reason: 'CANCELLED' }),
    );
    ending.abort();
    await client.close();
    await Promise.all(results);
  });
});

describe('a local file', () => {
  const file = () => path.join(directory, 'deep', 'app.json');

  /** A binding has run and written its file. */
  async function remembered(...documents: Documents): Promise<string> {
    const binding = client.config.bind('prod', 'app', limits, { file: file() });
    await snapshot(5, ...documents);
    await binding.ready();
    const text = await until('the file is there', () => readFile(file(), 'utf8').catch(() => undefined));
    binding.close();
    return text;
  }

  test('keeps the last good documents for their owner alone', async () => {
    const text = await remembered(url1);
    expect(JSON.parse(text)).toMatchObject({
      of: 'prod/app/',
      documents: [{ key: 'app/db/url', value: 'postgres://db-1', revision: 3 }],
    });
    expect((await stat(file())).mode & 0o777).toBe(0o600);
  });

  test('lets a process start while no member can be reached, and gives way to the store', async () => {
    await remembered(url1);
    cluster.member(0).kill();
    const binding = client.config.bind('prod', 'app', limits, { file: file(), fileAfterMs: 30 });
    const { change } = hearing(binding);
    expect(await binding.ready()).toEqual({ db: { url: 'postgres://db-1', pool: 10 } });
    expect(binding.origin).toBe('file');
    const seen = streams.length;
    await cluster.member(0).listen();
    await until('the binding watches again', () => streams.length > seen);
    await snapshot(9, document('db/url', 9, { text: 'postgres://db-2' }));
    expect((await change(1)).differences).toEqual([
      { kind: 'changed', path: ['db', 'url'], before: 'postgres://db-1', after: 'postgres://db-2' },
    ]);
    expect(binding.origin).toBe('store');
    await until('the file has the new state', async () => (await readFile(file(), 'utf8')).includes('db-2'));
  });

  test('is what stays in force when the first state of the store is invalid', async () => {
    const before = await remembered(url1);
    const binding = client.config.bind('prod', 'app', limits, { file: file(), fileAfterMs: 60_000 });
    const { problem } = hearing(binding);
    await until('the second binding watches', () => streams.length === 2);
    await snapshot(9, document('db/url', 9, { text: 'no url' }));
    expect((await binding.ready()).db.url).toBe('postgres://db-1');
    expect((await problem(1)).is?.error.message).toContain('the last good state stays in force');
    expect(await readFile(file(), 'utf8')).toBe(before);
  });

  test('may be written by hand', async () => {
    const name = path.join(directory, 'hand.json');
    await writeFile(
      name,
      JSON.stringify({
        format: 'quorate-binding-1',
        of: 'prod/app/',
        documents: [
          { key: 'app/db', value: '{"url":"postgres://x"}', contentType: 'application/json' },
          {
            key: 'app/feature',
            value: Buffer.from('{"dark":true}').toString('base64'),
            encoding: 'base64',
            contentType: 'application/json',
          },
        ],
      }),
    );
    cluster.member(0).kill();
    const binding = client.config.bind('prod', 'app', limits, { file: name, fileAfterMs: 1 });
    expect(await binding.ready()).toEqual({ db: { url: 'postgres://x', pool: 10 }, feature: { dark: true } });
  });

  test.each([
    ['{', /cannot be used: .*JSON/],
    ['{}', /cannot be used: it is not of the format quorate-binding-1/],
    ['{"format":"quorate-binding-1","of":"prod/other/","documents":[]}', /it is of prod\/other\/, not of prod\/app\//],
    [
      '{"format":"quorate-binding-1","of":"prod/app/","documents":[{"key":"x","value":""}]}',
      /prod\/x is not of prod\/app\//,
    ],
    [
      '{"format":"quorate-binding-1","of":"prod/app/","documents":[]}',
      /the local file is no help: .*prod\/app\/ at db/,
    ],
  ])('%s is said to be of no use, and the store is waited for', async (text, complaint) => {
    const name = path.join(directory, 'bad.json');
    await writeFile(name, text);
    const warnings: string[] = [];
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, message: string) => void warnings.push(message),
    };
    const binding = cluster.client({ log }).config.bind('prod', 'app', limits, { file: name, fileAfterMs: 1 });
    await until('it is said', () => warnings.length > 0);
    expect(warnings[0]).toMatch(complaint);
    await snapshot(5, url1);
    expect((await binding.ready()).db.url).toBe('postgres://db-1');
    expect(binding.origin).toBe('store');
  });

  test('that cannot be written is no failure of the binding', async () => {
    const warnings: string[] = [];
    const log = {
      debug() {},
      info() {},
      error() {},
      warn: (_: object, message: string) => void warnings.push(message),
    };
    // A directory is in its place.
    const binding = cluster.client({ log }).config.bind('prod', 'app', limits, { file: directory });
    await snapshot(5, url1);
    expect((await binding.ready()).db.url).toBe('postgres://db-1');
    await until('it is said', () => warnings.some((each) => /cannot be written/.test(each)));
    binding.close();
  });
});
