/** `v3electionpb.Election` as etcd's server has it. Keys and texts as seen on its wire. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Observer } from '../../../src/api/etcd/election-observer.js';
import { claimPrefix } from '../../../src/api/etcd/lock-steps.js';
import { keyOfText, NO_LEASE } from '../../../src/base/ids.js';
import { electionService, type LeaderKeyIn, LeaderResponse, leaseService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import { TestStream, turns } from '../quorate/watch-fixture.js';
import { compact, EtcdDoor } from './watch-fixture.js';

let etcd: EtcdDoor;

beforeEach(async () => {
  etcd = await EtcdDoor.start();
  for (const id of ['255', '4096', '-2']) await etcd.grant(id);
});

afterEach(() => etcd.stop());

const name = Buffer.from('E');

interface Won {
  readonly leader: LeaderKeyIn;
  readonly revision: string;
}

async function campaign(lease: string, value = 'v', options = {}): Promise<Won> {
  const request = { name, lease, value: Buffer.from(value) };
  const { leader, header } = await etcd.call(electionService.campaign, request, options);
  if (!leader) throw new Error('a campaign that is won has a leader');
  return { leader, revision: header?.revision ?? '' };
}

/** A campaign that waits behind others, with its key in place: what becomes of it. */
async function queued(key: string, call: Promise<Won>): Promise<{ readonly answer: Promise<string> }> {
  const answer = call.then(
    ({ leader, revision }) => `${leader.key} created ${leader.rev}, won @${revision}`,
    (error: { code: number; details: string }) => `${error.code} ${error.details}`,
  );
  await until(`${key} is there`, async () => (await etcd.keys()).some((text) => text.startsWith(`${key}=`)));
  return { answer };
}

async function proclaim(leader: LeaderKeyIn | undefined, value: string): Promise<string> {
  const request = leader ? { leader, value: Buffer.from(value) } : { value: Buffer.from(value) };
  const { header } = await etcd.call(electionService.proclaim, request);
  return header?.revision ?? '';
}

async function resign(leader: LeaderKeyIn): Promise<string> {
  const { header } = await etcd.call(electionService.resign, { leader });
  return header?.revision ?? '';
}

const short = ({ kv, header }: LeaderResponse): string => `${kv?.key}=${kv?.value}@${header?.revision}`;

async function leader(): Promise<string> {
  return short(await etcd.call(electionService.leader, { name }));
}

describe('a campaign', () => {
  it('without others is won at once: its key is the name and the lease in hex', async () => {
    const { leader: key, revision } = await campaign('255', 'me');
    expect(revision).toBe('2');
    expect(key).toMatchObject({ name, key: Buffer.from('E/ff'), rev: '2', lease: '255' });
    expect(await etcd.keys()).toEqual(['E/ff=me']);
  });

  it('of the leader itself is won again, and proclaims its value if that is new', async () => {
    await campaign('255', 'one');
    expect(await campaign('255', 'one')).toMatchObject({ revision: '2', leader: { rev: '2' } });
    expect(await etcd.keys()).toEqual(['E/ff=one']);
    expect(await campaign('255', 'two')).toMatchObject({ revision: '2', leader: { rev: '2' } });
    expect(await leader()).toBe('E/ff=two@3');
  });

  it('is won when all that came before have gone, in the order in which they came', async () => {
    const { leader: first } = await campaign('4096');
    const second = await queued('E/ff', campaign('255'));
    const third = await queued('E/-2', campaign('-2'));
    expect(await resign(first)).toBe('5');
    expect(await second.answer).toBe('E/ff created 3, won @3');
    expect(await leader()).toBe('E/ff=v@5');
    await etcd.revoke('255');
    expect(await third.answer).toBe('E/-2 created 4, won @4');
  });

  it('without a lease makes one of a minute', async () => {
    const { leader: key } = await campaign('0');
    const { grantedTTL } = await etcd.call(leaseService.leaseTimeToLive, { ID: key.lease ?? '' });
    expect([String(key.key), grantedTTL]).toEqual([`E/${BigInt(String(key.lease)).toString(16)}`, '60']);
  });

  it('takes its key away when the caller goes', async () => {
    await campaign('255');
    let cancel: () => void = () => {};
    const onStarted = (stop: () => void): void => {
      cancel = stop;
    };
    const waiting = await queued('E/1000', campaign('4096', 'v', { onStarted }));
    cancel();
    expect(await waiting.answer).toMatch(/^1 /);
    await until('the key is gone', async () => (await etcd.keys()).join() === 'E/ff=v');
    expect(etcd.replica.hub.size).toBe(0);
  });

  it('is not won by one whose lease ended meanwhile (etcd calls it a leader all the same)', async () => {
    const { leader: first } = await campaign('255');
    const waiting = await queued('E/1000', campaign('4096'));
    await etcd.revoke('4096');
    await resign(first);
    expect(await waiting.answer).toBe('2 election: not leader');
  });
});

describe('a leader', () => {
  it('is the oldest key, with what it proclaimed last', async () => {
    const { leader: key } = await campaign('255', 'one');
    await queued('E/1000', campaign('4096'));
    expect(await proclaim(key, 'two')).toBe('4');
    expect(await leader()).toBe('E/ff=two@4');
  });

  it('that there is not is an error', async () => {
    expect(await etcd.failure(electionService.leader, { name })).toBe('2 election: no leader');
    await etcd.put('F/1');
    expect(await etcd.failure(electionService.leader, { name })).toBe('2 election: no leader');
  });

  it('of another life proclaims nothing, and its resignation changes nothing', async () => {
    const { leader: key } = await campaign('255', 'one');
    const stale = { ...key, rev: '1' };
    const request = { leader: stale, value: Buffer.from('two') };
    expect(await etcd.failure(electionService.proclaim, request)).toBe('2 election: not leader');
    expect(await resign(stale)).toBe('2');
    expect(await leader()).toBe('E/ff=one@2');
    expect(await resign(key)).toBe('3');
    expect(await resign(key)).toBe('3');
    expect(await etcd.failure(electionService.proclaim, { leader: key })).toBe('2 election: not leader');
  });

  it.each([
    [{}, '"leader" field must be provided'],
    [{ leader: {} }, 'etcdserver: key is not provided'],
  ])('that is not named (%j) is refused', async (request, text) => {
    expect(await etcd.failure(electionService.proclaim, request)).toBe(`2 ${text}`);
    expect(await etcd.failure(electionService.resign, request)).toBe(`2 ${text}`);
  });

  it.each(['campaign', 'proclaim'] as const)('whose lease is not there is refused: %s', async (call) => {
    const { leader: key } = await campaign('255');
    const refused =
      call === 'campaign'
        ? await etcd.failure(electionService.campaign, { name: Buffer.from('F'), lease: '777' })
        : await etcd.failure(electionService.proclaim, { leader: { ...key, lease: '777' } });
    expect(refused).toBe('2 etcdserver: requested lease not found');
  });
});

describe('an observer', () => {
  it('is told who leads, each proclamation, and each new leader', async () => {
    const { leader: first } = await campaign('255', 'one');
    const observed = etcd.stream(electionService.observe, { name });
    expect((await observed.take(1)).map(short)).toEqual(['E/ff=one@2']);
    await proclaim(first, 'two');
    const second = await queued('E/1000', campaign('4096', 'three'));
    await resign(first);
    await second.answer;
    expect((await observed.take(2)).map(short)).toEqual(['E/ff=two@3', 'E/1000=three@5']);
    observed.cancel();
    await until('nothing is watched', () => etcd.replica.hub.size === 0);
  });

  it('waits for the first leader', async () => {
    const observed = etcd.stream(electionService.observe, { name });
    await until('it waits', () => etcd.replica.hub.size === 1);
    await etcd.put('F/1');
    await campaign('255', 'one');
    expect((await observed.take(1)).map(short)).toEqual(['E/ff=one@3']);
  });

  it('waits for the next leader when the last has gone', async () => {
    const { leader: first } = await campaign('255', 'one');
    const observed = etcd.stream(electionService.observe, { name });
    await observed.take(1);
    await resign(first);
    compact(etcd.replica, 3);
    await campaign('4096', 'two');
    expect((await observed.take(1)).map(short)).toEqual(['E/1000=two@4']);
  });

  it('is told once of a leader whose key went and came back', async () => {
    const { leader: first } = await campaign('255', 'one');
    const observed = etcd.stream(electionService.observe, { name });
    await observed.take(1);
    const key = keyOfText('E/ff');
    etcd.replica.apply({ kind: 'deleteRange', key, end: undefined, prevKv: false });
    const no = { prevKv: false, ignoreValue: false, ignoreLease: false };
    etcd.replica.apply({ kind: 'put', key, value: Buffer.from('two'), lease: NO_LEASE, ...no });
    expect((await observed.take(1)).map(short)).toEqual(['E/ff=two@4']);
    await until('it is followed', () => etcd.replica.hub.size === 1);
    await proclaim({ ...first, rev: '4' }, 'three');
    expect((await observed.take(1)).map(short)).toEqual(['E/ff=three@5']);
  });

  it('is told of the next leader only when there is room', async () => {
    await campaign('255', 'one');
    const stream = new TestStream();
    stream.capacity = 1;
    const fail = vi.fn();
    const observer = new Observer(etcd.replica, claimPrefix(name), stream, { cancel() {} }, fail);
    observer.start();
    await turns();
    await queued('E/1000', campaign('4096', 'two'));
    stream.drain();
    await turns();
    await proclaim({ key: Buffer.from('E/ff'), rev: '2', lease: '255' }, 'last');
    await etcd.revoke('255');
    await turns();
    const heard = (): string[] => stream.messages.splice(0).map((message) => short(LeaderResponse.decode(message)));
    expect(heard()).toEqual(['E/ff=one@2', 'E/ff=last@4']);
    stream.drain();
    await turns();
    stream.drain();
    await turns();
    expect(heard()).toEqual(['E/1000=two@5']);
    observer.cancel();
    expect(etcd.replica.hub.size).toBe(0);
    expect(fail).not.toHaveBeenCalled();
  });

  it('that reads slowly gets everything the leader proclaims, and then the next leader', async () => {
    const { leader: first } = await campaign('255', '0');
    const observed = etcd.stream(electionService.observe, { name });
    await observed.take(1);
    observed.pause();
    const text = '.'.repeat(100_000);
    for (let i = 1; i < 40; i++) await proclaim(first, `${i}${text}`);
    await queued('E/1000', campaign('4096', '40'));
    await resign(first);
    observed.resume();
    const values = (await observed.take(40)).map(({ kv }) => `${kv?.value}`.replaceAll('.', ''));
    expect(values).toEqual(Array.from({ length: 40 }, (_, i) => String(i + 1)));
  });
});
