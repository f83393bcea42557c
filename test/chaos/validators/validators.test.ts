import { describe, expect, it } from 'vitest';
import type { Call, History, Version, Watched, WatchedRegistry } from '../history.js';
import { etcdDoctored } from './etcd-sample.js';
import { validators } from './index.js';
import { sampleHistory } from './sample.js';

/** Changes the lines of a list that a test picks. */
function change<Line>(lines: Line[], which: (line: Line) => boolean, to: (line: Line) => Line): void {
  const at = lines.findIndex(which);
  const line = lines[at];
  if (line === undefined) throw new Error('there is no such line to change');
  lines[at] = to(line);
}

function drop<Line>(lines: Line[], which: (line: Line) => boolean): void {
  const at = lines.findIndex(which);
  if (at < 0) throw new Error('there is no such line to drop');
  lines.splice(at, 1);
}

const wrote = (value: string) => (call: Call) => call.request.kind === 'put' && call.request.value === value;
const began = (time: number) => (call: Call) => call.begin === time;
const answered =
  (answer: Call['answer']) =>
  (call: Call): Call => ({ ...call, answer: { ...call.answer, ...answer } });
const asked =
  (request: Call['request']) =>
  (call: Call): Call => ({ ...call, request });
const isVersion = (key: string, version: number) => (line: Version) => line.key === key && line.version === version;
const seen =
  (watcher: string, revision: number, kind: Watched['kind'] = 'changes') =>
  (event: Watched) =>
    event.watcher === watcher && event.revision === revision && event.kind === kind;
const told = (watcher: string, revision: number) => (event: WatchedRegistry) =>
  event.watcher === watcher && event.revision === revision && event.kind !== 'progress';
const phantom: Version = { key: 'k2', version: 2, revision: 8, value: 'nobody', deleted: false };

type Doctored = readonly [promise: string, doctor: (history: History) => void, sentence: RegExp];

const doctored: Readonly<Record<string, readonly Doctored[]>> = {
  writes: [
    [
      'an acknowledged write is lost',
      ({ versions }) => drop(versions, isVersion('k2', 1)),
      /k2 version 1 .*acknowledged to c1 and is lost/,
    ],
    [
      'an acknowledged write has another value',
      ({ versions }) => change(versions, isVersion('k1', 2), (v) => ({ ...v, value: 'd2' })),
      /acknowledged to c1, but there is/,
    ],
    ['a write is applied twice', ({ versions }) => versions.push({ ...phantom, value: 'b' }), /applied more than once/],
    [
      'a write is there that nobody made',
      ({ versions }) => versions.push(phantom),
      /k2 version 2 .* was never written by anybody/,
    ],
    [
      'a refused write is there',
      ({ versions }) => versions.push({ ...phantom, key: 'k1', version: 5, value: 'e' }),
      /is there although the call was refused/,
    ],
    [
      'a document was deleted by nobody',
      ({ versions }) => versions.push({ ...phantom, value: '', deleted: true }),
      /k2 was deleted 1 times by 0 calls/,
    ],
    ['versions have a gap', ({ versions }) => drop(versions, isVersion('k1', 3)), /k1 version 4 .* is number 3/],
    [
      'a version goes back',
      ({ versions }) => change(versions, isVersion('k1', 4), (v) => ({ ...v, version: 2 })),
      /k1 version 2 .* is number 4/,
    ],
    [
      'a publication is torn',
      ({ versions }) => change(versions, isVersion('k2', 1), (v) => ({ ...v, revision: 2 })),
      /a publication of c1 is torn/,
    ],
    [
      'a revision has changes of two calls',
      ({ versions }) => change(versions, isVersion('k1', 3), (v) => ({ ...v, revision: 2 })),
      /shares its revision|changes of several calls/,
    ],
    [
      'a publication lacks its deletion',
      ({ calls }) =>
        change(
          calls,
          began(0),
          asked({ kind: 'publish', changes: [{ key: 'k1', value: 'a' }, { key: 'k2', value: 'b' }, { key: 'k3' }] }),
        ),
      /a publication of c1 is torn: .*nothing/,
    ],
    [
      'a rollback brings back something else',
      ({ calls }) => change(calls, wrote('c'), asked({ kind: 'rollback', key: 'k1', toVersion: 1, mark: 'c' })),
      /c1 rolled k1 back to version 1 and made k1 version 2 \(c, .* of k1 version 1 \(a,/,
    ],
    [
      'a rollback does not find the version',
      ({ calls }) => change(calls, began(140), asked({ kind: 'rollback', key: 'k1', toVersion: 2, mark: 'back' })),
      /c1 was told that there is no k1 version 2/,
    ],
    [
      'a publication takes place although another document is not as it must be',
      ({ calls }) =>
        change(
          calls,
          began(0),
          asked({
            kind: 'publish',
            changes: [
              { key: 'k1', value: 'a' },
              { key: 'k2', value: 'b' },
            ],
            preconditions: [{ key: 'k3', version: 3 }],
          }),
        ),
      /revision 1 was published by c1 on the condition that k3 has version 3, but it had 0/,
    ],
    [
      'a publication is refused although all conditions hold',
      ({ calls }) =>
        change(
          calls,
          began(150),
          asked({
            kind: 'publish',
            changes: [{ key: 'k2', value: 'z', ifVersion: 1 }],
            preconditions: [{ key: 'k1', version: 0 }],
          }),
        ),
      /a publication of c1 was refused although its conditions held/,
    ],
    [
      'revisions go against time',
      ({ calls }) => change(calls, began(100), answered({ revision: 3 })),
      /revision 3 was given to c1, whose call began after revision 4/,
    ],
    [
      'a condition is ignored',
      ({ calls }) => change(calls, wrote('c'), asked({ kind: 'put', key: 'k1', value: 'c', ifVersion: 7 })),
      /writes of k1: violation/,
    ],
    [
      'a condition that holds is refused',
      ({ calls }) =>
        change(calls, wrote('e'), (call) => ({
          ...asked({ kind: 'put', key: 'k1', value: 'e', ifVersion: 2 })(call),
          begin: 26,
          end: 28,
        })),
      /writes of k1: violation/,
    ],
    [
      'a write takes effect before it is called',
      ({ calls }) => change(calls, wrote('d'), (call) => ({ ...call, begin: 86, end: 88 })),
      /writes of k1: violation/,
    ],
  ],
  reads: [
    [
      'a read is stale',
      ({ calls }) => change(calls, began(30), (call) => ({ ...call, answer: sampleHistory().calls[1]?.answer })),
      /reads and writes of k1: violation/,
    ],
    [
      'a read misses an acknowledged write',
      ({ calls }) => change(calls, began(10), answered({ documents: [] })),
      /reads and writes of k1: violation/,
    ],
    [
      'a serializable read shows what never was',
      ({ calls }) => change(calls, began(66), answered({ documents: [phantom] })),
      /c1 read k2 version 2 .*, which never was/,
    ],
    [
      'a serializable read shows what is not yet written',
      ({ calls }) =>
        change(calls, began(66), (call) => ({
          ...call,
          begin: 1,
          end: 2,
          answer: { documents: [sampleHistory().versions[1] ?? phantom] },
        })),
      /before it was written/,
    ],
    [
      'a serializable read is older than asked for',
      ({ calls }) => change(calls, began(66), asked({ kind: 'get', key: 'k1', serializable: true, minRevision: 2 })),
      /asked for revision 2 and read k1 version 1/,
    ],
    [
      'a serializable read does not find what it asked for',
      ({ calls }) => change(calls, began(96), asked({ kind: 'get', key: 'k2', serializable: true, minRevision: 4 })),
      /asked for revision 4 and did not find k2 version 1/,
    ],
    [
      'a list is stale',
      ({ calls }) =>
        change(
          calls,
          began(70),
          answered({
            revision: 1,
            documents: [...sampleHistory().versions.slice(0, 1), ...sampleHistory().versions.slice(4)],
          }),
        ),
      /listed revision 1 after revision 2 was acknowledged/,
    ],
    [
      'a list shows two revisions',
      ({ calls }) => change(calls, began(70), answered({ revision: 2 })),
      /listed revision 2 with k1 version 3/,
    ],
    [
      'a list lacks a document',
      ({ calls }) =>
        change(calls, began(70), (call) => answered({ documents: call.answer?.documents?.slice(0, 1) })(call)),
      /with no k2/,
    ],
  ],
  watches: [
    ['an event is lost', ({ watched }) => drop(watched, seen('w1', 3)), /watch w1: missed k1 version 3/],
    [
      'an event is lost where a watch is resumed',
      ({ watched }) =>
        change(watched, seen('w2', 3), (event) => ({ ...event, resumedAfter: 3, revision: 4, items: [] })),
      /watch w2: resumed after revision 3/,
    ],
    [
      'an event comes twice',
      ({ watched }) => watched.splice(3, 0, ...watched.slice(2, 3)),
      /watch w1: changes at revision 2 came after revision 2/,
    ],
    [
      'events come in the wrong order',
      ({ watched }) => watched.splice(4, 2, ...watched.slice(4, 6).reverse()),
      /watch w1: changes at revision 3 came after revision 4/,
    ],
    [
      'a revision is torn',
      ({ watched }) => change(watched, seen('w1', 1), (event) => ({ ...event, items: event.items.slice(0, 1) })),
      /revision 1 lack k2/,
    ],
    [
      'an event shows another value',
      ({ watched }) =>
        change(watched, seen('w1', 2), (event) => ({
          ...event,
          items: event.items.map((item) => ({ ...item, value: 'z' })),
        })),
      /revision 2 have k1 version 2 \(z/,
    ],
    [
      'an event is about nothing',
      ({ watched }) => watched.splice(6, 0, { ...(watched[5] ?? fail()), revision: 8, items: [phantom] }),
      /revision 8 have k2 version 2/,
    ],
    [
      'progress is ahead of events',
      ({ watched }) => change(watched, seen('w1', 2, 'progress'), (event) => ({ ...event, revision: 3 })),
      /missed k1 version 3 .* before progress at revision 3/,
    ],
    [
      'a snapshot lacks a document',
      ({ watched }) =>
        change(watched, seen('w2', 2, 'snapshot'), (event) => ({ ...event, items: event.items.slice(1) })),
      /snapshot at revision 2 lack k1 version 2/,
    ],
    [
      'a snapshot shows what was deleted',
      ({ watched }) =>
        change(watched, seen('w3', 4, 'snapshot'), (event) => ({
          ...event,
          items: [...event.items, sampleHistory().versions[2] ?? phantom],
        })),
      /snapshot at revision 4 have k1 version 3/,
    ],
    [
      'a second snapshot is not marked',
      ({ watched }) => change(watched, seen('w3', 4, 'snapshot'), (event) => ({ ...event, resync: false })),
      /not marked as resync/,
    ],
    [
      'a conflated message has an older value',
      ({ watched }) =>
        change(watched, seen('w3', 3), (event) => ({ ...event, items: sampleHistory().versions.slice(1, 2) })),
      /revision 3 have k1 version 2/,
    ],
    [
      'a watch goes back in time',
      ({ watched }) => change(watched, seen('w3', 4, 'snapshot'), (event) => ({ ...event, revision: 2 })),
      /snapshot at revision 2 came after revision 3/,
    ],
    ['a watch falls silent', ({ watched }) => drop(watched, seen('w2', 4)), /watch w2: ended at revision 3/],
  ],
  registry: [
    [
      'an event is lost',
      ({ watchedRegistry }) => drop(watchedRegistry, told('w1', 7)),
      /deregister of i2 was acknowledged to c1 at revision 7, where the watches saw nothing/,
    ],
    [
      'a slow watch loses what happened meanwhile',
      ({ watchedRegistry }) => change(watchedRegistry, told('w2', 5), (event) => ({ ...event, updated: [] })),
      /registry watch w2: after snapshot at revision 5 it lacks i1/,
    ],
    [
      'a full state shows what is gone',
      ({ watchedRegistry }) =>
        change(watchedRegistry, told('w2', 8), (event) => ({
          ...event,
          updated: sampleHistory().watchedRegistry[1]?.updated ?? [],
        })),
      /registry watch w2: after snapshot at revision 8 it shows i1/,
    ],
    [
      'two watches tell different things',
      ({ watchedRegistry }) => {
        const [snapshot = fail(), first = fail()] = watchedRegistry;
        const other = first.updated.map((state) => ({ ...state, status: 'DOWN' }));
        watchedRegistry.push({ ...snapshot, watcher: 'w3' }, { ...first, watcher: 'w3', updated: other });
      },
      /watch w3 saw i1 \(DOWN, .* another saw i1 \(UP/,
    ],
    [
      'events come in the wrong order',
      ({ watchedRegistry }) => watchedRegistry.splice(1, 2, ...watchedRegistry.slice(1, 3).reverse()),
      /registry watch w1: changes at revision 5 came after revision 6/,
    ],
    [
      'a second full state is not marked',
      ({ watchedRegistry }) => change(watchedRegistry, told('w2', 8), (event) => ({ ...event, resync: false })),
      /registry watch w2: a second snapshot, at revision 8, is not a resync/,
    ],
    [
      'changes come before any state',
      ({ watchedRegistry }) => drop(watchedRegistry, told('w2', 5)),
      /registry watch w2: changes at revision 7 came before any state/,
    ],
    [
      'an acknowledged change of the status is not told',
      ({ calls }) => change(calls, began(120), asked({ kind: 'status', service: 's', id: 'i2', status: 'DRAINING' })),
      /status of i2 was acknowledged to c1 at revision 6, where the watches saw i2 \(UP/,
    ],
  ],
  leases: [
    [
      'a lease ends early',
      ({ sightings }) =>
        change(
          sightings,
          ({ at }) => at === 2_500,
          (line) => ({ ...line, at: 1_900 }),
        ),
      /i1 was gone 1800 ms after it was registered for 2000 ms/,
    ],
    ['a lease never ends', ({ sightings }) => drop(sightings, ({ at }) => at === 2_500), /i1, .* never gone/],
    [
      'a lease ends late',
      ({ sightings }) =>
        change(
          sightings,
          ({ at }) => at === 2_500,
          (line) => ({ ...line, at: 6_500 }),
        ),
      /i1, .* was gone after 6395 ms/,
    ],
    [
      'an instance is removed before it is asked to be',
      ({ sightings }) =>
        change(
          sightings,
          ({ at }) => at === 136,
          (line) => ({ ...line, at: 128 }),
        ),
      /i2 was gone 8 ms after/,
    ],
    [
      'an instance is missing in a list',
      ({ calls }) => change(calls, began(110), answered({ ids: [] })),
      /i1 was registered and is not in a list/,
    ],
    [
      'a lease that is kept alive is lost',
      ({ kept }) => kept.push({ id: 'kept-0', at: 9_500, state: 'lost' }),
      /kept-0 was kept alive and lost its lease/,
    ],
  ],
  members: [
    [
      'states differ',
      ({ finals }) =>
        change(
          finals,
          ({ member }) => member === 'n2',
          (line) => ({ ...line, hash: 'bb' }),
        ),
      /states differ: n1 has aa at index 9, n2 has bb/,
    ],
    ['states are unknown', ({ finals }) => finals.splice(0), /the states of 0 members are known/],
  ],
  etcd: etcdDoctored,
};

function fail(): never {
  throw new Error('the sample is shorter than that');
}

it('a history in which every promise is kept is accepted, and all of it is looked at', () => {
  for (const [name, validate] of Object.entries(validators)) {
    const { violations, checked } = validate(sampleHistory());
    expect({ name, violations }).toEqual({ name, violations: [] });
    for (const [what, count] of Object.entries(checked))
      expect({ name, what, some: count > 0 }).toEqual({ name, what, some: true });
  }
});

it('every validator is seen to fail', () => {
  expect(Object.keys(doctored)).toEqual(Object.keys(validators));
});

describe.each(Object.entries(doctored))('%s', (name, rows) => {
  it.each(rows)('are seen to be broken when %s', (_promise, doctor, sentence) => {
    const history = sampleHistory();
    doctor(history);
    const violations = validators[name]?.(history).violations ?? [];
    expect(violations.filter((violation) => sentence.test(violation))).not.toEqual([]);
  });
});

it('a lease may end late, and be lost, while the cluster is not healthy', () => {
  const history = sampleHistory();
  history.faults.push({ kind: 'pause', victim: 'n1', begin: 1_000, healed: 1_400, end: 1_500 });
  drop(history.sightings, ({ at }) => at === 2_500);
  history.kept.push({ id: 'kept-0', at: 3_000, state: 'lost' });
  expect(validators.leases?.(history).violations).toEqual([]);
});

it('a watch that is given up need not see the end', () => {
  const history = sampleHistory();
  drop(history.watched, seen('w2', 4));
  const [event = fail()] = history.watched;
  history.watched.push({ ...event, watcher: 'w2', kind: 'end', revision: 3, items: [] });
  expect(validators.watches?.(history).violations).toEqual([]);
});
