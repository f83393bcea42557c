/** Callers that ask for a member with a leader (`hasleader` in the metadata; the Go client's WithRequireLeader). */
import type { QuorateError } from '../../base/errors.js';
import type { Replica } from '../../replica/types.js';
import type { Running } from '../message-stream.js';
import type { CallMetadata } from '../server-call.js';
import { etcdError } from './errors.js';

/** etcd looks once in an election timeout (one second by default), and ends streams when three looks in a row found no leader. */
export const leaderLookMs = 1_000;
const looks = 3;

/**
 * Whether the caller asks for a leader.
 * @throws QuorateError etcd's "no leader" when it does and there is none
 */
export function checkLeader(replica: Replica, metadata: CallMetadata): boolean {
  if (metadata.get('hasleader')[0] !== 'true') return false;
  if (replica.status().leader === undefined) throw etcdError('NoLeader');
  return true;
}

type OnLost = (error: QuorateError) => void;

/** Ends the streams that need a leader when this member has had none for long. Quiet while there are no such streams. */
export class LeaderMonitor {
  private readonly streams = new Set<OnLost>();
  private timer: NodeJS.Timeout | undefined;
  private without = 0;

  constructor(
    private readonly replica: Replica,
    private readonly lookMs: number = leaderLookMs,
  ) {}

  /**
   * For a stream that begins.
   * @param onLost called once, when the leader is lost for long; nothing is called after cancel()
   * @throws QuorateError etcd's "no leader"
   */
  watch(metadata: CallMetadata, onLost: OnLost): Running {
    if (!checkLeader(this.replica, metadata)) return nothing;
    this.streams.add(onLost);
    this.timer ??= setInterval(() => this.look(), this.lookMs).unref();
    return { cancel: () => this.remove(onLost) };
  }

  private remove(onLost: OnLost): void {
    this.streams.delete(onLost);
    if (this.streams.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
    this.without = 0;
  }

  private look(): void {
    this.without = this.replica.status().leader === undefined ? this.without + 1 : 0;
    if (this.without < looks) return;
    for (const onLost of [...this.streams]) {
      this.remove(onLost);
      onLost(etcdError('NoLeader'));
    }
  }
}

const nothing: Running = { cancel() {} };
