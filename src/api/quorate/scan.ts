import type { Key, Revision } from '../../base/ids.js';
import { limits } from '../../base/limits.js';
import { prefixEnd } from '../../base/ranges.js';
import type { KeyVersion } from '../../machine/types.js';
import type { UnaryCall } from '../unary-call.js';
import { rangeQuery } from './range-query.js';

/** Keys read in one step; a call takes as many steps in a turn of the event loop as its time allows. */
const keysPerStep = 100;

/** Visits all keys with the prefix as of the current revision, in as many turns of the event loop as it takes. */
export function scan<Res extends object>(
  call: UnaryCall<Res>,
  prefix: Key,
  visit: (version: KeyVersion) => void,
  done: (revision: Revision) => void,
): void {
  const { revision } = call.replica.machine;
  const end = prefixEnd(prefix);
  let start = prefix;
  call.inTurns(() => {
    // Asked for anew each time: installing an image replaces the machine.
    const { machine } = call.replica;
    const query = rangeQuery(start, end, { revision, limit: keysPerStep, keysOnly: false });
    const { items, more } = machine.range(query, limits.pageBytes, false);
    for (const item of items) visit(item);
    const last = items.at(-1);
    if (more && last) start = `${last.key}\0` as Key;
    else done(revision);
    return !more;
  });
}
