/**
 * The process that crash.test.ts kills. Writes to the store in the given directory for ever, and says on its output what each write will have made of
 * it ("try") and when that is done ("done"). Everything is a function of index and term, so the next process can check what it finds.
 * Arguments: directory, seed, and the states (JSON array) of which it must find one.
 */
import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { seededRandom } from '../../dist/base/random.js';
import { LevelStore } from '../../dist/storage/leveldb.js';
import { MemoryDisk, MemoryStore } from '../../dist/storage/memory.js';

const [directory, seed, allowed] = process.argv.slice(2);
const random = seededRandom(Number(seed));
const identity = { clusterId: 77, memberId: 1, memberName: 'n1' };
const membership = { voters: [1, 2, 3], outgoing: [], learners: [] };
const KEPT = 40;

const say = (word, value) => writeSync(1, `${word} ${JSON.stringify(value)}\n`);
const onFatal = (error) => {
  throw error;
};
const below = (limit) => Math.floor(random() * limit);

function entry(index, term) {
  return { index, term, kind: 'commands', data: Buffer.alloc(20 + ((index * 37) % 400), index + term) };
}

/** Applying entry `index` writes revision index + 1, forgets an old one, and replaces a lease and the origin. */
function applied(index) {
  const revision = index + 1;
  const version = {
    key: `/key/${index % 7}`,
    value: Buffer.alloc((index * 13) % 300, index),
    createRevision: revision,
    modRevision: revision,
    sub: 0,
    version: 1,
    lease: '',
    deleted: false,
  };
  const writes = [
    { kind: 'version', version },
    { kind: 'lease', id: (index % 5).toString(16), lease: { ttlMs: 5000, deadline: index, ofRegistration: false } },
    { kind: 'origin', member: 1, state: { incarnation: 1, lastSequence: index } },
  ];
  if (index > KEPT) writes.push({ kind: 'dropVersion', ref: { revision: revision - KEPT, sub: 0 } });
  const meta = {
    appliedIndex: index,
    appliedTerm: 1,
    revision,
    compactedRevision: 0,
    compactionCursor: undefined,
    clock: index,
  };
  return { writes, meta, membership };
}

const write = (store, batch) =>
  new Promise((resolve) => {
    store.write({ entries: [], hardState: undefined, syncHardState: false, applied: [], ...batch }, resolve);
  });

async function records(store) {
  const all = [];
  await store.loadMachine((record) => all.push(record));
  return all;
}

/** The machine must be exactly what applying 1..index makes. */
async function checkMachine(store, index) {
  const model = new MemoryStore(new MemoryDisk(), { onFatal });
  await model.open(identity);
  await write(model, {
    entries: [entry(1, 1)],
    applied: Array.from({ length: index }, (_, i) => applied(i + 1)),
  });
  assert.equal(store.chainHash, model.chainHash);
  assert.deepEqual(await records(store), await records(model));
}

async function main() {
  const store = new LevelStore(directory, { onFatal });
  const opened = await store.open(identity);
  let state = {
    last: opened.lastIndex,
    lastTerm: opened.lastTerm,
    start: opened.start.index,
    applied: opened.machine?.appliedIndex ?? 0,
    term: opened.hardState.term,
  };
  const fits = JSON.parse(allowed);
  assert.ok(
    fits.some((one) => JSON.stringify(one) === JSON.stringify(state)),
    `found ${JSON.stringify(state)}, not one of ${allowed}`,
  );
  for (const one of opened.tail) assert.deepEqual(one.data, entry(one.index, one.term).data);
  await checkMachine(store, state.applied);
  say('opened', state);

  async function step(next, act) {
    say('try', next);
    await act();
    state = next;
    say('done', state);
  }

  for (;;) {
    const dice = below(20);
    if (dice < 11) {
      const terms = Array.from({ length: 1 + below(4) }, (_, i) => entry(state.last + 1 + i, state.term));
      const last = state.last + terms.length;
      const upTo = state.applied + below(state.last - state.applied + 1);
      await step({ ...state, last, lastTerm: state.term, applied: upTo }, () =>
        write(store, { entries: terms, applied: range(state.applied + 1, upTo).map(applied) }),
      );
    } else if (dice < 15) {
      const upTo = state.applied + below(state.last - state.applied + 1);
      await step({ ...state, applied: upTo }, () =>
        write(store, { applied: range(state.applied + 1, upTo).map(applied) }),
      );
    } else if (dice < 17) {
      // A new term whose leader does not have the end of our log.
      const term = state.term + 1;
      const first = state.applied + 1 + below(state.last - state.applied + 1);
      await step({ ...state, term, last: first, lastTerm: term }, () =>
        write(store, {
          entries: [entry(first, term)],
          hardState: { term, votedFor: 2, commit: state.applied, recovering: false },
          syncHardState: true,
        }),
      );
    } else if (dice < 19) {
      await store.sync();
      const start = Math.max(state.start, state.applied - below(10));
      const found = start > state.start ? (await store.readEntries(start, start, 1))[0] : undefined;
      if (found) await step({ ...state, start }, () => store.trimLog({ index: start, term: found.term, membership }));
    } else if (state.applied > state.start) {
      await install(store);
    }
  }

  /** Replaces everything by an image of itself. */
  async function install() {
    const image = await store.openImage();
    const staged = await store.stageImage();
    for await (const chunk of image.chunks()) await staged.write(chunk);
    const sha256 = await image.hash();
    await image.close();
    const { start } = image;
    await step({ ...state, last: start.index, lastTerm: start.term, start: start.index }, () =>
      staged.commit(start, sha256, { term: state.term, votedFor: undefined, commit: start.index, recovering: false }),
    );
    if (below(2) === 0) await store.clearReplaced();
  }
}

function range(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

await main();
