/** Our policies as grpc-js load balancers: one leaf per instance, which grpc-js connects; the picks are a Balancer's. */
import { connectivityState, experimental } from '@grpc/grpc-js';
import { type Backend, Balancer } from '../balancing/balancer.js';
import type { Listed } from '../balancing/roster.js';
import { BalancerConfig, lbName, type OwnPolicyName } from './balancer-config.js';
import { CallCounts, ChannelPicker } from './picker.js';

/** Under this channel option the resolver hands on what it knows of the endpoints. grpc-js does not give options of this prefix to connections. */
export const factsKey = `${experimental.SUBCHANNEL_ARGS_EXCLUDE_KEY_PREFIX}.quorate`;

/** What the resolver knows, by endpoint. */
export type Facts = ReadonlyMap<string, Pick<Listed, 'weight' | 'zone' | 'sinceMs'>>;

type Endpoints = Parameters<experimental.LoadBalancer['updateAddressList']>[0];
type Options = Parameters<experimental.LoadBalancer['updateAddressList']>[2];

/** An endpoint that another resolver gave. */
const plain = { weight: 100, zone: '', sinceMs: Number.NEGATIVE_INFINITY };

export class ServiceLoadBalancer implements experimental.LoadBalancer {
  private readonly leaves = new Map<string, experimental.LeafLoadBalancer>();
  private readonly counts: CallCounts | undefined;
  private facts: Facts = new Map();
  private balancer: Balancer<experimental.LeafLoadBalancer> = new Balancer();
  private config: BalancerConfig | undefined;
  /** The list is being changed: leaves that report are looked at afterwards. */
  private paused = false;
  private state = connectivityState.IDLE;
  private lastError = '';

  constructor(
    private readonly policy: OwnPolicyName,
    private readonly channel: experimental.ChannelControlHelper,
  ) {
    this.counts = policy === 'least_request' || policy === 'consistent_hash' ? new CallCounts() : undefined;
  }

  updateAddressList(
    list: Endpoints,
    config: experimental.TypedLoadBalancingConfig,
    options: Options,
    resolutionNote: string,
  ): boolean {
    if (!(config instanceof BalancerConfig)) return false;
    if (!list.ok) {
      // With a list from before it goes on with that.
      if (this.leaves.size === 0) this.fail(list.error.details, list.error);
      return true;
    }
    if (config.text !== this.config?.text) this.balancer = new Balancer({ ...config.settings, policy: this.policy });
    this.config = config;
    this.facts = factsOf(options) ?? this.facts;
    this.paused = true;
    this.replaceLeaves(list.value, options, resolutionNote);
    this.paused = false;
    if (list.value.length > 0) {
      this.report();
      return true;
    }
    this.fail(`no instance to call. ${resolutionNote}`);
    return false;
  }

  private replaceLeaves(endpoints: readonly experimental.Endpoint[], options: Options, note: string): void {
    const gone = new Set(this.leaves.keys());
    for (const endpoint of endpoints) {
      const name = experimental.endpointToString(endpoint);
      gone.delete(name);
      if (this.leaves.has(name)) continue;
      const helper = experimental.createChildChannelControlHelper(this.channel, {
        updateState: (state, _picker, error) => this.onLeafState(state, error),
      });
      const leaf = new experimental.LeafLoadBalancer(endpoint, helper, options, note);
      this.leaves.set(name, leaf);
      leaf.startConnecting();
    }
    for (const name of gone) {
      // Calls under way on its connection go on.
      this.leaves.get(name)?.destroy();
      this.leaves.delete(name);
    }
  }

  private onLeafState(state: connectivityState, error: string | null): void {
    if (error) this.lastError = error;
    if (this.state === connectivityState.READY && state !== connectivityState.READY) this.channel.requestReresolution();
    if (!this.paused) this.report();
  }

  /** Tells the channel how the service is, and how to pick. */
  private report(): void {
    const backends: Backend<experimental.LeafLoadBalancer>[] = [];
    let connecting = false;
    for (const [name, leaf] of this.leaves) {
      const state = leaf.getConnectivityState();
      if (state === connectivityState.CONNECTING || state === connectivityState.IDLE) connecting = true;
      const { weight, zone, sinceMs } = this.facts.get(name) ?? plain;
      backends.push({ name, target: leaf, weight, zone, sinceMs, available: state === connectivityState.READY });
    }
    this.balancer.update(backends);
    if (this.balancer.size > 0) {
      const picker = new ChannelPicker(this.balancer, this.config?.settings.hashKey, this.counts);
      this.tell(connectivityState.READY, picker, null);
    } else if (connecting) this.tell(connectivityState.CONNECTING, new experimental.QueuePicker(this), null);
    else if (this.leaves.size > 0) this.fail(`no instance can be connected to. Last error: ${this.lastError}`);
    // All instances stay connected, so that a call need not wait.
    for (const leaf of this.leaves.values())
      if (leaf.getConnectivityState() === connectivityState.IDLE) leaf.exitIdle();
  }

  private fail(details: string, status?: ConstructorParameters<typeof experimental.UnavailablePicker>[0]): void {
    const text = `${lbName(this.policy)}: ${details}`;
    const picker = new experimental.UnavailablePicker(status ?? { details: text });
    this.tell(connectivityState.TRANSIENT_FAILURE, picker, text);
  }

  private tell(state: connectivityState, picker: experimental.Picker, error: string | null): void {
    this.state = state;
    this.channel.updateState(state, picker, error);
  }

  /** It connects by itself. */
  exitIdle(): void {}

  /** The back-off is that of the connections. */
  resetBackoff(): void {}

  destroy(): void {
    this.paused = true;
    for (const leaf of this.leaves.values()) leaf.destroy();
    this.leaves.clear();
  }

  getTypeName(): string {
    return lbName(this.policy);
  }
}

function factsOf(options: Options): Facts | undefined {
  const facts: unknown = options[factsKey];
  return facts instanceof Map ? facts : undefined;
}
