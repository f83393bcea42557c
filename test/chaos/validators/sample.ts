/** A short history in which every promise is kept. */
import type { Answer, Call, History, InstanceState, Request, Version, Watched, WatchedRegistry } from '../history.js';
import { etcdSample } from './etcd-sample.js';

const version = (key: string, number: number, revision: number, value: string): Version => ({
  key,
  version: number,
  revision,
  value,
  deleted: value === '',
});

/** What happened: k1 and k2 published in one revision, k1 written twice more and deleted; the answer to the third write was lost. */
const first = version('k1', 1, 1, 'a');
const twin = version('k2', 1, 1, 'b');
const second = version('k1', 2, 2, 'c');
const lost = version('k1', 3, 3, 'd');
const deletion = version('k1', 4, 4, '');

const call = (begin: number, request: Request, answer: Answer, end = begin + 5): Call => ({
  caller: 'c1',
  begin,
  end,
  request,
  outcome: 'ok',
  answer,
});
const get = (begin: number, ...documents: Version[]) =>
  call(begin, { kind: 'get', key: 'k1', serializable: false }, { documents });
const old = (begin: number, minRevision: number, ...documents: Version[]) =>
  call(begin, { kind: 'get', key: 'k1', serializable: true, minRevision }, { documents });

const event = (watcher: string, kind: Watched['kind'], revision: number, ...items: Version[]): Watched => ({
  watcher,
  at: revision,
  kind,
  revision,
  resync: false,
  conflated: false,
  items,
});

const i1: InstanceState = { id: 'i1', lease: 'l1', status: 'UP', revision: 5 };
const i2: InstanceState = { id: 'i2', lease: 'l2', status: 'UP', revision: 6 };
const told = (
  watcher: string,
  kind: WatchedRegistry['kind'],
  revision: number,
  updated: readonly InstanceState[] = [],
  removed: readonly string[] = [],
): WatchedRegistry => ({ watcher, kind, revision, resync: false, conflated: false, updated, removed });

/** A fresh copy, to be doctored. */
export function sampleHistory(): History {
  return {
    calls: [
      call(
        0,
        {
          kind: 'publish',
          changes: [
            { key: 'k1', value: 'a' },
            { key: 'k2', value: 'b' },
          ],
        },
        { versions: [1, 1], revision: 1 },
      ),
      get(10, first),
      call(20, { kind: 'put', key: 'k1', value: 'c', ifVersion: 1 }, { versions: [2], revision: 2 }),
      get(30, second),
      {
        ...call(40, { kind: 'put', key: 'k1', value: 'd' }, {}),
        outcome: 'unknown',
        reason: 'NO_QUORUM',
        answer: undefined,
      },
      {
        ...call(46, { kind: 'put', key: 'k1', value: 'e', ifVersion: 1 }, {}),
        outcome: 'refused',
        reason: 'VERSION_MISMATCH',
        answer: undefined,
      },
      {
        ...call(52, { kind: 'put', key: 'k2', value: 'never' }, {}),
        outcome: 'unknown',
        reason: 'UNREACHABLE',
        answer: undefined,
      },
      get(60, lost),
      old(66, 1, first),
      call(70, { kind: 'list', prefix: 'k' }, { revision: 3, documents: [lost, twin] }),
      call(80, { kind: 'delete', key: 'k1' }, { versions: [4], revision: 4 }),
      get(90),
      old(96, 4),
      call(100, { kind: 'register', service: 's', id: 'i1', ttlMs: 2_000 }, { lease: 'l1', revision: 5 }),
      call(110, { kind: 'instances', service: 's' }, { ids: ['i1'] }),
      call(120, { kind: 'register', service: 's', id: 'i2', ttlMs: 2_000 }, { lease: 'l2', revision: 6 }),
      call(130, { kind: 'deregister', service: 's', id: 'i2', lease: 'l2' }, { revision: 7 }),
      {
        ...call(140, { kind: 'rollback', key: 'k1', toVersion: 4, mark: 'back' }, {}),
        outcome: 'refused',
        reason: 'VERSION_NOT_FOUND',
        answer: undefined,
      },
      {
        ...call(
          150,
          {
            kind: 'publish',
            changes: [{ key: 'k2', value: 'z' }],
            preconditions: [{ key: 'k1', version: 2 }],
          },
          {},
        ),
        outcome: 'refused',
        reason: 'VERSION_MISMATCH',
        answer: undefined,
      },
      call(9_000, { kind: 'instances', service: 's' }, { ids: [] }),
      call(20_000, { kind: 'instances', service: 's' }, { ids: [] }),
    ],
    // One watch from the beginning, one that is resumed, and one that was slow.
    watched: [
      event('w1', 'snapshot', 0),
      event('w1', 'changes', 1, first, twin),
      event('w1', 'changes', 2, second),
      event('w1', 'progress', 2),
      event('w1', 'changes', 3, lost),
      event('w1', 'changes', 4, deletion),
      event('w2', 'snapshot', 2, second, twin),
      { ...event('w2', 'changes', 3, lost), resumedAfter: 2 },
      event('w2', 'changes', 4, deletion),
      event('w3', 'snapshot', 1, first, twin),
      { ...event('w3', 'changes', 3, lost), conflated: true },
      { ...event('w3', 'snapshot', 4, twin), resync: true },
    ],
    // One watch that saw it all, and one that was slow.
    watchedRegistry: [
      told('w1', 'snapshot', 4),
      told('w1', 'changes', 5, [i1]),
      told('w1', 'changes', 6, [i2]),
      told('w1', 'progress', 6),
      told('w1', 'changes', 7, [], ['i2']),
      told('w1', 'changes', 8, [], ['i1']),
      told('w2', 'snapshot', 5, [i1]),
      { ...told('w2', 'changes', 7), conflated: true },
      { ...told('w2', 'snapshot', 8), resync: true },
    ],
    sightings: [
      { watcher: 'w1', at: 106, id: 'i1', lease: 'l1', kind: 'there' },
      { watcher: 'w1', at: 126, id: 'i2', lease: 'l2', kind: 'there' },
      { watcher: 'w1', at: 136, id: 'i2', lease: 'l2', kind: 'gone' },
      { watcher: 'w1', at: 2_500, id: 'i1', lease: 'l1', kind: 'gone' },
    ],
    kept: [{ id: 'kept-0', at: 0, state: 'registered' }],
    faults: [{ kind: 'kill', victim: 'n1', begin: 10_000, healed: 11_000, end: 12_000 }],
    memberChanges: [{ kind: 'added', member: 'n2', how: 'kill', begin: 200, end: 300 }],
    versions: [first, second, lost, deletion, twin],
    finals: [
      { member: 'n1', index: 9, hash: 'aa' },
      { member: 'n2', index: 9, hash: 'aa' },
    ],
    ...etcdSample(),
  };
}
