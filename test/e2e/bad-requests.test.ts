/** Requests that a member must refuse, as docs/errors.md says: with code and reason, without any change, and nobody else notices. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Code, type Reason, reasons } from '../../src/base/errors.js';
import { limits } from '../../src/base/limits.js';
import { Consistency } from '../../src/proto/gen/quorate/v1/Consistency.js';
import { clusterService, configService, registryService } from '../../src/proto/quorate.js';
import type { Method } from '../../src/proto/schema.js';
import { ApiClient, collect } from '../api/api-client.js';
import { TestCluster } from '../support/cluster.js';
import { type Callers, callersOf, expectUndisturbed, termOf } from '../support/undisturbed.js';

const { put, get, list, publish, rollback } = configService;
const config = configService;
const registry = registryService;

let cluster: TestCluster;
let callers: Callers;
let term: number;
let doors: ApiClient[];
beforeAll(async () => {
  cluster = await TestCluster.start({ timers: 'patient' });
  callers = callersOf(cluster);
  term = await termOf(callers);
  doors = cluster.endpoints.map((address) => new ApiClient(Number(address.split(':')[1])));
  await cluster.client().config.put('kept/doc', 'first');
});
afterAll(async () => {
  for (const door of doors) door.close();
  await cluster.stop();
});

afterEach(() => expectUndisturbed(cluster, callers, term));

const revision = async () => (await cluster.client('n1').config.listPage('kept')).revision;

interface Refusal {
  readonly title: string;
  /** Sends the request and returns what the refusal says. */
  send(door: ApiClient): ReturnType<ApiClient['failure']>;
  readonly reason: Reason;
  readonly metadata: Readonly<Record<string, string>>;
}

function refusal<Req extends object>(
  title: string,
  method: Method<Req, object, object, object>,
  request: Req,
  reason: Reason,
  metadata: Readonly<Record<string, string>> | string = {},
): Refusal {
  return {
    title,
    send: (door) => door.failure(method, request),
    reason,
    metadata: typeof metadata === 'string' ? { field: metadata } : metadata,
  };
}

const doc = { namespace: 'kept', key: 'doc' };
const value = Buffer.from('second');
const tooLong = 'k'.repeat(limits.configKeyLength + 1);
const tooBig = Buffer.alloc(limits.configValueBytes + 1);
const changes = (count: number) =>
  Array.from({ length: count }, (_, i) => ({ namespace: 'kept', key: `k${i}`, put: { value } }));
const instance = { namespace: 'kept', service: 'compute', id: 'i1', address: '127.0.0.1', port: 1 };
const instanceRef = { namespace: 'kept', service: 'compute', id: 'i1' };
const register = (title: string, ttlMs: number) =>
  refusal(title, registry.register, { instance, ttlMs }, 'INVALID_TTL', 'ttl_ms');
const far = 1_000_000_000;

const refusals: Refusal[] = [
  refusal('an empty namespace', put, { ...doc, namespace: '', value }, 'INVALID_NAME', 'namespace'),
  refusal('a namespace with a blank', put, { ...doc, namespace: 'a b', value }, 'INVALID_NAME', 'namespace'),
  refusal('a namespace with a slash', get, { ...doc, namespace: 'a/b' }, 'INVALID_NAME', 'namespace'),
  refusal('a namespace with a NUL', get, { ...doc, namespace: 'a\0' }, 'INVALID_NAME', 'namespace'),
  refusal(
    'a namespace of 129 letters',
    put,
    { ...doc, namespace: 'n'.repeat(129), value },
    'INVALID_NAME',
    'namespace',
  ),
  refusal('an empty key', put, { ...doc, key: '', value }, 'INVALID_KEY', 'key'),
  refusal('a key that begins with a slash', put, { ...doc, key: '/doc', value }, 'INVALID_KEY', 'key'),
  refusal('a key outside ASCII', put, { ...doc, key: 'schlüssel', value }, 'INVALID_KEY', 'key'),
  refusal('a key of 513 characters', put, { ...doc, key: tooLong, value }, 'INVALID_KEY', 'key'),
  refusal('a prefix of 513 characters', list, { namespace: 'kept', prefix: tooLong }, 'INVALID_KEY', 'prefix'),
  refusal(
    'a service with a colon',
    registry.listInstances,
    { ...instanceRef, service: 'a:b' },
    'INVALID_NAME',
    'service',
  ),
  refusal('an empty instance id', registry.deregister, { ...instanceRef, id: '' }, 'INVALID_NAME', 'id'),
  refusal('a value of 1 MiB and a byte', put, { ...doc, value: tooBig }, 'VALUE_TOO_LARGE', 'value'),
  refusal(
    'two values of 1 MiB in one publication',
    publish,
    { changes: ['a', 'b'].map((key) => ({ ...doc, key, put: { value: Buffer.alloc(limits.configValueBytes) } })) },
    'REQUEST_TOO_LARGE',
  ),
  refusal('129 changes', publish, { changes: changes(129) }, 'TOO_MANY_CHANGES', 'changes'),
  refusal(
    '129 preconditions',
    publish,
    { changes: changes(1), preconditions: changes(129).map(({ key }) => ({ namespace: 'kept', key, version: 0 })) },
    'TOO_MANY_CHANGES',
    'preconditions',
  ),
  refusal('a key twice', publish, { changes: [...changes(1), ...changes(1)] }, 'DUPLICATE_KEY', {
    namespace: 'kept',
    key: 'k0',
  }),
  refusal('a change that does nothing', publish, { changes: [...changes(1), doc] }, 'INVALID_FIELD', 'changes[1]'),
  register('a TTL of 0', 0),
  register('a negative TTL', -1),
  register('a TTL of 999 ms', limits.minTtlMs - 1),
  register('a TTL of a day and a millisecond', limits.maxTtlMs + 1),
  register('a TTL of 285,000 years', Number.MAX_SAFE_INTEGER),
  refusal('an unknown lease', registry.register, { instance, lease: 'abc123' }, 'LEASE_NOT_FOUND', { lease: 'abc123' }),
  refusal('a lease that is no number', registry.register, { instance, lease: 'ABC?' }, 'INVALID_FIELD', 'lease'),
  refusal('an unknown instance', registry.deregister, instanceRef, 'INSTANCE_NOT_FOUND', instanceRef),
  refusal('a wrong version', put, { ...doc, value, ifVersion: 7 }, 'VERSION_MISMATCH', {
    ...doc,
    expected: '7',
    actual: '1',
  }),
  refusal('a version that must not exist', put, { ...doc, value, ifVersion: 0 }, 'VERSION_MISMATCH', {
    ...doc,
    expected: '0',
    actual: '1',
  }),
  refusal('a wrong version in a delete', config.delete, { ...doc, ifVersion: 2 }, 'VERSION_MISMATCH', {
    ...doc,
    expected: '2',
    actual: '1',
  }),
  refusal(
    'a wrong version in the last of many changes',
    publish,
    { changes: [...changes(127), { ...doc, put: { value }, ifVersion: 3 }] },
    'VERSION_MISMATCH',
    { ...doc, expected: '3', actual: '1' },
  ),
  refusal('a negative version', get, { ...doc, version: -1 }, 'INVALID_FIELD', 'version'),
  refusal('a version that is not there', rollback, { ...doc, toVersion: 9 }, 'VERSION_NOT_FOUND', {
    ...doc,
    version: '9',
  }),
  refusal('a document that is not there', config.delete, { ...doc, key: 'none' }, 'CONFIG_NOT_FOUND', {
    namespace: 'kept',
    key: 'none',
  }),
  refusal('a page token of nobody', list, { namespace: 'kept', pageToken: 'abc' }, 'INVALID_PAGE_TOKEN', 'page_token'),
];

describe.each(refusals)('$title', ({ send, reason, metadata }) => {
  let before: number;
  beforeEach(async () => {
    before = await revision();
  });

  it(`is refused by every member as ${reason}, and changes nothing`, async () => {
    const errors = await Promise.all(doors.map(send));
    for (const error of errors) {
      expect(error).toMatchObject({ code: reasons[reason], reason });
      expect(error.metadata).toMatchObject(metadata);
      expect(error.text).toMatch(/^\S[^\n]{10,400}$/);
    }
    expect(await revision()).toBe(before);
  });
});

describe('the largest of all', () => {
  it('are taken: a key of 512 characters, a value of 1 MiB, 128 changes', async () => {
    const client = cluster.client();
    const big = Buffer.alloc(limits.configValueBytes, 1);
    await client.config.put({ namespace: 'kept', key: 'k'.repeat(limits.configKeyLength) }, big);
    const { versions } = await client.config.publish(
      changes(limits.changesPerPublish).map(({ key }) => ({ name: `largest/${key}`, put: 'x' })),
    );
    expect(versions).toEqual(Array(limits.changesPerPublish).fill(1));
  });
});

describe('a revision', () => {
  it('in the future is refused in a watch and in a compaction', async () => {
    const current = await revision();
    const metadata = { revision: String(current + far), current: String(current) };
    const compacted = await Promise.all(
      doors.map((door) => door.failure(clusterService.compact, { revision: current + far })),
    );
    const watches = doors.map((door) =>
      collect(door.serverStream(config.watch, { namespace: 'kept', afterRevision: current + far })),
    );
    const watched = (await Promise.all(watches)).map(({ error }) => error);
    for (const error of [...compacted, ...watched])
      expect(error).toMatchObject({ code: Code.OUT_OF_RANGE, reason: 'REVISION_IN_FUTURE', metadata });
  });

  it('in the future that a read waits for ends it at its deadline, with a sentence that names the revision', async () => {
    const read = { consistency: Consistency.SERIALIZABLE, minRevision: far };
    const deadline = Date.now() + 1_000;
    const errors = await Promise.all(doors.map((door) => door.failure(get, { ...doc, read }, { deadline })));
    for (const error of errors) {
      expect(error).toMatchObject({ code: Code.UNAVAILABLE, reason: 'NO_QUORUM' });
      expect(error.text).toContain(`revision ${far}`);
    }
  });

  it('that is compacted is refused in a compaction and in the next page of a list; a watch gets a marked new state', async () => {
    const [door] = doors as [ApiClient];
    const client = cluster.client();
    await client.config.publish(changes(3).map(({ key }) => ({ name: `paged/${key}`, put: 'x' })));
    const page = await client.config.listPage('paged', { pageSize: 1 });
    // A watch may begin at the compacted revision itself, so that there must be one between.
    for (const value of ['z', 'y']) await client.config.put('paged/k0', value);
    const { compactedRevision } = await client.cluster.compact();
    expect(compactedRevision).toBeGreaterThan(page.revision);

    const metadata = { revision: String(page.revision), compacted: String(compactedRevision) };
    const refused = { code: Code.OUT_OF_RANGE, reason: 'REVISION_COMPACTED', metadata };
    expect(await door.failure(clusterService.compact, { revision: page.revision })).toMatchObject(refused);
    const next = { namespace: 'paged', pageToken: page.nextPageToken ?? '', pageSize: 1 };
    expect(await door.failure(list, next)).toMatchObject(refused);
    for await (const event of client.config.watch({ namespace: 'paged', afterRevision: page.revision })) {
      expect(event).toMatchObject({ kind: 'snapshot', resync: true });
      expect(event.kind === 'snapshot' && event.items.map((item) => item.text())).toEqual(['y', 'x', 'x']);
      break;
    }
  });
});

describe('a lease that is gone', () => {
  it('is told to who keeps it alive, and the stream goes on', async () => {
    const { lease } = await cluster.client().registry.grant(instance, { ttlMs: 60_000 });
    const [door] = doors as [ApiClient];
    const stream = door.bidi(registry.keepAlive);
    const answers = collect(stream);
    for (const id of ['abc123', lease]) stream.write({ lease: id });
    stream.end();
    const { messages, error } = await answers;
    expect(error).toBeUndefined();
    expect(messages.map(({ lease: id, ttlMs }) => [id, ttlMs])).toEqual([
      ['abc123', 0],
      [lease, 60_000],
    ]);
  });
});
