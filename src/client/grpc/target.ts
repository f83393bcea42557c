/** Targets such as `quorate:///compute?namespace=prod&zone=a`: what a channel is to call, and how. */
import type { experimental } from '@grpc/grpc-js';
import { isPolicyName, type PolicyName, policyNames } from '../balancing/policy.js';

export const scheme = 'quorate';

export interface Target {
  /** Client addresses of members, from `quorate://host:port,host:port/service`. */
  readonly endpoints: string | undefined;
  readonly namespace: string;
  readonly service: string;
  /** The caller's own zone. */
  readonly zone: string | undefined;
  readonly policy: PolicyName | undefined;
  /** Name of one of the instances' `ports`. */
  readonly port: string | undefined;
  /** Metadata key whose value consistent_hash goes by. */
  readonly hashKey: string | undefined;
  readonly slowStartMs: number | undefined;
  readonly loadFactor: number | undefined;
  /** Instances that fail nearly all calls are left out for a while. */
  readonly outliers: boolean;
}

const parameters: ReadonlySet<string> = new Set([
  'namespace',
  'zone',
  'policy',
  'port',
  'hash_key',
  'slow_start_ms',
  'load_factor',
  'outliers',
]);

/** @throws Error with a sentence that says what is wrong with the target */
export function parseTarget(uri: experimental.GrpcUri): Target {
  const [path = '', query = ''] = splitOnce(uri.path, '?');
  const values = new URLSearchParams(query);
  const wrong = (what: string) => new Error(`target '${scheme}:///${uri.path}': ${what}`);
  for (const name of values.keys()) {
    if (!parameters.has(name)) throw wrong(`unknown parameter '${name}'; there are ${[...parameters].join(', ')}`);
    if (values.getAll(name).length > 1) throw wrong(`'${name}' is given twice`);
  }
  const text = (name: string) => values.get(name) || undefined;
  const number = (name: string, from: number, to: number) => {
    const value = text(name);
    if (value === undefined) return undefined;
    if (!(Number(value) >= from && Number(value) <= to)) throw wrong(`'${name}' must be ${from} to ${to}`);
    return Number(value);
  };
  const names = decodeURIComponent(path).split('/');
  const service = names.at(-1) ?? '';
  const namespace = names.length === 2 ? names[0] : text('namespace');
  if (names.length > 2 || !service) throw wrong('the path must name a service');
  if (!namespace) throw wrong("the service's namespace is missing: add '?namespace=…'");
  const policy = text('policy');
  if (policy !== undefined && !isPolicyName(policy)) throw wrong(`policy must be one of ${policyNames.join(', ')}`);
  const outliers = text('outliers') ?? 'on';
  if (outliers !== 'on' && outliers !== 'off') throw wrong("'outliers' must be on or off");
  return {
    endpoints: uri.authority || undefined,
    namespace,
    service,
    zone: text('zone'),
    policy,
    port: text('port'),
    hashKey: text('hash_key')?.toLowerCase(),
    slowStartMs: number('slow_start_ms', 0, 3_600_000),
    loadFactor: number('load_factor', 1, 100),
    outliers: outliers === 'on',
  };
}

function splitOnce(text: string, by: string): string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + by.length)];
}
