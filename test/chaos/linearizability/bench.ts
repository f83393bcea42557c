/**
 * How fast the checker is: 100,000 operations on 100 documents by 5 callers each, one in a hundred without an answer. The goal is under a minute.
 *
 *   npm run bench:checker
 */
import { seededRandom } from '../../../src/base/random.js';
import { checkHistory } from './checker.js';
import { configDocument } from './config-document.js';
import { randomHistory } from './random-history.js';

const documents = 100;
const operations = 1_000;
const lost = 0.01;

const histories = Array.from({ length: documents }, (_, seed) =>
  randomHistory(seededRandom(seed), { operations, callers: 5, lost }),
);
const start = performance.now();
for (const [seed, history] of histories.entries()) {
  const verdict = checkHistory(configDocument, history);
  if (verdict.kind !== 'linearizable') throw new Error(`document ${seed}: ${verdict.kind}: ${verdict.problem}`);
}
const seconds = (performance.now() - start) / 1_000;
console.log(`${documents * operations} operations on ${documents} documents checked in ${seconds.toFixed(2)} s`);
