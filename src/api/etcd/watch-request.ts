import { keyOf } from '../../base/ids.js';
import { TO_THE_END } from '../../base/ranges.js';
import type { WatchCreateRequest } from '../../proto/etcd.js';
import { _etcdserverpb_WatchCreateRequest_FilterType as FilterType } from '../../proto/gen/etcdserverpb/WatchCreateRequest.js';
import type { KeyRange } from '../../watch/types.js';
import { numberOf } from './int64.js';
import type { EventForm } from './watch-events.js';

/** What a watch is asked to do. */
export interface WatchOrder {
  readonly range: KeyRange;
  /** 0: from now on. May lie in the future, or before everything. */
  readonly startRevision: number;
  readonly form: EventForm;
  readonly fragment: boolean;
  readonly progressNotify: boolean;
}

/** Undefined: the range is empty, which etcd refuses for a watch. */
export function orderOf(request: WatchCreateRequest): WatchOrder | undefined {
  // The least key that there can be stands for none (etcd).
  const key = keyOf(request.key.length === 0 ? Buffer.of(0) : request.key);
  const end = request.range_end.length === 0 ? undefined : keyOf(request.range_end);
  if (end !== undefined && end !== TO_THE_END && end <= key) return undefined;
  return {
    range: { key, end },
    startRevision: numberOf(request.start_revision),
    form: {
      puts: !request.filters.includes(FilterType.NOPUT),
      deletes: !request.filters.includes(FilterType.NODELETE),
      previous: request.prev_kv,
    },
    fragment: request.fragment,
    progressNotify: request.progress_notify,
  };
}
