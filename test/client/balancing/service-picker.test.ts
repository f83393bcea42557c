/** pick(service, key) for callers that send their calls themselves. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ServicePicker, type ServicePickerOptions } from '../../../src/client/balancing/service-picker.js';
import { type InstanceIn, registryService, type WatchRegistryResponseIn } from '../../../src/proto/quorate.js';
import { until } from '../../support/until.js';
import { FakeCluster, type FakeStream } from '../fake-server.js';

const instance = (id: string, more: InstanceIn = {}): InstanceIn => ({
  namespace: 'prod',
  service: 'web',
  id,
  address: `10.0.0.${id.charCodeAt(0)}`,
  port: 80,
  weight: 100,
  status: 1,
  health: 1,
  createRevision: 1,
  revision: 1,
  ...more,
});

describe('a picker', () => {
  let cluster: FakeCluster;
  let streams: FakeStream<WatchRegistryResponseIn>[];
  let listed: InstanceIn[];
  let now: number;
  let pickers: ServicePicker[];

  beforeEach(async () => {
    cluster = await FakeCluster.start(1);
    streams = [];
    pickers = [];
    now = 0;
    listed = [instance('a'), instance('b'), instance('c')];
    cluster.member(0).onStream(registryService.watch, (_request, stream: FakeStream<WatchRegistryResponseIn>) => {
      streams.push(stream);
      if (listed.length > 0) stream.send({ header: { revision: 5 }, snapshot: { instances: listed } });
    });
  });
  afterEach(() => {
    for (const picker of pickers) picker.close();
    return cluster.stop();
  });

  function picker(options: Partial<ServicePickerOptions> = {}): ServicePicker {
    const made = new ServicePicker(cluster.client().registry, { namespace: 'prod', now: () => now, ...options });
    pickers.push(made);
    return made;
  }

  test('gives an instance and its address, spread by the policy', async () => {
    const web = picker({ policy: 'round_robin' });
    const picked = [await web.pick('web'), await web.pick('web'), await web.pick('web')];
    expect(picked.map(({ authority }) => authority).sort()).toEqual(['10.0.0.97:80', '10.0.0.98:80', '10.0.0.99:80']);
    expect(picked[0]?.instance).toMatchObject({ namespace: 'prod', service: 'web', port: 80 });
    expect(streams).toHaveLength(1);
  });

  test('a key stays with its instance, and what it tried already is not given again', async () => {
    const web = picker({ policy: 'consistent_hash' });
    const first = await web.pick('web', 'ann');
    first.done();
    const again = await web.pick('web', 'ann');
    again.done();
    expect(again.authority).toBe(first.authority);
    const second = await web.pick('web', 'ann', { tried: [first] });
    const third = await web.pick('web', 'ann', { tried: [first, second] });
    expect(new Set([first, second, third].map(({ authority }) => authority)).size).toBe(3);
    // All were tried: better the first again than none.
    expect((await web.pick('web', 'ann', { tried: [first, second, third] })).authority).toBeDefined();
  });

  test('counts what is under way', async () => {
    const web = picker({ policy: 'least_request' });
    const held = await web.pick('web');
    for (let i = 0; i < 30; i++) {
      const other = await web.pick('web');
      expect(other.authority).not.toBe(held.authority);
      other.done();
      other.done('failed');
    }
  });

  test('leaves out for a while who did not answer', async () => {
    const web = picker({ policy: 'round_robin' });
    const bad = await web.pick('web');
    const given = async (): Promise<boolean> => {
      const names = [];
      for (let i = 0; i < 6; i++) names.push((await web.pick('web')).authority);
      return names.includes(bad.authority);
    };
    bad.done('failed');
    expect(await given()).toBe(false);
    now = 999;
    expect(await given()).toBe(false);
    now = 1000;
    expect(await given()).toBe(true);
    const tried: Awaited<ReturnType<ServicePicker['pick']>>[] = [];
    for (let i = 0; i < 6; i++) tried.push(await web.pick('web'));
    tried.find(({ authority }) => authority === bad.authority)?.done('failed');
    now = 2999;
    expect(await given()).toBe(false);
    now = 3000;
    expect(await given()).toBe(true);
    // When nobody answered, all are tried.
    for (let i = 0; i < 3; i++) (await web.pick('web')).done('failed');
    expect(await web.pick('web')).toBeDefined();
  });

  test('follows the list; with none it says so', async () => {
    const web = picker();
    await web.pick('web');
    const removed = ['a', 'b', 'c'].map((id) => ({ namespace: 'prod', service: 'web', id }));
    streams[0]?.send({ header: { revision: 6 }, changes: { updated: [instance('d')], removed } });
    await until('only d is there', async () => (await web.pick('web')).instance.id === 'd');
    streams[0]?.send({ header: { revision: 7 }, changes: { updated: [instance('d', { status: 2 })] } });
    await until('none is there', async () => {
      const failed = await web.pick('web').catch((error: unknown) => error);
      return failed instanceof Error && 'reason' in failed && failed.reason === 'NO_INSTANCE';
    });
  });

  test('does not wait for ever for the first list, and ends when it is closed', async () => {
    listed = [];
    const web = picker();
    await expect(web.pick('web', undefined, { timeoutMs: 30 })).rejects.toMatchObject({ reason: 'DEADLINE_EXCEEDED' });
    await until('the member is asked', () => streams.length > 0);
    streams[0]?.send({ header: { revision: 5 }, snapshot: { instances: [instance('a')] } });
    expect((await web.pick('web')).instance.id).toBe('a');
    web.close();
    await expect(web.pick('web')).rejects.toMatchObject({ reason: 'CANCELLED' });
    await until('the watch has ended', () => streams[0]?.cancelled);
  });

  test('a name that breaks the grammar is refused', async () => {
    cluster.member(0).onStream(registryService.watch, (_request, stream: FakeStream<WatchRegistryResponseIn>) => {
      stream.refuse('INVALID_NAME');
    });
    await expect(picker().pick('no/name')).rejects.toMatchObject({ reason: 'INVALID_NAME' });
  });
});
