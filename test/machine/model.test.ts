/** Random raw commands and reads: the machine must answer as the model does. */
import { expect, test } from 'vitest';
import { QuorateError } from '../../src/base/errors.js';
import { seededRandom } from '../../src/base/random.js';
import { validateTxn } from '../../src/machine/txn-validation.js';
import type { KeyVersion, RangeQuery, Result } from '../../src/machine/types.js';
import { Driver } from './driver.js';
import { type Answer, type Cell, Model } from './model.js';
import { RandomCommands } from './random-commands.js';
import { text } from './words.js';

function cell(version: KeyVersion): Cell {
  return {
    key: version.key,
    value: text(version.value),
    create: version.createRevision,
    mod: version.modRevision,
    version: version.version,
    lease: version.lease,
  };
}

/** The machine's result in the model's words. */
function plain(result: Result): Answer {
  switch (result.kind) {
    case 'error':
      return result.reason;
    case 'put':
      return { previous: result.previous && cell(result.previous) };
    case 'deleteRange':
      return { deleted: result.deleted, previous: result.previous.map(cell) };
    case 'range':
      return { count: result.count, more: result.more, items: result.items.map(cell) };
    case 'txn':
      return { succeeded: result.succeeded, responses: result.responses.map(plain) };
    case 'compact':
      return { compacted: result.compactedRevision };
    default:
      return {};
  }
}

function ranged(driver: Driver, query: RangeQuery): Answer {
  try {
    return plain(driver.machine.range(query));
  } catch (error) {
    if (error instanceof QuorateError) return error.reason;
    throw error;
  }
}

/** A lease of the model does not end by itself: keep the machine's clock still. */
function play(seed: number, steps: number, cacheBytes: number): void {
  const commands = new RandomCommands(seededRandom(seed));
  const driver = new Driver(cacheBytes);
  const model = new Model();
  for (let step = 0; step < steps; step++) {
    const command = commands.raw(model.revision);
    if (command.kind === 'txn') {
      const invalid = validateTxn(command);
      if (invalid !== undefined) {
        expect(driver.run(command)).toEqual(invalid);
        continue;
      }
    }
    const outcome = driver.outcome(command);
    const where = `seed ${seed} step ${step} ${JSON.stringify(command)}`;
    expect({ answer: plain(outcome.result), revision: outcome.revision }, where).toEqual({
      answer: model.apply(command),
      revision: model.revision,
    });
    const query = commands.range(model.revision);
    expect(ranged(driver, query), `${where} then ${JSON.stringify(query)}`).toEqual(model.range(query));
  }
}

test.each([1, 2, 3, 4, 5, 6])('the machine answers as the model does (seed %i)', (seed) => {
  play(seed, 700, 1_000_000);
});

test.each([11, 12, 13])('and so it does when values are read from storage (seed %i)', (seed) => {
  play(seed, 500, seed === 11 ? 0 : 1500);
});
