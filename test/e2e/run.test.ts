/** `quorate run`: a program in any language as an instance of a service. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryEvent } from '../../src/client/index.js';
import { freePorts, TestCluster } from '../support/cluster.js';
import { quorate, type Running, start } from '../support/command.js';
import { until } from '../support/until.js';

/** Listens after a while, is ready after SIGUSR2, and says when it was told to stop. */
const program = `
import { createServer } from 'node:http';
let ready = false;
process.on('SIGUSR2', () => { ready = true; });
process.on('SIGHUP', () => console.log('hang-up'));
process.on('SIGTERM', () => { console.log('told to stop at', Date.now()); setTimeout(() => process.exit(7), 50); });
createServer((_, response) => response.writeHead(ready ? 200 : 503).end()).listen(process.env.PORT, '127.0.0.1');
console.log('is', process.env.QUORATE_INSTANCE, 'of', process.env.QUORATE_ENDPOINTS);
`;

let cluster: TestCluster;
let directory: string;
const runs: Running[] = [];
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'quorate-run-'));
  await writeFile(path.join(directory, 'program.mjs'), program);
  cluster = await TestCluster.start({ members: 1 });
});
afterAll(async () => {
  for (const run of runs) run.signal('SIGKILL');
  await cluster?.stop();
  await rm(directory, { recursive: true, force: true });
});

function running(of: TestCluster, service: string, ...line: string[]): Running {
  const run = start(of, 'run', '--service', service, ...line);
  runs.push(run);
  return run;
}

const node = () => ['--', process.execPath, path.join(directory, 'program.mjs')];

/** Statuses of an instance as a watcher sees them, with the time. */
function seen(service: string) {
  const states: { readonly status: string; readonly at: number }[] = [];
  const watch = cluster.client().registry.watch({ namespace: 'default', services: [service] });
  const take = (event: RegistryEvent) => {
    const instances = event.kind === 'snapshot' ? event.items : event.kind === 'changes' ? event.updated : [];
    for (const { status } of instances) states.push({ status, at: Date.now() });
    if (event.kind === 'changes' && event.removed.length > 0) states.push({ status: 'gone', at: Date.now() });
  };
  const followed = (async () => {
    for await (const event of watch) take(event);
  })();
  return {
    states,
    end: () => {
      watch.close();
      return followed;
    },
  };
}

describe('quorate run', () => {
  it('registers the program when its check passes, and drains and deregisters it before it is told to stop', async () => {
    const { states, end } = seen('web');
    const [port] = await freePorts(1);
    const run = running(cluster, 'web', '--port', String(port), '--check', 'http/ready', '--zone', 'z1', ...node());
    await until('the program runs', () => run.output.includes('is default/web/'));
    expect(run.output).toContain(`is default/web/127.0.0.1-${port} of ${cluster.endpoints.join()}`);
    await until('it waits for the check', () => /not registered yet: http check .*: answers 503/.test(run.errors));
    expect(states).toEqual([]);
    run.signal('SIGHUP');
    await until('other signals are passed on', () => run.output.includes('hang-up'));
    run.signal('SIGUSR2');
    await until('it is registered', () => states.length > 0);
    const [instance] = await cluster.client().registry.listInstances('default', 'web');
    expect(instance).toMatchObject({ status: 'UP', zone: 'z1', port, address: '127.0.0.1' });
    expect(instance?.checks).toMatchObject([{ kind: 'http', path: '/ready' }]);
    const consumer = cluster.client().registry.view('default', 'web');
    await consumer.ready();
    run.signal('SIGTERM');
    const { code, output, errors } = await run.ended();
    expect(code).toBe(7);
    expect(errors).toContain(': drained: the one consumer has let go of it\n');
    consumer.close();
    await until('it is gone', () => states.at(-1)?.status === 'gone');
    await end();
    expect([...new Set(states.map(({ status }) => status))]).toEqual(['UP', 'DRAINING', 'gone']);
    const told = Number(/told to stop at (\d+)/.exec(output)?.[1]);
    const drained = states.find(({ status }) => status === 'DRAINING')?.at ?? Number.POSITIVE_INFINITY;
    expect(drained).toBeLessThanOrEqual(told);
  }, 60_000);

  it('ends with the exit code of the program, which is deregistered at once', async () => {
    const [port] = await freePorts(1);
    const run = running(cluster, 'short', '--port', String(port), '--ttl', '1h', ...node());
    const { registry } = cluster.client();
    await until('it is registered', async () => (await registry.listInstances('default', 'short')).length > 0);
    run.signal('SIGQUIT');
    // What a shell would say of a program that was ended by signal 3.
    expect((await run.ended()).code).toBe(131);
    expect(await registry.listInstances('default', 'short')).toEqual([]);
    expect(await quorate(cluster, 'run', '--service', 's', '--port', '1', '--', 'sh', '-c', 'exit 3')).toMatchObject({
      code: 3,
      errors: '',
    });
  }, 60_000);

  it('waits for a store that is away, while the program runs already', async () => {
    const late = await TestCluster.prepare({ members: 1 });
    try {
      const run = running(late, 'prod/late', '--port', 'auto', '--timeout', '500ms', '--json', ...node());
      await until('it says why', () => run.errors.includes('"event":"trouble"'));
      expect(run.output).toContain('is prod/late/');
      late.boot('n1');
      await until('it is registered', () => run.errors.includes('"event":"registered"'), 30_000);
      expect(await late.client().registry.listInstances('prod', 'late')).toHaveLength(1);
      run.signal('SIGINT');
      expect((await run.ended()).code).toBe(130);
    } finally {
      await late.stop();
    }
  }, 60_000);

  it.each([
    [['--service', 's', '--port', '1', '--', '/no/such/program'], 127, 'error: there is no program /no/such/program\n'],
    [['--service', 's', '--port', '1', '--', import.meta.filename], 126, / may not be run\n$/],
    [
      ['--service', 's', '--port', '1', '--start-within', '300ms', '--', 'sleep', '60'],
      1,
      /^error: the program does not work after 300ms and was stopped: tcp check on port 1 of 127\.0\.0\.1: connection refused\n$/,
    ],
    [['--service', 's', '--port', '0', '--', 'sleep', '60'], 2, /port/],
  ])('%j ends with %d', async (line, code, errors) => {
    const ran = await quorate(cluster, 'run', ...line);
    expect(ran).toMatchObject({ code, output: '' });
    if (typeof errors === 'string') expect(ran.errors).toBe(errors);
    else expect(ran.errors).toMatch(errors);
  });
});
