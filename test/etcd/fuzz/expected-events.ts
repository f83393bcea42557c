/** Which events a watch must have told by now, judged by everything that happened. */

import type { Key } from '../../../src/base/ids.js';
import { inRange } from '../../../src/base/ranges.js';
import { startsCompacted, type TestEvent, type WatchRecord } from './watches.js';

/** @param history all events of the session in order */
export function expectedEvents(record: WatchRecord, history: readonly TestEvent[]): TestEvent[] {
  if (record.refused || startsCompacted(record)) return [];
  const { key = '', range_end: end = '', filters = [] } = record.request;
  const from = text(key) === '' ? '\0' : text(key);
  const to = text(end) === '' ? undefined : text(end);
  const hidden = new Set(filters?.map(Number));
  return history.filter(
    (event) =>
      event.revision >= record.start &&
      inRange(event.key as Key, from as Key, to as Key | undefined) &&
      !hidden.has(event.isDelete ? 1 : 0),
  );
}

function text(bytes: string | Uint8Array): string {
  return typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
}
