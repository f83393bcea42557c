/** Health checks on command lines. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { HealthCheck } from '../client/health-check.js';
import { formatDuration } from '../settings/duration.js';
import { duration, port as parsePort, positive } from './parse.js';

export interface CheckOptions {
  readonly check?: readonly HealthCheck[];
  readonly checkInterval?: number;
  readonly checkTimeout?: number;
  readonly checkRise?: number;
  readonly checkFall?: number;
}

const form = 'tcp, http, http/path or grpc, with another port as in http:9090/path';

export function addCheckOptions(command: Command, what: string): Command {
  const option = (flags: string, description: string) => new Option(flags, description).helpGroup('Health checks:');
  return command
    .addOption(option('--check <check>', `${what}: ${form} (may be repeated)`).argParser(checks))
    .addOption(option('--check-interval <duration>', 'between two checks (default: 10s)').argParser(duration))
    .addOption(option('--check-timeout <duration>', 'how long an answer may take (default: 2s)').argParser(duration))
    .addOption(
      option('--check-rise <n>', 'checks in a row that make it healthy again (default: 2)').argParser(positive),
    )
    .addOption(option('--check-fall <n>', 'checks in a row that make it unhealthy (default: 3)').argParser(positive));
}

/** The checks that the options ask for. */
export function checksOf(options: CheckOptions): HealthCheck[] {
  const pace = {
    ...(options.checkInterval === undefined ? {} : { intervalMs: options.checkInterval }),
    ...(options.checkTimeout === undefined ? {} : { timeoutMs: options.checkTimeout }),
    ...(options.checkRise === undefined ? {} : { rise: options.checkRise }),
    ...(options.checkFall === undefined ? {} : { fall: options.checkFall }),
  };
  return (options.check ?? []).map((check) => ({ ...check, ...pace }));
}

/** `http:9090/ready`: the kind, perhaps a port, perhaps what is asked for: a path of HTTP, or a service of gRPC as in `grpc/my.Service`. */
export function check(text: string): HealthCheck {
  const [, kind, portText, rest] = /^(tcp|http|grpc)(?::(\d+))?(\/.*)?$/.exec(text) ?? [];
  const port = portText === undefined ? {} : { port: parsePort(portText) };
  if (kind === 'http') return { kind, ...port, ...(rest === undefined ? {} : { path: rest }) };
  if (kind === 'grpc') return { kind, ...port, ...(rest === undefined ? {} : { service: rest.slice(1) }) };
  if (kind === 'tcp' && rest === undefined) return { kind, ...port };
  throw new InvalidArgumentError(`A check is ${form}, or grpc/service.`);
}

/** A check on one line: `http:9090/ready every 10s`. */
export function checkText(check: Required<HealthCheck>): string {
  const at = check.port === 0 ? check.kind : `${check.kind}:${check.port}`;
  const of =
    check.kind === 'http' ? check.path : check.kind === 'grpc' && check.service !== '' ? `/${check.service}` : '';
  return `${at}${of} every ${formatDuration(check.intervalMs)}`;
}

function checks(text: string, previous: readonly HealthCheck[] = []): HealthCheck[] {
  return [...previous, check(text)];
}
