/** `v3lockpb.Lock` as etcd's server has it (3.5: a lock whose key is gone is no lock). Keys and texts as seen on its wire. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keyOfText } from '../../../src/base/ids.js';
import { limits } from '../../../src/base/limits.js';
import { leaseService, lockService } from '../../../src/proto/etcd.js';
import { until } from '../../support/until.js';
import { EtcdDoor } from './watch-fixture.js';

let etcd: EtcdDoor;

beforeEach(async () => {
  etcd = await EtcdDoor.start();
  for (const id of ['255', '4096', '-2']) await etcd.grant(id);
});

afterEach(() => etcd.stop());

/** Name, then lease: "key@revision" of the answer. */
async function lock(name: string, lease: string, options = {}): Promise<string> {
  const { key, header } = await etcd.call(lockService.lock, { name: Buffer.from(name), lease }, options);
  return `${key}@${header?.revision}`;
}

/** A call that waits behind others, with its key in place. */
async function queued(key: string, call: Promise<string>): Promise<{ readonly answer: Promise<string> }> {
  const answer = call.catch((error: { code: number; details: string }) => `${error.code} ${error.details}`);
  await until(`${key} is there`, async () => (await etcd.keys()).includes(`${key}=`));
  return { answer };
}

async function unlock(key: string): Promise<number> {
  const { header } = await etcd.call(lockService.unlock, { key: Buffer.from(key) });
  return Number(header?.revision);
}

describe('a lock', () => {
  it('that nobody holds is had at once: its key is the name and the lease in hex', async () => {
    expect(await lock('L', '255')).toBe('L/ff@2');
    expect(await etcd.keys()).toEqual(['L/ff=']);
    expect(await lock('M', '-2')).toBe('M/-2@3');
    expect(await lock('', '4096')).toBe('/1000@4');
  });

  it('that the lease holds already is had again', async () => {
    await lock('L', '255');
    await etcd.put('other');
    expect(await lock('L', '255')).toBe('L/ff@3');
    expect(await etcd.keys()).toEqual(['L/ff=', 'other=']);
  });

  it('goes from one to the next in the order in which they came', async () => {
    await lock('L', '4096');
    const second = await queued('L/ff', lock('L', '255'));
    const third = await queued('L/-2', lock('L', '-2'));
    expect(await unlock('L/1000')).toBe(5);
    expect(await second.answer).toBe('L/ff@5');
    expect(await etcd.keys()).toEqual(['L/-2=', 'L/ff=']);
    await unlock('L/ff');
    expect(await third.answer).toBe('L/-2@6');
  });

  it('is passed on when the lease of its holder ends', async () => {
    await lock('L', '255');
    const next = await queued('L/1000', lock('L', '4096'));
    await etcd.revoke('255');
    expect(await next.answer).toBe('L/1000@4');
  });

  it('waits for all that came before, also when one between leaves', async () => {
    await lock('L', '255');
    const second = await queued('L/1000', lock('L', '4096'));
    const third = await queued('L/-2', lock('L', '-2'));
    await etcd.revoke('4096');
    await until('the other is asked for', () => etcd.replica.hub.size === 2);
    await unlock('L/ff');
    expect(await third.answer).toBe('L/-2@6');
    expect(await second.answer).toBe('2 mutex: session is expired');
  });

  it('is not had from a member that cannot know whether it is up to date', async () => {
    await lock('L', '255');
    const next = await queued('L/1000', lock('L', '4096'));
    await until('it waits', () => etcd.replica.hub.size === 1);
    let had = false;
    void next.answer.then(() => {
      had = true;
    });
    etcd.replica.quorum = false;
    etcd.replica.apply({ kind: 'deleteRange', key: keyOfText('L/ff'), end: undefined, prevKv: false });
    await until('it asks', () => etcd.replica.waiting === 1);
    expect(had).toBe(false);
    etcd.replica.quorum = true;
    expect(await next.answer).toBe('L/1000@4');
  });

  it('without a lease makes one of a minute', async () => {
    const [key = ''] = (await lock('L', '0')).split('@');
    const { leases } = await etcd.call(leaseService.leaseLeases, {});
    const made = leases.find(({ ID }) => !['255', '4096', '-2'].includes(ID));
    expect(key).toBe(`L/${BigInt(made?.ID ?? 0).toString(16)}`);
    const { grantedTTL, keys } = await etcd.call(leaseService.leaseTimeToLive, { ID: made?.ID ?? 0, keys: true });
    expect([grantedTTL, String(keys[0])]).toEqual(['60', key]);
  });

  it('of another name, or of a name that begins with it, is another lock', async () => {
    expect(await lock('L', '255')).toBe('L/ff@2');
    expect(await lock('LL', '4096')).toBe('LL/1000@3');
    expect(await lock('L/x', '-2')).toBe('L/x/-2@4');
  });
});

describe('a call that waits for a lock', () => {
  it('takes its key away when the caller goes', async () => {
    await lock('L', '255');
    let cancel: () => void = () => {};
    const onStarted = (stop: () => void): void => {
      cancel = stop;
    };
    const waiting = await queued('L/1000', lock('L', '4096', { onStarted }));
    cancel();
    expect(await waiting.answer).toMatch(/^1 /);
    await until('the key is gone', async () => (await etcd.keys()).join() === 'L/ff=');
    expect(etcd.replica.hub.size).toBe(0);
  });

  it('leaves nothing when the caller goes before the cluster has answered', async () => {
    etcd.replica.quorum = false;
    let cancel: () => void = () => {};
    const onStarted = (stop: () => void): void => {
      cancel = stop;
    };
    const gone = lock('L', '255', { onStarted }).catch(() => 'gone');
    await until('it is asked for', () => etcd.replica.submitted.some(({ kind }) => kind === 'txn'));
    cancel();
    expect(await gone).toBe('gone');
    await until('the member knows', () => etcd.openCalls === 0);
    etcd.replica.quorum = true;
    await until('what was written is taken back', () => etcd.replica.machine.revision === 3);
    expect(await etcd.keys()).toEqual([]);
  });

  it('takes its key away when its deadline passes', async () => {
    await lock('L', '255');
    const waiting = await queued('L/1000', lock('L', '4096', { deadline: Date.now() + 500 }));
    expect(await waiting.answer).toMatch(/^4 /);
    await until('the key is gone', async () => (await etcd.keys()).join() === 'L/ff=');
  });

  it('fails when its own lease ends meanwhile', async () => {
    await lock('L', '255');
    const waiting = await queued('L/1000', lock('L', '4096'));
    await etcd.revoke('4096');
    await unlock('L/ff');
    expect(await waiting.answer).toBe('2 mutex: session is expired');
  });
});

describe('refusals have the text of what refuses, but as "unknown"', () => {
  it.each([
    [
      'a lease that is not there',
      lockService.lock,
      { name: Buffer.from('L'), lease: '777' },
      'requested lease not found',
    ],
    ['no key to unlock', lockService.unlock, {}, 'key is not provided'],
  ] as const)('%s', async (_case, method, request, text) => {
    expect(await etcd.failure(method as typeof lockService.lock, request)).toBe(`2 etcdserver: ${text}`);
  });

  it('a name that is too large', async () => {
    const name = Buffer.alloc(limits.commandBytes, 'x');
    expect(await etcd.failure(lockService.lock, { name, lease: '255' })).toBe('2 etcdserver: request is too large');
  });

  it('a name in the native key space', async () => {
    const name = Buffer.from('/quorate/config/ns');
    expect(await etcd.failure(lockService.lock, { name, lease: '255' })).toMatch(/^2 etcdserver: keys under \/quorate/);
  });

  it('a key that is not there is unlocked all the same', async () => {
    expect(await unlock('L/ff')).toBe(1);
  });
});
