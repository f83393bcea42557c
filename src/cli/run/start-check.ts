/** Waits until a program that was just started works: the same checks that members make, from here. */
import type { HealthCheck } from '../../client/health-check.js';
import type { InstanceData } from '../../client/instance.js';
import { type Check, describeCheck } from '../../health/check.js';
import { openProbe } from '../../health/probes.js';

const pauseMs = 200;
const timeoutMs = 2_000;

/** The checks of an instance, as they are made before it is registered; without any, whether its port can be connected to. */
export function startChecks(instance: InstanceData): Check[] {
  const { checks = [] } = instance;
  return checks.length > 0
    ? checks.map((check) => startCheck(instance, check))
    : [startCheck(instance, { kind: 'tcp' })];
}

function startCheck({ address, port }: InstanceData, check: HealthCheck): Check {
  const limit = check.timeoutMs ?? timeoutMs;
  const timing = { host: address, port: check.port ?? port, intervalMs: pauseMs, timeoutMs: limit, rise: 1, fall: 1 };
  switch (check.kind) {
    case 'grpc':
      return { ...timing, kind: check.kind, service: check.service ?? '' };
    case 'http':
      return { ...timing, kind: check.kind, path: check.path ?? '/' };
    case 'tcp':
      return { ...timing, kind: check.kind };
  }
}

export interface StartCheckOptions {
  readonly checks: readonly Check[];
  readonly signal: AbortSignal;
  /** Hears now and then why it still waits. */
  readonly onWaiting: (why: string) => void;
  /** How long it waits before it says so for the first time, and again after as long. */
  readonly tellAfterMs: number;
}

/** Resolves when all checks have passed once after each other; undefined. Or, when aborted, with what was wrong last. */
export async function started(options: StartCheckOptions): Promise<string | undefined> {
  const { signal } = options;
  let told = performance.now();
  let why = 'nothing was checked yet';
  for (const check of options.checks) {
    for (;;) {
      if (signal.aborted) return why;
      const failure = await probe(check, signal);
      if (failure === undefined) break;
      why = `${describeCheck(check)} of ${check.host}: ${failure}`;
      if (performance.now() - told > options.tellAfterMs) {
        told = performance.now();
        options.onWaiting(why);
      }
      await pause(pauseMs, signal);
    }
  }
  return undefined;
}

/** Undefined: it passed; else what is wrong. */
function probe(check: Check, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = openProbe(check);
    const end = (result: string | undefined) => {
      clearTimeout(late);
      signal.removeEventListener('abort', onAbort);
      probe.close();
      resolve(result);
    };
    const abort = probe.run((result) => end(result.kind === 'passed' ? undefined : result.why));
    const late = setTimeout(() => {
      abort();
      end(`no answer within ${check.timeoutMs} ms`);
    }, check.timeoutMs);
    const onAbort = () => {
      abort();
      end('not waited for any longer');
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
