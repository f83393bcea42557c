/** Health checks as callers write and see them. */
import type { HealthCheck as HealthCheckMessage, HealthCheckIn as HealthCheckMessageIn } from '../proto/quorate.js';

interface HealthCheckPace {
  /** The instance's own port unless told. */
  readonly port?: number;
  /** From the begin of one check to the begin of the next, milliseconds: 500 to 3,600,000; 10,000 unless told. */
  readonly intervalMs?: number;
  /** 100 to 60,000 ms; 2,000 unless told. */
  readonly timeoutMs?: number;
  /** Checks in a row that must pass before a failing instance passes; 2 unless told. An unchecked one passes with the first. */
  readonly rise?: number;
  /** Checks in a row that must fail before a passing instance fails; 3 unless told. */
  readonly fall?: number;
}

/** grpc.health.v1.Health/Check, without TLS: passes with SERVING. */
export interface GrpcHealthCheck extends HealthCheckPace {
  readonly kind: 'grpc';
  /** The server as a whole unless told. */
  readonly service?: string;
}

/** GET without TLS: passes with 200 to 299. */
export interface HttpHealthCheck extends HealthCheckPace {
  readonly kind: 'http';
  /** Path and query; "/" unless told. */
  readonly path?: string;
}

/** Passes when a connection can be opened. */
export interface TcpHealthCheck extends HealthCheckPace {
  readonly kind: 'tcp';
}

/** What a member of the cluster does, now and then, to see whether an instance works. */
export type HealthCheck = GrpcHealthCheck | HttpHealthCheck | TcpHealthCheck;

/** The check of a request. */
export function healthCheckMessage(check: HealthCheck): HealthCheckMessageIn {
  const { port, intervalMs, timeoutMs, rise, fall } = check;
  const pace = { port, intervalMs, timeoutMs, rise, fall };
  switch (check.kind) {
    case 'grpc':
      return { ...pace, grpc: { service: check.service } };
    case 'http':
      return { ...pace, http: { path: check.path } };
    case 'tcp':
      return { ...pace, tcp: {} };
  }
}

/** The check of an answer; undefined for a kind that this client does not know. */
export function healthCheckOf(message: HealthCheckMessage): Required<HealthCheck> | undefined {
  const { port, intervalMs, timeoutMs, rise, fall } = message;
  const pace = { port, intervalMs, timeoutMs, rise, fall };
  if (message.grpc) return { kind: 'grpc', service: message.grpc.service, ...pace };
  if (message.http) return { kind: 'http', path: message.http.path, ...pace };
  return message.tcp ? { kind: 'tcp', ...pace } : undefined;
}

/** Checks of an answer that this client knows. */
export function healthChecksOf(messages: readonly HealthCheckMessage[]): Required<HealthCheck>[] {
  return messages.map(healthCheckOf).filter((check) => check !== undefined);
}
