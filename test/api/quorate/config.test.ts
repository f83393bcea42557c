import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Code } from '../../../src/base/errors.js';
import { limits } from '../../../src/base/limits.js';
import { configService } from '../../../src/proto/quorate.js';
import { type Api, startApi } from '../api-client.js';

let api: Api;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.stop());

const name = { namespace: 'prod', key: 'db/url' };
const put = (request: object) => api.client.call(configService.put, { ...name, ...request });
const get = (request: object = {}) => api.client.call(configService.get, { ...name, ...request });

test('a document that was put is read with everything that is known about it', async () => {
  const before = Date.now();
  const { version, header } = await put({
    value: Buffer.from('postgres://a'),
    contentType: 'text/plain',
    author: 'ann',
    comment: 'first',
  });
  expect(version).toBe(1);
  const { document } = await get();
  expect(document).toMatchObject({
    ...name,
    version: 1,
    contentType: 'text/plain',
    // sha256sum of the value
    sha256: 'f89137cacca766d148a8cb9d93c65b763ab28bc69a553c70ba8cdf11eba5e960',
    author: 'ann',
    comment: 'first',
    revision: header?.revision,
    deleted: false,
  });
  expect(document?.value.toString()).toBe('postgres://a');
  expect(document?.publishedAtMs).toBeGreaterThanOrEqual(before);
});

test('every response says who answered and at which revision', async () => {
  const first = await put({ value: Buffer.from('1') });
  const second = await put({ value: Buffer.from('2') });
  expect(first.header).toMatchObject({ clusterId: 77, memberId: 1, term: 3 });
  expect(second.header?.revision).toBe((first.header?.revision ?? 0) + 1);
  expect((await get()).header?.revision).toBe(second.header?.revision);
});

describe('preconditions', () => {
  test('0 means that the document must not exist', async () => {
    await put({ value: Buffer.from('1'), ifVersion: 0 });
    expect(await api.client.failure(configService.put, { ...name, ifVersion: 0 })).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: 'VERSION_MISMATCH',
    });
  });

  test('a wrong version changes nothing', async () => {
    await put({ value: Buffer.from('1') });
    expect(await api.client.failure(configService.put, { ...name, ifVersion: 7 })).toMatchObject({
      code: Code.FAILED_PRECONDITION,
      reason: 'VERSION_MISMATCH',
      metadata: { namespace: 'prod', key: 'db/url' },
    });
    expect((await get()).document?.value.toString()).toBe('1');
  });

  test('hold for a publication as a whole', async () => {
    await put({ value: Buffer.from('1') });
    const other = { namespace: 'prod', key: 'other', put: { value: Buffer.from('x') } };
    const failed = await api.client.failure(configService.publish, {
      changes: [other],
      preconditions: [{ ...name, version: 9 }],
    });
    expect(failed.reason).toBe('VERSION_MISMATCH');
    const { versions } = await api.client.call(configService.publish, {
      changes: [other, { ...name, delete: true, ifVersion: 1 }],
      preconditions: [{ namespace: 'prod', key: 'absent', version: 0 }],
    });
    expect(versions).toEqual([1, 2]);
    expect((await api.client.failure(configService.get, name)).reason).toBe('CONFIG_NOT_FOUND');
  });
});

test('a repeated request id gives the first answer and changes nothing', async () => {
  const first = await put({ value: Buffer.from('1'), requestId: 'r1' });
  const again = await put({ value: Buffer.from('1'), requestId: 'r1' });
  expect(again).toEqual(first);
  expect((await get()).document?.version).toBe(1);
});

describe('versions', () => {
  test('go on over a deletion, and each can be read', async () => {
    await put({ value: Buffer.from('one') });
    expect((await api.client.call(configService.delete, { ...name, author: 'bob' })).version).toBe(2);
    expect(await api.client.failure(configService.get, name)).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'CONFIG_NOT_FOUND',
      metadata: name,
    });
    expect((await put({ value: Buffer.from('three') })).version).toBe(3);
    expect((await get({ version: 1 })).document?.value.toString()).toBe('one');
    expect((await get({ version: 2 })).document).toMatchObject({ deleted: true, author: 'bob', version: 2 });
    expect(await api.client.failure(configService.get, { ...name, version: 4 })).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'VERSION_NOT_FOUND',
    });
  });

  test('an older one can be published again', async () => {
    await put({ value: Buffer.from('one'), contentType: 'a/b' });
    await put({ value: Buffer.from('two') });
    const { version } = await api.client.call(configService.rollback, { ...name, toVersion: 1, comment: 'back' });
    expect(version).toBe(3);
    expect((await get()).document).toMatchObject({ version: 3, contentType: 'a/b', comment: 'back' });
    expect((await get()).document?.value.toString()).toBe('one');
    expect(await api.client.failure(configService.rollback, { ...name, toVersion: 99 })).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'VERSION_NOT_FOUND',
    });
  });

  test('history is newest first, bounded, and can be continued', async () => {
    for (let i = 1; i <= 5; i++) await put({ value: Buffer.from(`v${i}`) });
    const { versions } = await api.client.call(configService.history, { ...name, limit: 2 });
    expect(versions.map(({ version }) => version)).toEqual([5, 4]);
    const rest = await api.client.call(configService.history, { ...name, beforeVersion: 4, withoutValues: true });
    expect(rest.versions.map(({ version, value }) => [version, value.length])).toEqual([
      [3, 0],
      [2, 0],
      [1, 0],
    ]);
    expect((await api.client.call(configService.history, { ...name, beforeVersion: 1 })).versions).toEqual([]);
  });

  test('history of one document shows nothing of another whose key continues it like a version', async () => {
    await put({ value: Buffer.from('a') });
    await api.client.call(configService.put, { namespace: 'prod', key: 'db/url/0000000001', value: Buffer.from('b') });
    const { versions } = await api.client.call(configService.history, name);
    expect(versions.map(({ key, version }) => [key, version])).toEqual([['db/url', 1]]);
  });

  test('history ends at about a megabyte of values', async () => {
    for (let i = 0; i < 5; i++) await put({ value: Buffer.alloc(400_000, i) });
    const { versions } = await api.client.call(configService.history, name);
    expect(versions.map(({ version }) => version)).toEqual([5, 4]);
    const { versions: all } = await api.client.call(configService.history, { ...name, withoutValues: true });
    expect(all).toHaveLength(5);
  });

  test('history of what never existed is NOT_FOUND', async () => {
    expect(await api.client.failure(configService.history, name)).toMatchObject({
      code: Code.NOT_FOUND,
      reason: 'CONFIG_NOT_FOUND',
    });
  });
});

describe('lists', () => {
  const list = (request: object = {}) => api.client.call(configService.list, { namespace: 'prod', ...request });

  beforeEach(() => {
    for (const key of ['a', 'b/1', 'b/2', 'b/3', 'c']) publish('prod', key, key);
    publish('other', 'b/0', 'x');
  });

  function publish(namespace: string, key: string, value: string): void {
    const content = { value: Buffer.from(value), contentType: '', sha256: '' };
    api.replica.apply({
      kind: 'configPublish',
      changes: [{ namespace, key, content, ifVersion: undefined }],
      preconditions: [],
      author: '',
      comment: '',
      publishedAtMs: 1,
    });
  }

  test('are in key order and bounded by the prefix', async () => {
    expect((await list()).documents.map(({ key }) => key)).toEqual(['a', 'b/1', 'b/2', 'b/3', 'c']);
    const { documents, nextPageToken } = await list({ prefix: 'b/' });
    expect(documents.map(({ key, value }) => [key, value.toString()])).toEqual([
      ['b/1', 'b/1'],
      ['b/2', 'b/2'],
      ['b/3', 'b/3'],
    ]);
    expect(nextPageToken).toBe('');
  });

  test('show the state of the first page on every page', async () => {
    const first = await list({ pageSize: 2 });
    publish('prod', 'b/15', 'new');
    publish('prod', 'c', 'changed');
    const second = await list({ pageSize: 2, pageToken: first.nextPageToken });
    const third = await list({ pageSize: 2, pageToken: second.nextPageToken });
    expect(first.documents.map(({ key }) => key)).toEqual(['a', 'b/1']);
    expect(second.documents.map(({ key }) => key)).toEqual(['b/2', 'b/3']);
    expect(third.documents.map(({ key, value }) => [key, value.toString()])).toEqual([['c', 'c']]);
    expect(third.nextPageToken).toBe('');
    expect(third.header?.revision).toBe(first.header?.revision);
  });

  test('leave values out on request', async () => {
    const { documents } = await list({ keysOnly: true });
    expect(documents.every(({ value }) => value.length === 0)).toBe(true);
    expect(documents).toHaveLength(5);
  });

  test('end a page at about a megabyte', async () => {
    for (let i = 0; i < 4; i++) publish('big', `k${i}`, 'x'.repeat(400_000));
    const first = await list({ namespace: 'big' });
    expect(first.documents.map(({ key }) => key)).toEqual(['k0', 'k1']);
    const second = await list({ namespace: 'big', pageToken: first.nextPageToken });
    expect(second.documents.map(({ key }) => key)).toEqual(['k2', 'k3']);
    expect(second.nextPageToken).toBe('');
  });

  test('end with REVISION_COMPACTED when the revision of the first page is forgotten', async () => {
    const first = await list({ pageSize: 2 });
    publish('prod', 'd', 'x');
    api.replica.apply({ kind: 'compact', revision: api.replica.machine.revision });
    const failed = await api.client.failure(configService.list, { namespace: 'prod', pageToken: first.nextPageToken });
    expect(failed).toMatchObject({ code: Code.OUT_OF_RANGE, reason: 'REVISION_COMPACTED' });
  });

  test('give way to other work between documents', async () => {
    let turn = 0;
    let counting = true;
    const count = (): void => {
      turn++;
      if (counting) setImmediate(count);
    };
    count();
    const turns = new Set<number>();
    const { machine } = api.replica;
    const config = machine.config.bind(machine);
    machine.config = (...name) => {
      turns.add(turn);
      const end = performance.now() + 5;
      while (performance.now() < end);
      return config(...name);
    };
    expect((await list()).documents).toHaveLength(5);
    counting = false;
    expect(turns.size).toBe(5);
  });

  test('refuse a token of another list', async () => {
    const { nextPageToken } = await list({ pageSize: 2 });
    const failed = await api.client.failure(configService.list, {
      namespace: 'prod',
      prefix: 'b',
      pageToken: nextPageToken,
    });
    expect(failed).toMatchObject({ code: Code.INVALID_ARGUMENT, reason: 'INVALID_PAGE_TOKEN' });
  });
});

describe('bad input', () => {
  const value = Buffer.from('x');
  const many = Array.from({ length: 129 }, (_, i) => ({ namespace: 'n', key: `k${i}`, put: { value } }));
  const { put: onPut, get: onGet, list, publish, history, rollback, delete: onDelete } = configService;

  test.each([
    ['namespace', () => api.client.failure(onPut, { ...name, namespace: 'a b' }), 'INVALID_NAME'],
    ['empty namespace', () => api.client.failure(onGet, { key: 'k' }), 'INVALID_NAME'],
    ['empty key', () => api.client.failure(onPut, { namespace: 'n' }), 'INVALID_KEY'],
    ['over-long key', () => api.client.failure(onPut, { namespace: 'n', key: 'k'.repeat(513) }), 'INVALID_KEY'],
    ['key to delete', () => api.client.failure(onDelete, { namespace: 'n', key: '/k' }), 'INVALID_KEY'],
    [
      'value',
      () => api.client.failure(onPut, { ...name, value: Buffer.alloc(limits.configValueBytes + 1) }),
      'VALUE_TOO_LARGE',
    ],
    ['author', () => api.client.failure(onPut, { ...name, author: 'x'.repeat(257) }), 'INVALID_FIELD'],
    ['comment', () => api.client.failure(onPut, { ...name, comment: 'x'.repeat(1025) }), 'INVALID_FIELD'],
    ['request id', () => api.client.failure(onPut, { ...name, requestId: 'x'.repeat(129) }), 'INVALID_FIELD'],
    ['content type', () => api.client.failure(onPut, { ...name, contentType: 'x'.repeat(257) }), 'INVALID_FIELD'],
    ['if_version', () => api.client.failure(onPut, { ...name, ifVersion: -1 }), 'INVALID_FIELD'],
    ['version', () => api.client.failure(onGet, { ...name, version: -1 }), 'INVALID_FIELD'],
    ['consistency', () => api.client.failure(onGet, { ...name, read: { consistency: 7 as 0 } }), 'INVALID_FIELD'],
    ['min_revision', () => api.client.failure(onGet, { ...name, read: { minRevision: -1 } }), 'INVALID_FIELD'],
    ['prefix', () => api.client.failure(list, { namespace: 'n', prefix: '/' }), 'INVALID_KEY'],
    ['page size', () => api.client.failure(list, { namespace: 'n', pageSize: -1 }), 'INVALID_FIELD'],
    ['huge page size', () => api.client.failure(list, { namespace: 'n', pageSize: 1001 }), 'INVALID_FIELD'],
    ['page token', () => api.client.failure(list, { namespace: 'n', pageToken: 'x' }), 'INVALID_PAGE_TOKEN'],
    ['limit', () => api.client.failure(history, { ...name, limit: 101 }), 'INVALID_FIELD'],
    ['before_version', () => api.client.failure(history, { ...name, beforeVersion: -2 }), 'INVALID_FIELD'],
    ['to_version', () => api.client.failure(rollback, { ...name, toVersion: 0 }), 'INVALID_FIELD'],
    ['no changes', () => api.client.failure(publish, {}), 'INVALID_FIELD'],
    ['129 changes', () => api.client.failure(publish, { changes: many }), 'TOO_MANY_CHANGES'],
    [
      '129 preconditions',
      () => api.client.failure(publish, { changes: many.slice(1), preconditions: many }),
      'TOO_MANY_CHANGES',
    ],
    ['a change without action', () => api.client.failure(publish, { changes: [name] }), 'INVALID_FIELD'],
    [
      'a key changed twice',
      () =>
        api.client.failure(publish, {
          changes: [
            { ...name, put: { value } },
            { ...name, delete: true },
          ],
        }),
      'DUPLICATE_KEY',
    ],
    [
      'too much in all',
      () =>
        api.client.failure(publish, {
          changes: ['a', 'b'].map((key) => ({ namespace: 'n', key, put: { value: Buffer.alloc(900_000) } })),
        }),
      'REQUEST_TOO_LARGE',
    ],
  ] as const)('%s', async (_what, act, reason) => {
    expect(await act()).toMatchObject({ code: Code.INVALID_ARGUMENT, reason });
    expect(api.replica.submitted).toEqual([]);
  });

  test('names the field of the change', async () => {
    const failed = await api.client.failure(publish, {
      changes: [
        { ...name, put: { value } },
        { namespace: 'n', key: '', put: { value } },
      ],
    });
    expect(failed.text).toMatch(/^changes\[1\]\.key "" must/);
    expect(failed.metadata).toEqual({ field: 'changes[1].key' });
  });
});

test('a publication of 128 changes, and a value of exactly 1 MiB, pass', async () => {
  const changes = Array.from({ length: 128 }, (_, i) => ({ namespace: 'n', key: `k${i}`, put: { value: null } }));
  const given = changes.map(({ namespace, key }) => ({ namespace, key, put: {} }));
  expect((await api.client.call(configService.publish, { changes: given })).versions).toHaveLength(128);
  await put({ value: Buffer.alloc(limits.configValueBytes) });
  expect((await get()).document?.value.length).toBe(limits.configValueBytes);
});
