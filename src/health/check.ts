/** What a health check of an instance is, with its defaults filled in. */
import { checkDefaults } from '../api/quorate/health-check.js';
import { formatAddress } from '../base/address.js';
import type { HealthCheck, Instance } from '../proto/quorate.js';

interface Timing {
  readonly host: string;
  readonly port: number;
  /** From the begin of one probe to the begin of the next. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Probes in a row that must pass before what failed passes, and that must fail before what passed fails. */
  readonly rise: number;
  readonly fall: number;
}

export type Check = Timing &
  (
    | { readonly kind: 'grpc' /** '' is the server as a whole. */; readonly service: string }
    | { readonly kind: 'http'; readonly path: string }
    | { readonly kind: 'tcp' }
  );

/** The checks of an instance: its own, or else those that its service has for all. */
export function checksOf(instance: Instance, ofService: readonly HealthCheck[]): readonly Check[] {
  const checks = instance.checks.length > 0 ? instance.checks : ofService;
  return checks.map((check) => checkOf(instance, check));
}

function checkOf({ address, port }: Instance, check: HealthCheck): Check {
  const timing: Timing = {
    host: address,
    port: check.port || port,
    intervalMs: check.intervalMs || checkDefaults.intervalMs,
    timeoutMs: check.timeoutMs || checkDefaults.timeoutMs,
    rise: check.rise || checkDefaults.rise,
    fall: check.fall || checkDefaults.fall,
  };
  if (check.grpc) return { ...timing, kind: 'grpc', service: check.grpc.service };
  if (check.http) return { ...timing, kind: 'http', path: check.http.path || checkDefaults.path };
  return { ...timing, kind: 'tcp' };
}

/** Such as "http check of /ready on port 8080". */
export function describeCheck(check: Check): string {
  const of = check.kind === 'http' ? check.path : check.kind === 'grpc' ? check.service : '';
  return `${check.kind} check${of === '' ? '' : ` of ${of}`} on port ${check.port}`;
}

/** "host:port" of what is probed. */
export function checkedAddress({ host, port }: Check): string {
  return formatAddress({ host, port });
}
