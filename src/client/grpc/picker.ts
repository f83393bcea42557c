/** The picks of a channel, made by a Balancer. */
import { experimental } from '@grpc/grpc-js';
import type { Balancer } from '../balancing/balancer.js';
import type { Slot } from '../balancing/slot.js';

/** What a slot leads to: grpc-js's own balancer for the addresses of one instance. */
export interface Leaf {
  getPicker(): experimental.Picker;
}

/** Number of attempts before this one; grpc-js sets it when it retries a call. */
const attemptsKey = 'grpc-previous-rpc-attempts';

/** Counts calls for policies that look at them. */
export class CallCounts {
  private readonly unstarted: Call[] = [];

  /** Counts a pick at once, so that many picks in one go see each other. */
  begin(slot: Slot<Leaf>): Call {
    const call = new Call(slot);
    if (this.unstarted.push(call) === 1) setImmediate(() => this.sweep());
    return call;
  }

  /** grpc-js drops a pick without a word when the call was cancelled or the connection lost meanwhile. */
  private sweep(): void {
    for (const call of this.unstarted.splice(0)) call.sweep();
  }
}

class Call {
  private started = false;
  private counted = true;

  constructor(private readonly slot: Slot<Leaf>) {
    slot.inFlight++;
  }

  start(): void {
    this.started = true;
    // It waited for its credentials for longer than a turn of the loop.
    if (!this.counted) this.slot.inFlight++;
    this.counted = true;
  }

  sweep(): void {
    if (!this.started) this.end();
  }

  end(): void {
    if (this.counted) this.slot.inFlight--;
    this.counted = false;
  }
}

export class ChannelPicker implements experimental.Picker {
  /** @param counts none: the policy does not look at the calls under way */
  constructor(
    private readonly balancer: Balancer<Leaf>,
    private readonly hashKey: string | undefined,
    private readonly counts: CallCounts | undefined,
  ) {}

  pick(args: experimental.PickArgs): experimental.PickResult {
    const slot = this.counts
      ? this.balancer.pick(this.keyOf(args), Number(args.metadata.get(attemptsKey)[0] ?? 0))
      : this.balancer.pick();
    // A list without a connected instance has another picker.
    if (!slot) return queue;
    const result = slot.target.getPicker().pick(args);
    if (!this.counts || result.pickResultType !== experimental.PickResultType.COMPLETE) return result;
    const call = this.counts.begin(slot);
    return {
      ...result,
      onCallStarted: () => {
        call.start();
        result.onCallStarted?.();
      },
      onCallEnded: (code, details, metadata) => {
        call.end();
        result.onCallEnded?.(code, details, metadata);
      },
    };
  }

  private keyOf(args: experimental.PickArgs): string | undefined {
    return this.hashKey === undefined ? undefined : args.metadata.get(this.hashKey)[0]?.toString();
  }
}

const queue: experimental.PickResult = {
  pickResultType: experimental.PickResultType.QUEUE,
  subchannel: null,
  status: null,
  onCallStarted: null,
  onCallEnded: null,
};
