/** What the README shows is what happens. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestCluster } from '../support/cluster.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const readme = readFileSync(path.join(root, 'README.md'), 'utf8');

/** The code blocks of a language. */
function blocks(language: string): string[] {
  return [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code]) =>
    name === language && code !== undefined ? [code] : [],
  );
}

describe('README.md', () => {
  let cluster: TestCluster;
  let commands: string;
  beforeAll(async () => {
    cluster = await TestCluster.start();
    commands = await mkdtemp(path.join(tmpdir(), 'quorate-command-'));
    const script = `#!/bin/sh\nexec "${process.execPath}" "${path.join(root, 'dist/cli/main.js')}" "$@"\n`;
    await writeFile(path.join(commands, 'quorate'), script, { mode: 0o755 });
  });
  afterAll(async () => {
    await cluster?.stop();
    await rm(commands, { recursive: true, force: true });
  });

  it('has an example that runs and prints what its comments say', async () => {
    const [example = ''] = blocks('ts');
    const endpoints = /endpoints: '([^']+)'/.exec(example)?.[1] ?? '';
    expect(endpoints).not.toBe('');
    const code = example.replace(endpoints, cluster.endpoints.join(','));
    const { stdout, stderr } = await execute(process.execPath, ['--input-type=module', '--eval', code], { cwd: root });
    expect(stderr).toBe('');
    const promised = [...example.matchAll(/console\.log\(.*\); \/\/ (.+)$/gm)].map(([, output]) => output);
    expect(promised.length).toBeGreaterThan(1);
    expect(stdout.trimEnd().split('\n')).toEqual(promised);
  });

  it('has a tour of the command in which every line works', async () => {
    const lines = blocks('console').flatMap((block) => block.split('\n').filter((line) => line.startsWith('$ ')));
    expect(lines.length).toBeGreaterThan(10);
    const script = ['set -eo pipefail', ...lines.map((line) => line.slice(2))].join('\n');
    const environment = {
      ...process.env,
      PATH: `${commands}${path.delimiter}${process.env.PATH}`,
      QUORATE_ENDPOINTS: cluster.endpoints.join(','),
    };
    const { stdout, stderr } = await execute('bash', ['-c', script], { cwd: commands, env: environment });
    expect(stderr).toBe('');
    expect(stdout).toContain('+postgres://db-2/app');
    expect(stdout).toContain('prod/db/url: version 3 with the content of version 1');
  }, 60_000);

  it('links only to what is there', () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)[^)]*\)/g)].flatMap(([, target]) => target ?? []);
    expect(targets.length).toBeGreaterThan(5);
    expect(targets.filter((target) => !existsSync(path.join(root, target)))).toEqual([]);
  });

  it('names every folder of src', () => {
    for (const folder of [
      'base',
      'raft',
      'machine',
      'watch',
      'storage',
      'transport',
      'replica',
      'api',
      'client',
      'cli',
    ])
      expect(readme).toContain(`\`src/${folder}\``);
  });
});
