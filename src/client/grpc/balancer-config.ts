/** Settings of our load-balancing policies in a gRPC service config. */
import type { experimental } from '@grpc/grpc-js';
import type { BalancerOptions } from '../balancing/balancer.js';
import { type PolicyName, policyNames } from '../balancing/policy.js';

/** Those that are ours; pick_first is grpc-js's own. */
export type OwnPolicyName = Exclude<PolicyName, 'pick_first'>;

export const ownPolicies: readonly OwnPolicyName[] = policyNames.filter((name) => name !== 'pick_first');

/** Under this name a policy stands in a service config: `{"quorate_least_request": {"zone": "a"}}`. */
export function lbName(policy: OwnPolicyName): string {
  return `quorate_${policy}`;
}

export interface BalancerSettings extends Pick<BalancerOptions, 'zone' | 'slowStartMs' | 'loadFactor'> {
  /** Metadata key whose value consistent_hash goes by. */
  readonly hashKey?: string;
}

export class BalancerConfig implements experimental.TypedLoadBalancingConfig {
  /** Equal for equal settings. */
  readonly text: string;

  constructor(
    readonly policy: OwnPolicyName,
    readonly settings: BalancerSettings,
  ) {
    this.text = JSON.stringify(this.toJsonObject());
  }

  getLoadBalancerName(): string {
    return lbName(this.policy);
  }

  toJsonObject(): object {
    const { zone, slowStartMs, loadFactor, hashKey } = this.settings;
    return { [lbName(this.policy)]: { zone, slowStartMs, loadFactor, hashKey } };
  }

  /** @throws Error; grpc-js then takes the next config of the list */
  static parse(policy: OwnPolicyName, json: unknown): BalancerConfig {
    if (typeof json !== 'object' || json === null) throw new Error('the config must be an object');
    const fields = new Map(Object.entries(json));
    const take = <T>(name: string, isValid: (value: unknown) => value is T): T | undefined => {
      const value: unknown = fields.get(name);
      fields.delete(name);
      if (value === undefined || isValid(value)) return value;
      throw new Error(`'${name}' is ${JSON.stringify(value)}`);
    };
    const settings: BalancerSettings = {
      zone: take('zone', isText),
      slowStartMs: take('slowStartMs', isTime),
      loadFactor: take('loadFactor', isFactor),
      hashKey: take('hashKey', isText)?.toLowerCase(),
    };
    for (const name of fields.keys()) throw new Error(`'${name}' is unknown`);
    return new BalancerConfig(policy, settings);
  }
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isTime = (value: unknown): value is number => typeof value === 'number' && value >= 0;
const isFactor = (value: unknown): value is number => typeof value === 'number' && value >= 1;
