/** Random sessions on two stores until one differs or enough requests were made. */
import type { Store } from '../store.js';
import { Wire } from '../wire.js';
import { generate, sessionSeed } from './generator.js';
import { type Connected, type Difference, Session } from './session.js';
import { shrink } from './shrink.js';
import { type Step, show } from './steps.js';

/** Steps of a session. */
const sessionLength = 300;
const shrinkMs = 60_000;
/** Sessions in a row that a slow machine may spoil. */
const mostStalls = 5;
/** Steps told before the one that differs. */
const told = 15;

export interface FuzzOptions {
  readonly requests: number;
  readonly seed: number;
  /** Only this session. */
  readonly session?: number;
  readonly tell?: (line: string) => void;
  readonly shrinking?: boolean;
}

export interface FuzzResult {
  readonly requests: number;
  /** Sentences about the difference; none when there was none. */
  readonly problems: readonly string[];
}

export async function fuzz(stores: readonly [Store, Store], options: FuzzOptions): Promise<FuzzResult> {
  const connected = stores.map(connect);
  const [first, second] = connected;
  if (!first || !second) throw new Error('two stores are compared');
  try {
    const { requests, problems } = await sessions([first, second], options);
    return { requests, problems: problems.length === 0 ? [] : [...problems, ...stores.map(printed)] };
  } catch (error) {
    throw new Error(`the stores could not be compared:\n${stores.map(printed).join('\n')}`, { cause: error });
  } finally {
    for (const { wires } of connected) for (const wire of wires) wire.close();
  }
}

async function sessions(stores: readonly [Connected, Connected], options: FuzzOptions): Promise<FuzzResult> {
  const { seed, tell = () => undefined } = options;
  const only = options.session;
  let requests = 0;
  let stalls = 0;
  for (let session = only ?? 0; requests < options.requests; session++) {
    const length = only === undefined ? Math.min(sessionLength, options.requests - requests) : sessionLength;
    const { steps, difference, stalled } = await Session.run(stores, generate(sessionSeed(seed, session), length));
    stalls = stalled ? stalls + 1 : 0;
    if (stalled && only === undefined && stalls < mostStalls) {
      tell(`session ${session} does not count: the machine was too slow`);
      continue;
    }
    requests += steps.length;
    if (difference) {
      const again = `again: npm run etcd:fuzz -- --seed ${seed} --session ${session}`;
      const found = { steps, difference };
      const short = options.shrinking ? await shrink(stores, found, shrinkMs) : undefined;
      const shortest = short ? ['the least that shows it:', ...report(short.steps, short.difference)] : [];
      return { requests, problems: [`session ${session}; ${again}`, ...report(steps, difference), ...shortest] };
    }
    if (session % 10 === 9) tell(`${requests} requests, no difference`);
    if (only !== undefined) break;
  }
  return { requests, problems: [] };
}

function report(steps: readonly Step[], { step, what, answers }: Difference): string[] {
  const last = steps.slice(Math.max(0, step - told), step + 1);
  return [...last.map((shown, i) => `  ${step - last.length + 1 + i}: ${show(shown)}`), what, ...answers];
}

/** Elections and the like may explain a difference. */
function printed({ name, output }: Store): string {
  return `${name} printed: ${output.slice(-3_000)}`;
}

function connect({ name, endpoints }: Store): Connected {
  return { name, wires: endpoints.map((endpoint) => new Wire(endpoint)) };
}
