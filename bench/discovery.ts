/**
 * The story of a consumer: 1,000 calls a second through `quorate:///echo` to five providers while one is killed with -9, one is drained and stopped,
 * one is added, one turns unhealthy, the store's leader is killed, and the whole store is stopped for 30 s. Prints the failed calls of each part, once
 * without and once with a retry policy. Fails when a call fails that should not: without retries only a killed provider may cost calls.
 *
 *   npm run bench:discovery -- [--rate 1000] [--away 30] [--policy round_robin] [--retry] [--plain]
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import 'quorate/grpc';
import { TestCluster } from '../test/support/cluster.js';
import { until } from '../test/support/until.js';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '1000' },
    away: { type: 'string', default: '30' },
    policy: { type: 'string', default: 'weighted_round_robin' },
    retry: { type: 'boolean', default: false },
    plain: { type: 'boolean', default: false },
  },
});
const rate = Number(values.rate);
const program = fileURLToPath(new URL('discovery-provider.ts', import.meta.url));
const retryPolicy = {
  maxAttempts: 4,
  initialBackoff: '0.02s',
  maxBackoff: '0.5s',
  backoffMultiplier: 2,
  retryableStatusCodes: ['UNAVAILABLE'],
};

class ProviderProcess {
  readonly child;
  drained: unknown;

  constructor(
    readonly id: string,
    endpoints: string,
  ) {
    this.child = fork(program, [id, endpoints], { execArgv: ['--import', 'tsx'] });
    this.child.on('message', (message: { drained?: unknown }) => {
      if (message.drained) this.drained = message.drained;
    });
  }

  async ready(): Promise<void> {
    await once(this.child, 'message');
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill(signal);
    await ended;
  }
}

/** Calls at a steady pace, whether or not the ones before have ended. */
class Calls {
  readonly failures: string[] = [];
  readonly answers = new Map<string, number>();
  sent = 0;
  ended = 0;
  private begun = performance.now();
  private readonly timer;

  constructor(private readonly client: Client) {
    this.timer = setInterval(() => this.send(), 5);
  }

  private send(): void {
    const due = ((performance.now() - this.begun) * rate) / 1000;
    // A stalled machine is not to be answered with a burst.
    if (due - this.sent > rate / 4) this.begun += ((due - this.sent) * 1000) / rate;
    for (let i = this.sent; i < due && i < this.sent + rate / 4; i++) this.one();
  }

  private one(): void {
    this.sent++;
    const options = { deadline: Date.now() + 10_000 };
    const done = (error: ServiceError | null, answer?: Buffer) => {
      this.ended++;
      if (error) this.failures.push(`${status[error.code]}: ${error.details}`);
      else this.answers.set(`${answer}`, (this.answers.get(`${answer}`) ?? 0) + 1);
    };
    this.client.makeUnaryRequest('/bench.Echo/Say', asIs, asIs, request, new Metadata(), options, done);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await until('all calls have ended', () => this.ended === this.sent);
  }
}
const asIs = (bytes: Buffer): Buffer => bytes;
const request = Buffer.from('hello');

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** The leader's name; waits for one also where the machine is busy with other things. */
const leads = (cluster: TestCluster) =>
  until('the store has a leader', () => cluster.leader().catch(() => undefined), 120_000);

async function story(withRetries: boolean): Promise<number> {
  console.log(`\n${rate} calls/s, ${values.policy}, ${withRetries ? 'with' : 'without'} retries`);
  const cluster = await TestCluster.prepare({ timers: 'default' });
  const endpoints = cluster.endpoints.join();
  const providers = new Map<string, ProviderProcess>();
  const add = async (id: string) => {
    const provider = new ProviderProcess(id, endpoints);
    providers.set(id, provider);
    await provider.ready();
    return provider;
  };
  const config = withRetries ? { methodConfig: [{ name: [{}], retryPolicy }] } : {};
  const client = new Client(
    `quorate://${endpoints}/echo?namespace=bench&policy=${values.policy}`,
    credentials.createInsecure(),
    {
      'grpc.enable_channelz': 0,
      'grpc.service_config': JSON.stringify(config),
    },
  );
  let calls: Calls | undefined;
  let unexpected = 0;
  try {
    for (const { name } of cluster.members) cluster.boot(name);
    await leads(cluster);
    await Promise.all(['p1', 'p2', 'p3', 'p4', 'p5'].map(add));
    const load = new Calls(client);
    calls = load;
    await until('all five answer', () => load.answers.size === 5, 60_000);

    const part = async (name: string, mayFail: boolean, act: () => Promise<unknown>) => {
      const [sentBefore, failedBefore] = [load.sent, load.failures.length];
      load.answers.clear();
      await act();
      const failed = load.failures.slice(failedBefore);
      const spread = [...load.answers].sort().map(([id, count]) => `${id} ${count}`);
      console.log(
        `${name.padEnd(26)} ${String(load.sent - sentBefore).padStart(6)} calls, ${failed.length} failed   (${spread.join(', ')})`,
      );
      for (const text of [...new Set(failed)].slice(0, 3)) console.log(`    ${text}`);
      if (!mayFail) unexpected += failed.length;
    };
    const provider = (id: string) => {
      const found = providers.get(id);
      if (!found) throw new Error(`no provider ${id}`);
      return found;
    };

    await part('nothing', false, () => sleep(5_000));
    await part('p1 killed with -9', !withRetries, async () => {
      await provider('p1').end('SIGKILL');
      await sleep(8_000);
    });
    await part('p2 drained and stopped', false, async () => {
      await provider('p2').end('SIGTERM');
      await sleep(3_000);
    });
    console.log(`    ${JSON.stringify(provider('p2').drained)}`);
    await part('p6 added', false, async () => {
      await add('p6');
      await until('p6 answers', () => load.answers.has('p6'), 60_000);
      await sleep(5_000);
    });
    await part('p3 turns unhealthy', false, async () => {
      provider('p3').child.send('unhealthy');
      await until(
        'p3 is left alone',
        async () => {
          const before = load.answers.get('p3') ?? 0;
          await sleep(500);
          return (load.answers.get('p3') ?? 0) === before;
        },
        60_000,
      );
      await sleep(2_000);
    });
    await part('leader killed with -9', false, async () => {
      const leader = await leads(cluster);
      await cluster.kill(leader);
      await sleep(5_000);
      cluster.boot(leader);
      await leads(cluster);
    });
    await part(`store away for ${values.away} s`, false, async () => {
      await Promise.all(cluster.members.map(({ name }) => cluster.signal(name, 'SIGTERM')));
      await sleep(Number(values.away) * 1000);
      for (const { name } of cluster.members) cluster.boot(name);
      await leads(cluster);
      await sleep(8_000);
    });
    await part('p3 healthy again', false, async () => {
      provider('p3').child.send('healthy');
      await until('p3 answers', () => load.answers.has('p3'), 60_000);
    });
    await load.stop();
  } finally {
    await calls?.stop();
    client.close();
    for (const one of providers.values()) await one.end('SIGKILL');
    await cluster.stop();
  }
  return unexpected;
}

let unexpected = 0;
if (!values.retry) unexpected += await story(false);
if (!values.plain) unexpected += await story(true);
console.log(unexpected === 0 ? '\nno call failed that should not' : `\n${unexpected} calls failed that should not`);
process.exitCode = unexpected === 0 ? 0 : 1;
