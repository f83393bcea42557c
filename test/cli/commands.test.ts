import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/program.js';
import { TestCluster } from '../support/cluster.js';
import { until } from '../support/until.js';
import { FakeTerminal } from './fake-terminal.js';

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await TestCluster.start({ members: 1 });
});
afterAll(() => cluster?.stop());

interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly bytes: Buffer;
  readonly errors: string;
}

function terminalOf(input = ''): FakeTerminal {
  const terminal = new FakeTerminal();
  terminal.environment.QUORATE_ENDPOINTS = cluster.endpoints.join(',');
  terminal.input = input;
  return terminal;
}

async function quorate(line: string | readonly string[], input = ''): Promise<Outcome> {
  const terminal = terminalOf(input);
  const code = await run(typeof line === 'string' ? line.split(' ') : line, terminal);
  return { code, output: terminal.output, bytes: terminal.bytes, errors: terminal.errors.join('\n') };
}

/** The answer of a command that must succeed, as JSON. */
async function json(line: string, input = ''): Promise<Record<string, unknown>> {
  const { code, output, errors } = await quorate(`${line} --json`, input);
  expect(errors).toBe('');
  expect(code).toBe(0);
  expect(output.trimEnd()).not.toContain('\n');
  return JSON.parse(output) as Record<string, unknown>;
}

/** Starts a command that runs until Ctrl-C. */
function following(line: string) {
  const terminal = terminalOf();
  const done = run(line.split(' '), terminal);
  return {
    lines: () => terminal.output.split('\n').filter((text) => text !== ''),
    errors: () => terminal.errors.join('\n'),
    stop() {
      terminal.press();
      return done;
    },
  };
}

describe('config put and get', () => {
  it('publishes and prints exactly the bytes', async () => {
    expect(await quorate('config put t1/a hello')).toMatchObject({ code: 0, output: 't1/a: version 1\n', errors: '' });
    expect((await quorate('config get t1/a')).output).toBe('hello');
    expect((await quorate('config put t1/a -', 'from stdin\n')).output).toBe('t1/a: version 2\n');
    expect((await quorate('config get t1/a')).output).toBe('from stdin\n');
    expect((await quorate('config get t1/a --version 1')).output).toBe('hello');
    expect(await quorate(['config', 'put', 't1/empty', ''])).toMatchObject({ code: 0 });
    expect((await quorate('config get t1/empty')).output).toBe('');
    expect(await quorate('config put t1/dash -- -v')).toMatchObject({ code: 0 });
    expect((await quorate('config get t1/dash')).output).toBe('-v');
  });

  it('takes any bytes from a file', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'quorate-cli-'));
    try {
      const file = path.join(directory, 'value');
      const value = Buffer.from([0, 255, 10, 13, 0x80]);
      await writeFile(file, value);
      expect(await quorate(['config', 'put', 't2/bin', '--file', file])).toMatchObject({ code: 0 });
      expect((await quorate('config get t2/bin')).bytes).toEqual(value);
      expect(await json('config get t2/bin')).toMatchObject({ encoding: 'base64', value: value.toString('base64') });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it('has a JSON shape for each', async () => {
    const put = await json('config put t3/a v --content-type text/plain --author ann --comment why');
    expect(put).toEqual({ namespace: 't3', key: 'a', version: 1, revision: expect.any(Number) });
    expect(await json('config get t3/a')).toEqual({
      namespace: 't3',
      key: 'a',
      version: 1,
      deleted: false,
      contentType: 'text/plain',
      sha256: '4c94485e0c21ae6c41ce1dfe7b6bfaceea5ab68e40a2476f50208e526f506080',
      author: 'ann',
      comment: 'why',
      publishedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      revision: put.revision,
      value: 'v',
      encoding: 'utf8',
    });
  });

  it('names the user as the author unless told otherwise', async () => {
    await quorate('config put t3/b v');
    expect(await json('config get t3/b')).toMatchObject({ author: 'tester', comment: '' });
  });
});

describe('exit codes and errors', () => {
  it.each([
    ['config get t4/none', 3, 'CONFIG_NOT_FOUND'],
    ['config history t4/none', 3, 'CONFIG_NOT_FOUND'],
    ['config diff t4/none', 3, 'CONFIG_NOT_FOUND'],
    ['config delete t4/none', 3, 'CONFIG_NOT_FOUND'],
    ['config rollback t4/none --to 1', 3, 'NOT_FOUND'],
    ['config put t4/none v --if-version 2', 4, 'VERSION_MISMATCH'],
    ['config put .bad/key v', 1, 'INVALID_NAME'],
    ['service deregister t4/compute/none', 3, 'INSTANCE_NOT_FOUND'],
    ['service register t4/compute 127.0.0.1:1 --ttl 1ms', 1, 'INVALID_TTL'],
    ['cluster compact 999999999', 1, 'REVISION_IN_FUTURE'],
    ['cluster transfer-leader nobody', 3, 'MEMBER_NOT_FOUND'],
  ])('%s exits with %d and names %s', async (line, code, reason) => {
    const outcome = await quorate(line);
    expect(outcome.code).toBe(code);
    expect(outcome.errors).toMatch(new RegExp(`^error: [^\\n]+ {2}\\(\\w*${reason}\\)$`));
    expect(outcome.output).toBe('');
  });

  it('is 3 for a version that was never there', async () => {
    await quorate('config put t4/a v');
    expect(await quorate('config get t4/a --version 9')).toMatchObject({ code: 3 });
    expect(await quorate('config diff t4/a --from 5')).toMatchObject({ code: 3 });
  });

  it('is 5 when nobody answers', async () => {
    const nobody = '--endpoints 127.0.0.1:1 --timeout 300ms';
    expect(await quorate(`config get t4/a ${nobody}`)).toMatchObject({ code: 5, output: '' });
    expect(await quorate(`status ${nobody}`)).toMatchObject({ code: 5 });
  });
});

describe('config list, history, diff, rollback and delete', () => {
  it('tell and change the story of a document', async () => {
    await quorate('config put t5/app -', 'a\nb\nc\n');
    await quorate('config put t5/app - --author bob --comment second', 'a\nB\nc\n');
    expect((await quorate('config diff t5/app')).output.split('\n')).toEqual([
      expect.stringMatching(/^--- t5\/app version 1 \S+ \S+ tester$/),
      expect.stringMatching(/^\+\+\+ t5\/app version 2 \S+ \S+ bob$/),
      '@@ -1,3 +1,3 @@',
      ' a',
      '-b',
      '+B',
      ' c',
      '',
    ]);
    expect(await quorate('config rollback t5/app --to 1')).toMatchObject({
      code: 0,
      output: 't5/app: version 3 with the content of version 1\n',
    });
    expect((await quorate('config get t5/app')).output).toBe('a\nb\nc\n');
    expect((await quorate('config diff t5/app --from 1 --to 3')).output).toContain('(no difference)');
    expect(await quorate('config delete t5/app --if-version 2')).toMatchObject({ code: 4 });
    expect((await quorate('config delete t5/app')).output).toBe('t5/app: deleted as version 4\n');
    expect(await quorate('config get t5/app')).toMatchObject({ code: 3 });
    expect((await quorate('config diff t5/app')).output).toContain('@@ -1,3 +0,0 @@\n-a\n-b\n-c\n');

    const rows = (await quorate('config history t5/app')).output.trimEnd().split('\n');
    expect(rows[0]).toMatch(/^VERSION +PUBLISHED +AUTHOR +COMMENT +TYPE +SHA-256$/);
    expect(rows.slice(1).map((row) => row.trim().split(/ +/)[0])).toEqual(['4', '3', '2', '1']);
    expect(rows[1]).toContain('(deleted)');
    expect(rows[3]).toMatch(/bob +second/);
    const { versions } = await json('config history t5/app --limit 2 --before 4 --values');
    expect(versions).toMatchObject([
      { version: 3, value: 'a\nb\nc\n' },
      { version: 2, value: 'a\nB\nc\n', author: 'bob' },
    ]);
  });

  it('give the difference to programs', async () => {
    await quorate('config put t5/d -', 'x\ny');
    expect(await json('config diff t5/d')).toMatchObject({
      from: null,
      to: { version: 1 },
      differ: true,
      binary: false,
      lines: [
        { kind: 'added', line: 'x' },
        { kind: 'added', line: 'y' },
      ],
    });
  });

  it('list what lies under a prefix', async () => {
    for (const key of ['db/url', 'db/user', 'web']) await quorate(`config put t6/${key} v`);
    const names = async (line: string) =>
      ((await json(line)).documents as { key: string; value?: string }[]).map(({ key, value }) => [key, value]);
    expect(await names('config list t6')).toEqual([
      ['db/url', undefined],
      ['db/user', undefined],
      ['web', undefined],
    ]);
    expect(await names('config list t6/db/ --values')).toEqual([
      ['db/url', 'v'],
      ['db/user', 'v'],
    ]);
    const rows = (await quorate('config list t6')).output.split('\n');
    expect(rows[0]).toMatch(/^DOCUMENT +VERSION/);
    expect(rows[1]).toMatch(/^t6\/db\/url +1 .*tester/);
  });
});

describe('config watch', () => {
  it('prints the state and every change until Ctrl-C', async () => {
    await quorate('config put t7/a one');
    const people = following('config watch t7');
    const programs = following('config watch t7/a --json');
    await until('the state is there', () => people.lines().length === 1 && programs.lines().length === 1);
    await quorate(['config', 'put', 't7/a', 'two\nlines']);
    await quorate('config put t7/b other');
    await quorate('config delete t7/a');
    await until('the changes are there', () => people.lines().length === 4 && programs.lines().length === 3);
    expect(await people.stop()).toBe(0);
    expect(await programs.stop()).toBe(0);
    expect(people.lines().map((line) => line.replace(/^\d+ {2}\S+ \S+ {2}/, ''))).toEqual([
      't7/a  v1  tester  one',
      't7/a  v2  tester  two\\nlines',
      't7/b  v1  tester  other',
      't7/a  v3  tester  (deleted)',
    ]);
    expect(programs.lines().map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { kind: 'snapshot', resync: false, items: [{ key: 'a', version: 1, value: 'one' }] },
      { kind: 'changes', conflated: false, items: [{ key: 'a', version: 2, value: 'two\nlines' }] },
      { kind: 'changes', items: [{ key: 'a', version: 3, deleted: true }] },
    ]);
  });
});

describe('service', () => {
  it('drains an instance, and says who has not let go of it', async () => {
    const register = 'service register t9d/drain 10.0.0.5:80 --id i1 --ttl 1m --detach';
    await quorate(register);
    expect(await quorate('service drain t9d/drain/i1')).toMatchObject({
      code: 0,
      output: 't9d/drain/i1: DRAINING; no consumer follows the service\n',
    });
    await quorate(register);
    const { registry } = cluster.client();
    const view = registry.view('t9d', 'drain');
    await view.ready();
    expect(await json('service drain t9d/drain/i1 --reason maintenance')).toMatchObject({
      subscribers: 1,
      acknowledged: 1,
    });
    expect(view.current.get('i1')).toMatchObject({ status: 'DRAINING' });
    await quorate(register);
    // Takes the state, and never asks for more.
    const stuck = registry.watch({ namespace: 't9d', services: ['drain'], subscriber: 'stuck' });
    await stuck.next();
    const late = await quorate('service drain t9d/drain/i1 --wait 300ms');
    expect(late.output).toBe('t9d/drain/i1: DRAINING; 1 of 2 consumers have let go of it\n');
    expect(late.errors).toBe('error: t9d/drain/i1: not everyone has let go within 300ms: waited in vain for stuck');
    expect(late.code).toBe(1);
    stuck.close();
    view.close();
    expect(await quorate('service drain t9d/drain/none')).toMatchObject({ code: 3 });
    expect(await quorate('service drain t9d/drain')).toMatchObject({ code: 2 });
  });

  it('shows and changes how a service is', async () => {
    await quorate('service register t9s/shop 10.0.0.5:80 --id i1 --ttl 1m --detach');
    expect(await json('service set t9s/shop --policy least_request --guard off')).toMatchObject({
      policy: 'least_request',
      guard: { off: true, percent: 50 },
      version: 1,
    });
    expect((await quorate('service status t9s/shop')).output).toContain('instances  1: 1 UP; 1 PASSING\n');
    expect(await quorate('service health t9s/shop')).toMatchObject({ code: 0 });
    await quorate('service status t9s/shop/i1 DOWN --reason repair');
    const down = await quorate('service health t9s/shop --json');
    expect(down).toMatchObject({ code: 4, errors: 'error: no instance of t9s/shop can be called' });
    expect(JSON.parse(down.output)).toMatchObject({
      usable: 0,
      instances: [{ status: 'DOWN', statusReason: 'repair' }],
    });
    expect(await quorate('service status t9s/shop/i1')).toMatchObject({ code: 2 });
    expect(await quorate('service status t9s/shop UP')).toMatchObject({ code: 2 });
    expect(await quorate('service set t9s/shop')).toMatchObject({ code: 2 });
  });

  it('is a table on a terminal, which is given back as it was', async () => {
    await quorate('service register t9d/live 10.0.0.5:80 --id i1 --ttl 1m --detach');
    const terminal = terminalOf();
    terminal.drawable = true;
    const done = run(['service', 'watch', 't9d/live'], terminal);
    await until('it shows the instance', () => terminal.output.includes('i1        UP'));
    terminal.press();
    expect(await done).toBe(0);
    const [entered, ...frames] = terminal.output.split('\u001b[H');
    expect(entered).toBe('\u001b[?1049h\u001b[?25l');
    expect(frames.length).toBeGreaterThan(1);
    const [, left = ''] = terminal.output.split('\u001b[?25h\u001b[?1049l');
    expect(left).toMatch(/^t9d\/live: 1 instance, 1 usable, revision \d+\n\nINSTANCE .*\ni1 .*\n$/);
  });

  it('registers until Ctrl-C; lists, shows and follows instances', async () => {
    const watch = following('service watch t8/compute');
    const owner = following('service register t8/compute 10.0.0.5:8080 --zone eu-1 --meta lane=blue --weight 5');
    await until('it is registered', () => owner.lines().length === 1 && watch.lines().length === 1);
    expect(owner.lines()[0]).toMatch(/^t8\/compute\/10\.0\.0\.5-8080: registered until Ctrl-C \(lease [0-9a-f]+\)$/);
    expect((await quorate('service list t8')).output).toBe('SERVICE  INSTANCES  UP\ncompute          1   1\n');
    const { instances } = await json('service instances t8/compute --zone eu-1 --meta lane=blue --status up');
    expect(instances).toMatchObject([
      { id: '10.0.0.5-8080', address: '10.0.0.5', port: 8080, weight: 5, zone: 'eu-1', metadata: { lane: 'blue' } },
    ]);
    expect((await json('service instances t8/compute --zone us-1')).instances).toEqual([]);
    expect((await quorate('service instances t8/compute')).output).toMatch(
      /^INSTANCE +STATUS.*\n10\.0\.0\.5-8080 +UP +PASSING +10\.0\.0\.5:8080 +5 +eu-1 +- +lane=blue +[0-9a-f]+\n$/,
    );
    expect(await owner.stop()).toBe(0);
    expect(owner.lines()[1]).toBe('t8/compute/10.0.0.5-8080: deregistered');
    expect((await json('service list t8')).services).toEqual([]);
    await until('the watch has seen both', () => watch.lines().length === 2);
    expect(await watch.stop()).toBe(0);
    expect(watch.lines().map((line) => line.replace(/^\d+ {2}/, ''))).toEqual([
      '+ t8/compute/10.0.0.5-8080  UP  PASSING  10.0.0.5:8080',
      '- t8/compute/10.0.0.5-8080',
    ]);
  });

  it('registers and leaves, and deregisters by name', async () => {
    expect(await json('service register t9/batch [::1]:9000 --id i1 --ttl 1h --detach')).toEqual({
      namespace: 't9',
      service: 'batch',
      id: 'i1',
      lease: expect.stringMatching(/^[0-9a-f]+$/),
      ttlMs: 3_600_000,
    });
    expect((await json('service list t9')).services).toEqual([{ name: 'batch', instances: 1, up: 1 }]);
    expect((await quorate('service deregister t9/batch/i1')).output).toBe('t9/batch/i1: deregistered\n');
    expect((await json('service list t9')).services).toEqual([]);
  });
});

describe('cluster and status', () => {
  it('show the members', async () => {
    const [member] = cluster.members;
    expect(await json('cluster members')).toEqual({
      members: [
        {
          id: expect.any(Number),
          name: 'n1',
          clientAddress: member?.client,
          peerAddress: member?.peer,
          learner: false,
          leader: true,
        },
      ],
    });
    expect((await quorate('cluster members')).output).toMatch(/^NAME +ROLE +LEADER.*\nn1 +voter +yes +127/);
    const status = await json('status --hash');
    expect(status).toMatchObject({
      leader: 'n1',
      members: [{ name: 'n1', role: 'LEADER', reachable: true, stateHash: expect.stringMatching(/^[0-9a-f]+$/) }],
    });
    expect((await quorate('status')).output).toMatch(/^NAME +ROLE +TERM.*\nn1 +leader /);
  });

  it('add, promote, replace and remove members', async () => {
    const at = '--client 127.0.0.1:1 --peer 127.0.0.1:2';
    expect((await quorate(`cluster add n9 --stay-learner ${at}`)).output).toBe('n9 is a learner\n');
    expect((await quorate('cluster members')).output).toMatch(/\nn9 +learner +no +127.0.0.1:1 +127.0.0.1:2/);
    const promoted = await quorate('cluster promote n9');
    expect(promoted.code).toBe(4);
    expect(promoted.errors).toMatch(/n9 has not caught up: it has 0 of \d+ entries of the log, and it does not answer/);
    const again = await quorate('cluster add n8 --client 127.0.0.1:1 --peer 127.0.0.1:3');
    expect(again).toMatchObject({ code: 4, errors: expect.stringContaining('127.0.0.1:1 is an address of member n9') });
    expect((await quorate('cluster remove n9')).output).toBe('n9 is removed\n');
    expect(await quorate('cluster remove n9')).toMatchObject({ code: 3 });
    const last = await quorate('cluster remove n1');
    expect(last).toMatchObject({ code: 4, errors: expect.stringContaining('the last voter cannot be removed') });
    const replaced = await quorate(`cluster replace n1 n7 ${at}`);
    expect(replaced.output).toBe('n7 takes the place of n1 once it has caught up\n');
    expect((await quorate('cluster remove n7')).code).toBe(0);
  });

  it('compact old revisions; document history stays', async () => {
    await quorate('config put t10/a one');
    await quorate('config put t10/a two');
    const { compactedRevision } = await json('cluster compact');
    expect(compactedRevision).toEqual(expect.any(Number));
    expect((await quorate('config get t10/a --version 1')).output).toBe('one');
  });
});
