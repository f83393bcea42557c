/**
 * `import 'quorate/grpc'` teaches grpc-js targets such as `quorate:///compute?namespace=prod&zone=a` and our load-balancing policies. Every client
 * of grpc-js can then call a service by its name.
 */
import { experimental } from '@grpc/grpc-js';
import { BalancerConfig, lbName, ownPolicies } from './balancer-config.js';
import { ServiceLoadBalancer } from './load-balancer.js';
import { QuorateResolver } from './resolver.js';
import { scheme } from './target.js';

export { useClient } from './stores.js';

/** What is needed of grpc-js. */
export interface GrpcModule {
  readonly experimental: Pick<typeof experimental, 'registerResolver' | 'registerLoadBalancerType'>;
}

/** Teaches another copy of grpc-js than the one that this package uses: `register(grpc)`. That one knows already. */
export function register(grpc: GrpcModule): void {
  grpc.experimental.registerResolver(scheme, QuorateResolver);
  for (const policy of ownPolicies) {
    class PolicyLoadBalancer extends ServiceLoadBalancer {
      constructor(channel: experimental.ChannelControlHelper) {
        super(policy, channel);
      }
    }
    class PolicyConfig extends BalancerConfig {
      static createFromJson(json: unknown): BalancerConfig {
        return BalancerConfig.parse(policy, json);
      }
    }
    grpc.experimental.registerLoadBalancerType(lbName(policy), PolicyLoadBalancer, PolicyConfig);
  }
}

register({ experimental });
