/** Health checks in their two forms: the proto3 JSON that instances and service settings keep, and the message of the API. */
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { HealthCheck } from '../../proto/quorate.js';
import { checkLabel, checkPort, checkSpan, shown } from './validate.js';

/** What a check uses that leaves it to us. */
export const checkDefaults = { intervalMs: 10_000, timeoutMs: 2_000, rise: 2, fall: 3, path: '/' } as const;

/** proto3 JSON of a check with its defaults filled in: absent means the field's default; 64-bit numbers are strings. */
export interface HealthCheckJson {
  readonly grpc?: { readonly service?: string };
  readonly http?: { readonly path?: string };
  readonly tcp?: Readonly<Record<string, never>>;
  readonly port?: number;
  readonly intervalMs?: string;
  readonly timeoutMs?: string;
  readonly rise?: number;
  readonly fall?: number;
}

const pathPattern = /^\/[\x21-\x7e]*$/;

/** @throws QuorateError INVALID_FIELD for checks that cannot be carried out */
export function checkChecks(checks: readonly HealthCheck[], field: string): void {
  if (checks.length > limits.checksPerInstance)
    throw invalid(field, `of ${checks.length} entries must have at most ${limits.checksPerInstance}`);
  for (const [position, check] of checks.entries()) checkOne(check, `${field}[${position}]`);
}

function checkOne(check: HealthCheck, field: string): void {
  const { grpc, http, tcp } = check;
  if (!grpc && !http && !tcp) throw invalid(field, 'must be a grpc, an http or a tcp check');
  if (grpc) checkLabel(grpc.service, `${field}.grpc.service`);
  if (http) checkPath(http.path, `${field}.http.path`);
  checkPort(check.port, `${field}.port`);
  checkSpan(check.intervalMs, `${field}.interval_ms`, limits.minCheckIntervalMs, limits.maxCheckIntervalMs);
  checkSpan(check.timeoutMs, `${field}.timeout_ms`, limits.minCheckTimeoutMs, limits.maxCheckTimeoutMs);
  checkSpan(check.rise, `${field}.rise`, 1, limits.maxCheckThreshold);
  checkSpan(check.fall, `${field}.fall`, 1, limits.maxCheckThreshold);
}

/** The path goes into the first line of a request as it is. */
function checkPath(path: string, field: string): void {
  if (path !== '' && (path.length > limits.checkPathLength || !pathPattern.test(path)))
    throw invalid(
      field,
      `${shown(path)} must begin with / and have at most ${limits.checkPathLength} printable ASCII characters without blanks`,
    );
}

function invalid(field: string, rule: string): QuorateError {
  return new QuorateError('INVALID_FIELD', `${field} ${rule}`, { field });
}

/** What is stored of a check that was let in: fields in number order, defaults filled in. */
export function healthCheckJson(check: HealthCheck): HealthCheckJson {
  const { grpc, http, tcp, port } = check;
  return {
    grpc: grpc ? { service: grpc.service || undefined } : undefined,
    http: http ? { path: http.path || checkDefaults.path } : undefined,
    tcp: tcp ? {} : undefined,
    port: port || undefined,
    intervalMs: String(check.intervalMs || checkDefaults.intervalMs),
    timeoutMs: String(check.timeoutMs || checkDefaults.timeoutMs),
    rise: check.rise || checkDefaults.rise,
    fall: check.fall || checkDefaults.fall,
  };
}

/** The message for what is stored. */
export function healthCheckFromJson(json: HealthCheckJson): HealthCheck {
  const common = {
    port: json.port ?? 0,
    intervalMs: Number(json.intervalMs ?? checkDefaults.intervalMs),
    timeoutMs: Number(json.timeoutMs ?? checkDefaults.timeoutMs),
    rise: json.rise ?? checkDefaults.rise,
    fall: json.fall ?? checkDefaults.fall,
  };
  if (json.grpc) return { grpc: { service: json.grpc.service ?? '' }, ...common, kind: 'grpc' };
  if (json.http) return { http: { path: json.http.path ?? checkDefaults.path }, ...common, kind: 'http' };
  return { tcp: {}, ...common, kind: 'tcp' };
}
