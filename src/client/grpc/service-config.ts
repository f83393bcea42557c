/** The gRPC service config of a channel: how it balances, and what its user said about retries and timeouts. */
import type { ServiceConfig } from '@grpc/grpc-js';
import type { PolicyName } from '../balancing/policy.js';
import { type BalancerSettings, lbName } from './balancer-config.js';
import type { Target } from './target.js';

/**
 * An instance that fails nearly all of its calls, while the others do not, is left out: grpc-js's own policy, with these settings. At most a third of
 * the instances.
 */
const outlierSettings = {
  interval: { seconds: 5, nanos: 0 },
  base_ejection_time: { seconds: 10, nanos: 0 },
  max_ejection_percent: 33,
  failure_percentage_ejection: { threshold: 85, minimum_hosts: 3, request_volume: 20 },
};

/** The service config that the user of the channel gave, which is valid: grpc-js has checked it. */
export function channelServiceConfig(options: Readonly<Record<string, unknown>>): Partial<ServiceConfig> {
  const text = options['grpc.service_config'];
  return typeof text === 'string' ? (JSON.parse(text) as Partial<ServiceConfig>) : {};
}

/**
 * What the target says counts most; then the load balancing of the channel's own service config; then the policy of the service. Everything else
 * in the channel's service config holds.
 */
export function serviceConfig(target: Target, servicePolicy: PolicyName, own: Partial<ServiceConfig>): ServiceConfig {
  const config: ServiceConfig = { ...own, methodConfig: own.methodConfig ?? [], loadBalancingConfig: [] };
  const chosenByUser = own.loadBalancingConfig ?? [];
  if (target.policy === undefined && chosenByUser.length > 0) return { ...config, loadBalancingConfig: chosenByUser };
  const policy = target.policy ?? servicePolicy;
  // The resolver has put the list into an order: own zone first.
  if (policy === 'pick_first') return { ...config, loadBalancingConfig: [{ pick_first: {} }] };
  const { zone, slowStartMs, loadFactor, hashKey } = target;
  const settings: BalancerSettings = { zone, slowStartMs, loadFactor, hashKey };
  const balancing = { [lbName(policy)]: settings };
  if (!target.outliers) return { ...config, loadBalancingConfig: [balancing] };
  return {
    ...config,
    loadBalancingConfig: [{ outlier_detection: { ...outlierSettings, child_policy: [balancing] } }, balancing],
  };
}
