import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConfigClient } from '../../src/client/config.js';
import { configService, type ListConfigRequest, type PublishRequest } from '../../src/proto/quorate.js';
import { FakeCluster, type FakeMember } from './fake-server.js';

const header = { revision: 12 };
const document = {
  namespace: 'prod',
  key: 'db/url',
  value: Buffer.from('"grüß"'),
  version: 4,
  contentType: 'text/plain',
  sha256: 'aa',
  author: 'me',
  comment: 'why',
  publishedAtMs: 1_700_000_000_000,
  revision: 11,
};

describe('config calls', () => {
  let cluster: FakeCluster;
  let member: FakeMember;
  let config: ConfigClient;

  beforeEach(async () => {
    cluster = await FakeCluster.start(1);
    member = cluster.member(0);
    config = cluster.client().config;
  });
  afterEach(() => cluster.stop());

  test('get returns the document with its text and JSON', async () => {
    member.onUnary(configService.get, (request, call) => {
      expect(request).toMatchObject({ namespace: 'prod', key: 'db/url', version: 4, read: null });
      call.answer({ header, document });
    });
    const found = await config.get('prod/db/url', { version: 4 });
    expect(found).toMatchObject({ ...document, deleted: false });
    expect(found?.name).toBe('prod/db/url');
    expect(found?.text()).toBe('"grüß"');
    expect(found?.json()).toBe('grüß');
  });

  test('get passes on how to read', async () => {
    member.onUnary(configService.get, (request, call) => {
      expect(request.read).toMatchObject({ consistency: 1, minRevision: 9 });
      call.answer({ header, document: { namespace: 'prod', key: 'empty' } });
    });
    const found = await config.get(
      { namespace: 'prod', key: 'empty' },
      { consistency: 'serializable', minRevision: 9 },
    );
    expect(found?.value).toBeInstanceOf(Uint8Array);
    expect(found?.text()).toBe('');
  });

  test('get returns undefined for what is not there, and fails for all else', async () => {
    member.onUnary(configService.get, (request, call) =>
      call.refuse(request.version > 0 ? 'VERSION_NOT_FOUND' : request.key === 'a' ? 'CONFIG_NOT_FOUND' : 'INVALID_KEY'),
    );
    expect(await config.get('prod/a')).toBeUndefined();
    expect(await config.get('prod/a', { version: 3 })).toBeUndefined();
    await expect(config.get('prod/?')).rejects.toMatchObject({ reason: 'INVALID_KEY' });
  });

  test('a name without a slash is refused with a sentence, by a rejection', async () => {
    for (const call of [config.get('prod'), config.put('prod', 'x'), config.publish([{ name: 'prod', delete: true }])])
      await expect(call).rejects.toMatchObject({ reason: 'INVALID_NAME', message: expect.stringContaining("'prod'") });
  });

  test('putJson stores JSON text and says so', async () => {
    member.onUnary(configService.put, (request, call) => {
      expect(request).toMatchObject({ contentType: 'application/json', author: 'me' });
      expect(request.value.toString()).toBe('{"a":[1,2]}');
      call.answer({ header, version: 1 });
    });
    expect(await config.putJson('prod/a', { a: [1, 2] }, { author: 'me' })).toEqual({ version: 1, revision: 12 });
    await expect(config.putJson('prod/a', undefined)).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
  });

  test('delete and rollback pass on their condition', async () => {
    member.onUnary(configService.delete, (request, call) => {
      expect(request).toMatchObject({ key: 'a', ifVersion: 0, comment: 'c' });
      call.answer({ header, version: 2 });
    });
    member.onUnary(configService.rollback, (request, call) => {
      expect(request).toMatchObject({ key: 'a', toVersion: 1, ifVersion: 2 });
      call.answer({ header, version: 3 });
    });
    expect(await config.delete('prod/a', { ifVersion: 0, comment: 'c' })).toEqual({ version: 2, revision: 12 });
    expect(await config.rollback('prod/a', 1, { ifVersion: 2 })).toEqual({ version: 3, revision: 12 });
  });

  test('publish sends changes and preconditions as one', async () => {
    const seen: PublishRequest[] = [];
    member.onUnary(configService.publish, (request, call) => {
      seen.push(request);
      call.answer({ header, versions: [4, 1] });
    });
    const answer = await config.publish(
      [
        { name: 'prod/a', put: 'x', contentType: 'text/plain', ifVersion: 3 },
        { name: { namespace: 'prod', key: 'b' }, delete: true },
      ],
      { preconditions: [{ name: 'prod/c', version: 0 }], author: 'me' },
    );
    expect(answer).toEqual({ versions: [4, 1], revision: 12 });
    expect(seen[0]).toMatchObject({
      changes: [
        { key: 'a', action: 'put', put: { contentType: 'text/plain' }, ifVersion: 3 },
        { key: 'b', action: 'delete', delete: true, ifVersion: undefined },
      ],
      preconditions: [{ key: 'c', version: 0 }],
      author: 'me',
    });
    expect(seen[0]?.requestId).not.toBe('');
  });

  test('list goes through all pages, and no further than it is read', async () => {
    const seen: ListConfigRequest[] = [];
    member.onUnary(configService.list, (request, call) => {
      seen.push(request);
      const page = request.pageToken === '' ? 0 : Number(request.pageToken);
      call.answer({
        header,
        documents: [{ ...document, key: `k${page}` }],
        nextPageToken: page < 2 ? String(page + 1) : '',
      });
    });
    const keys: string[] = [];
    for await (const { key } of config.list('prod', { prefix: 'k', keysOnly: true, pageSize: 1 })) keys.push(key);
    expect(keys).toEqual(['k0', 'k1', 'k2']);
    expect(seen[0]).toMatchObject({ namespace: 'prod', prefix: 'k', keysOnly: true, pageSize: 1, pageToken: '' });
    expect(seen.map(({ pageToken }) => pageToken)).toEqual(['', '1', '2']);
    for await (const _document of config.list('prod')) break;
    expect(seen).toHaveLength(4);
    const last = await config.listPage('prod', { pageToken: '2' });
    expect(last).toMatchObject({ nextPageToken: undefined, revision: 12 });
  });

  test('history returns versions', async () => {
    member.onUnary(configService.history, (request, call) => {
      expect(request).toMatchObject({ limit: 2, beforeVersion: 9, withoutValues: true });
      call.answer({ header, versions: [{ ...document, version: 8, deleted: true }, document] });
    });
    const versions = await config.history('prod/a', { limit: 2, beforeVersion: 9, withoutValues: true });
    expect(versions.map(({ version, deleted }) => [version, deleted])).toEqual([
      [8, true],
      [4, false],
    ]);
  });
});
