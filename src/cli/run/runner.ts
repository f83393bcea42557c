/** The story of `quorate run`: start the program, register it when it works, drain and deregister it before it ends. */

import { type InstanceData, type QuorateClient, QuorateError } from '../../client/index.js';
import type { Registration, RegistrationState } from '../../client/registration.js';
import type { Check } from '../../health/check.js';
import { formatDuration } from '../../settings/duration.js';
import { drainedText, leftText } from '../drained.js';
import { CommandError } from '../exit-codes.js';
import type { Program } from './program.js';
import { aborted, type Signals } from './signals.js';
import { started } from './start-check.js';

export interface RunOptions {
  readonly client: QuorateClient;
  readonly instance: InstanceData;
  /** What must pass before it is registered. */
  readonly startChecks: readonly Check[];
  readonly ttlMs: number;
  /** How long the program may take until its checks pass; undefined: as long as it lives. */
  readonly startWithinMs: number | undefined;
  /** How long consumers may take to take notice of its end. */
  readonly drainMs: number;
  /** Hears what happens: a word for programs and a sentence for people. */
  readonly say: (event: RunEvent, sentence: string) => void;
}

export type RunEvent = 'waiting' | 'registered' | 'lost' | 'draining' | 'drained' | 'deregistered' | 'trouble';

const tellAfterMs = 5_000;
const killAfterMs = 10_000;
/** More than it waits for consumers, a drain may take so long: the store may be away. */
const drainGraceMs = 2_000;
/** Deregistrations when the program has ended already: its lease does it too. */
const deregisterMs = 5_000;

/** @returns the exit code of the program */
export async function runRegistered(program: Program, signals: Signals, options: RunOptions): Promise<number> {
  const over = new AbortController();
  const exited = program.exited.finally(() => over.abort());
  exited.catch(() => {});
  const stop = AbortSignal.any([over.signal, signals.ended]);
  const registration = (await works(program, stop, options)) ? await register(stop, options) : undefined;
  if (registration) {
    await aborted(stop);
    if (signals.ended.aborted && program.running)
      await Promise.race([
        drain(registration, signals.ending, options),
        aborted(signals.hurried),
        exited.catch(() => {}),
      ]);
    await registration.close({ timeoutMs: deregisterMs });
    options.say('deregistered', 'deregistered');
  }
  if (signals.ending) program.signal(signals.ending);
  // A second signal while the first one is being obeyed.
  void aborted(signals.hurried).then(() => program.signal(signals.ending ?? 'SIGTERM'));
  return exited;
}

/** @returns false when the program or a signal came first. @throws CommandError when the time is up; the program has been stopped. */
async function works(program: Program, stop: AbortSignal, options: RunOptions): Promise<boolean> {
  const { startWithinMs } = options;
  const late = startWithinMs === undefined ? undefined : AbortSignal.timeout(startWithinMs);
  const why = await started({
    checks: options.startChecks,
    signal: late ? AbortSignal.any([stop, late]) : stop,
    onWaiting: (reason) => options.say('waiting', `not registered yet: ${reason}`),
    tellAfterMs,
  });
  if (why === undefined) return true;
  if (stop.aborted) return false;
  await program.stop(killAfterMs);
  throw new CommandError(
    `the program does not work after ${formatDuration(startWithinMs ?? 0)} and was stopped: ${why}`,
  );
}

/** Until it is done: the program works, and need not stop because the store is away. */
async function register(stop: AbortSignal, options: RunOptions): Promise<Registration | undefined> {
  const { client, instance, ttlMs, say } = options;
  const onStateChange = (state: RegistrationState) => {
    if (state === 'lost') say('lost', 'the registration was lost; registering anew');
    if (state === 'reregistered') say('registered', 'registered again');
  };
  while (!stop.aborted) {
    try {
      const registration = await client.registry.register(instance, { ttlMs, signal: stop, onStateChange });
      say('registered', `registered at ${instance.address} port ${instance.port} (lease ${registration.lease})`);
      return registration;
    } catch (error) {
      if (stop.aborted) return undefined;
      if (!(error instanceof QuorateError) || !mayPass(error)) throw error;
      say('trouble', `not registered yet: ${error.message}  (${error.reason})`);
    }
  }
  return undefined;
}

function mayPass({ reason }: QuorateError): boolean {
  return (
    reason === 'UNREACHABLE' || reason === 'DEADLINE_EXCEEDED' || reason === 'NO_QUORUM' || reason === 'OVERLOADED'
  );
}

async function drain(
  registration: Registration,
  signal: NodeJS.Signals | undefined,
  options: RunOptions,
): Promise<void> {
  const { drainMs, say } = options;
  say('draining', 'draining');
  try {
    const drained = await registration.drain({
      waitMs: drainMs,
      timeoutMs: drainMs + drainGraceMs,
      reason: `${signal ?? 'a signal'} to quorate run`,
    });
    const left = leftText(drained);
    if (left === '') say('drained', `drained: ${drainedText(drained)}`);
    else say('trouble', `not everyone has let go within ${formatDuration(drainMs)}: ${left}`);
  } catch (error) {
    say('trouble', `not drained: ${error instanceof Error ? error.message : String(error)}`);
  }
}
