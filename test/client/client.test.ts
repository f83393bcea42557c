import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '../../src/base/log.js';
import { connect } from '../../src/client/index.js';
import { clusterService, configService, registryService } from '../../src/proto/quorate.js';
import { until } from '../support/until.js';
import { FakeCluster } from './fake-server.js';

describe('connect', () => {
  test('takes a list or a string, and refuses what is no address', () => {
    for (const endpoints of [['a:1', 'b.example:65535'], 'a:1, b.example:65535', '[::1]:7101'])
      expect(() => connect({ endpoints })).not.toThrow();
    for (const endpoints of ['', ' , ', [], 'localhost', 'a:0', 'a:65536', 'http://a:1', 'a b:1', ':1', 'a:1/x'])
      expect(() => connect({ endpoints }), String(endpoints)).toThrow(
        expect.objectContaining({ reason: 'INVALID_FIELD' }),
      );
  });
});

describe('a client', () => {
  let cluster: FakeCluster;

  beforeEach(async () => {
    cluster = await FakeCluster.start(2);
  });
  afterEach(() => cluster.stop());

  test('spreads: the random number decides with which member it begins', async () => {
    const asked: number[] = [];
    for (const [position, member] of cluster.members.entries())
      member.onUnary(configService.get, (_request, call) => {
        asked.push(position);
        call.refuse('CONFIG_NOT_FOUND');
      });
    for (const random of [0, 0.49, 0.5, 0.99]) await cluster.client({ random: () => random }).config.get('prod/a');
    expect(asked).toEqual([0, 0, 1, 1]);
  });

  test('leaves nothing behind that keeps a process alive', async () => {
    for (const member of cluster.members) {
      member.onStream(configService.watch, (request, stream) => {
        if (request.afterRevision === undefined) stream.send({ header: { revision: 5 }, snapshot: { documents: [] } });
      });
      member.onUnary(registryService.register, (_request, call) => call.answer({ lease: 'aa', ttlMs: 30 }));
      member.onUnary(registryService.deregister, (_request, call) => call.answer({}));
      member.onKeepAlive(({ lease }, stream) => stream.write({ lease, ttlMs: 30 }));
      member.onUnary(configService.put, () => {});
      member.onUnary(configService.delete, (_request, call) => call.refuse('MEMBER_STARTING'));
    }
    const count = (kind: RegExp) => process.getActiveResourcesInfo().filter((name) => kind.test(name)).length;
    await until('the sockets of former tests are gone', () => count(/TCPSocket/) === 0);
    let moves = 0;
    const log = { ...silentLog, info: () => moves++ };
    const client = cluster.client({ log, timeoutMs: 120_000 }, { backoffStartMs: 60_000, backoffCapMs: 60_000 });
    const view = client.config.view({ namespace: 'prod' });
    await view.ready();
    await client.registry.register({ namespace: 'prod', service: 's', id: 'i', address: 'a', port: 1 });
    const put = client.config.put('prod/a', 'x').catch(() => 'ended');
    const pausing = client.config.delete('prod/a').catch(() => 'ended');
    const next = client.config.watch({ namespace: 'prod', afterRevision: 5 }).next();
    await until('the call pauses between attempts', () => moves === 2);
    expect(count(/TCPSocket/)).toBeGreaterThan(0);
    expect(count(/Timeout/)).toBeGreaterThan(0);
    await client.close();
    await client.close();
    expect(await put).toBe('ended');
    expect(await pausing).toBe('ended');
    expect(await next).toEqual({ done: true, value: undefined });
    await until('sockets and timers are gone', () => count(/TCPSocket/) === 0 && count(/Timeout/) === 0);
  });

  test('asks one member for its status when told to, and only once', async () => {
    cluster.member(1).onUnary(clusterService.status, (_request, call) =>
      call.answer({
        header: { clusterId: 7, memberId: 8, term: 9, revision: 10 },
        name: 'n2',
        role: 'LEADER',
        keys: 3,
      }),
    );
    const client = cluster.client();
    expect(await client.cluster.status({ endpoint: cluster.member(1).address })).toMatchObject({
      name: 'n2',
      role: 'LEADER',
      keys: 3,
      clusterId: 7,
      memberId: 8,
      term: 9,
      revision: 10,
    });
    cluster.member(1).kill();
    await expect(client.cluster.status({ endpoint: cluster.member(1).address })).rejects.toMatchObject({
      reason: 'UNREACHABLE',
    });
    await expect(client.cluster.status({ endpoint: 'other:1' })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
    await expect(client.cluster.status({ endpoint: cluster.member(0).address })).rejects.toMatchObject({
      reason: 'UNIMPLEMENTED',
    });
  });

  test('names members and the leader, hands leadership over, compacts', async () => {
    const member = cluster.member(0);
    const n1 = { id: 1, name: 'n1', clientAddress: 'a:1', peerAddress: 'a:2' };
    member.onUnary(clusterService.listMembers, (_request, call) => call.answer({ members: [n1], leaderId: 1 }));
    member.onUnary(clusterService.transferLeadership, (request, call) =>
      call.answer({ leaderId: 2, leaderName: request.to }),
    );
    member.onUnary(clusterService.compact, (request, call) => {
      expect(request.requestId).not.toBe('');
      call.answer({ compactedRevision: request.revision });
    });
    const quorate = cluster.client();
    expect(await quorate.cluster.members()).toEqual({ members: [{ ...n1, learner: false }], leaderId: 1 });
    expect(await quorate.cluster.transferLeadership('n2')).toEqual({ leaderId: 2, leaderName: 'n2' });
    expect(await quorate.cluster.compact(8)).toEqual({ compactedRevision: 8 });
  });

  test('calls a member that was never started by its id, and no program is sent there', async () => {
    const member = cluster.member(0);
    const unstarted = { id: 0xabc, name: '', clientAddress: '', peerAddress: 'a:2', learner: true };
    const { address } = member;
    const members = [{ id: 1, name: 'n1', clientAddress: address, peerAddress: 'a:1' }, unstarted];
    member.onUnary(clusterService.listMembers, (_request, call) =>
      call.answer({ header: { membersHash: 5 }, members }),
    );
    const removed: number[] = [];
    member.onUnary(clusterService.removeMember, ({ id }, call) => {
      removed.push(id);
      call.answer({ header: { membersHash: 5 } });
    });
    const quorate = cluster.client();
    await quorate.cluster.removeMember('abc');
    await expect(quorate.cluster.removeMember('')).rejects.toMatchObject({ reason: 'MEMBER_NOT_FOUND' });
    await expect(quorate.cluster.removeMember('1')).rejects.toMatchObject({ reason: 'MEMBER_NOT_FOUND' });
    expect(removed).toEqual([0xabc]);
    expect((await quorate.cluster.members()).members[1]).toEqual(unstarted);
    await expect(quorate.cluster.status({ endpoint: '' })).rejects.toMatchObject({ reason: 'INVALID_FIELD' });
  });

  test('streams an image with its hash; a broken one fails', async () => {
    const member = cluster.member(0);
    member.onStream(clusterService.snapshot, (_request, stream) => {
      stream.send({ chunk: Buffer.from('ab') });
      stream.send({ chunk: Buffer.from('c'), sha256: 'hash' });
      stream.end();
    });
    const image = cluster.client().cluster.snapshot();
    expect(await image.next()).toMatchObject({ done: false, value: Buffer.from('ab') });
    expect(await image.next()).toMatchObject({ done: false, value: Buffer.from('c') });
    expect(await image.next()).toEqual({ done: true, value: 'hash' });

    member.onStream(clusterService.snapshot, (_request, stream) => {
      stream.send({ chunk: Buffer.from('ab') });
      stream.end();
    });
    const early = cluster.client().cluster.snapshot();
    await early.next();
    await expect(early.next()).rejects.toMatchObject({ reason: 'UNREACHABLE' });
    member.onStream(clusterService.snapshot, (_request, stream) => stream.refuse('MEMBER_STARTING'));
    await expect(cluster.client().cluster.snapshot().next()).rejects.toMatchObject({ reason: 'MEMBER_STARTING' });
  });

  test('lists services and instances', async () => {
    const member = cluster.member(0);
    const summary = { name: 'compute', instances: 3, up: 2 };
    member.onUnary(registryService.listServices, (request, call) => {
      expect(request.namespace).toBe('prod');
      call.answer({ services: [summary] });
    });
    member.onUnary(registryService.listInstances, (request, call) => {
      expect(request).toMatchObject({
        namespace: 'prod',
        service: 'compute',
        selector: { statuses: [1, 2], zones: ['z1'], metadata: { a: 'b' } },
      });
      call.answer({ instances: [{ id: 'c1', status: 2, metadata: { a: 'b' }, lease: 'ff' }] });
    });
    const { registry } = cluster.client();
    expect(await registry.listServices('prod')).toEqual([summary]);
    const selector = { statuses: ['UP', 'DRAINING'], zones: ['z1'], metadata: { a: 'b' } } as const;
    expect(await registry.listInstances('prod', 'compute', selector)).toMatchObject([
      { id: 'c1', status: 'DRAINING', metadata: { a: 'b' }, lease: 'ff' },
    ]);
  });
});
