import { spawnSync } from 'node:child_process';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { callSettings } from '../../src/cli/call.js';
import { program, run } from '../../src/cli/program.js';
import { FakeTerminal } from './fake-terminal.js';

async function command(...line: string[]) {
  const terminal = new FakeTerminal();
  const code = await run(line, terminal);
  return { code, output: terminal.output, errors: terminal.errors.join('\n') };
}

function every(root: Command): Command[] {
  return [root, ...root.commands.flatMap(every)];
}

describe('a cluster that is not there', () => {
  it('is named with its addresses, the cause and what to do', async () => {
    const { code, errors } = await command('config', 'get', 'a/b', '--endpoints', '127.0.0.1:9', '--timeout', '2s');
    expect(code).toBe(5);
    expect(errors).toBe(
      'error: no member answers at 127.0.0.1:9 (connect ECONNREFUSED 127.0.0.1:9): start the cluster, or name its members with --endpoints  (UNREACHABLE)',
    );
  });
});

describe('usage errors', () => {
  it.each([
    [['frobnicate'], "unknown command 'frobnicate'"],
    [['config', 'get'], "missing required argument 'document'"],
    [['config', 'get', 'noslash'], 'namespace/key'],
    [['config', 'get', 'a/b', '--frob'], "unknown option '--frob'"],
    [['config', 'get', 'a/b', '--version', 'x'], 'whole number'],
    [['config', 'get', 'a/b', 'c'], 'too many arguments'],
    [['config', 'put', 'a/b'], 'give the value'],
    [['config', 'put', 'a/b', 'v', '--file', 'f'], 'not both'],
    [['config', 'put', 'a/b', '--file', '/no/such/file'], '/no/such/file cannot be read'],
    [['config', 'rollback', 'a/b'], "required option '--to <version>'"],
    [['service', 'register', 'a/b', 'host'], 'host:port'],
    [['service', 'instances', 'a/b', '--status', 'LOST'], 'UP, DRAINING, DOWN or STARTING'],
    [['status', '--timeout', '10'], 'duration'],
    [['status', '--endpoints', 'nowhere'], 'host:port'],
    [['completion', 'tcsh'], 'Allowed choices are bash'],
    [['member'], "required option '--name <name>'"],
  ])('%j exits with 2 and says what is wrong', async (line, text) => {
    const { code, errors, output } = await command(...line);
    expect(code).toBe(2);
    expect(errors).toContain('error: ');
    expect(errors).toContain(text);
    expect(output).toBe('');
  });

  it('shows the help when no command is named', async () => {
    const { code, errors } = await command();
    expect(code).toBe(2);
    expect(errors).toContain('Usage: quorate');
  });

  it('names a bad QUORATE_ENDPOINTS', async () => {
    const terminal = new FakeTerminal();
    terminal.environment.QUORATE_ENDPOINTS = 'nowhere';
    expect(await run(['status'], terminal)).toBe(2);
    expect(terminal.errors.join()).toContain('QUORATE_ENDPOINTS');
  });
});

describe('help', () => {
  it('has a description everywhere and an example for every command that does something', () => {
    for (const each of every(program(new FakeTerminal()))) {
      expect(each.description(), each.name()).not.toBe('');
      if (each.commands.length > 0 || each.name() === 'exit-codes') continue;
      let help = '';
      each.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help, each.name()).toMatch(/Examples?:\n {2}\S*\(?quorate|Examples?:\n {2}source/);
    }
  });

  it('explains the exit codes', async () => {
    const { code, output } = await command('--help');
    expect(code).toBe(0);
    expect(output).toMatch(/^ +4 {2}a condition did not hold/m);
    expect(output).toContain('quorate config put prod/db/url');
    expect((await command('exit-codes')).output).toMatch(/^ +3 {2}/m);
    expect((await command('help', 'exit-codes')).output).toMatch(/^ +3 {2}/m);
  });

  it('prints the version, which is not mixed up with the option of a command', async () => {
    expect((await command('--version')).output).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await command('config', 'get', '--help')).output).toContain('--version <n>');
  });
});

describe('shared options', () => {
  function settingsOf(line: string[], environment: Record<string, string> = {}) {
    const terminal = new FakeTerminal();
    Object.assign(terminal.environment, environment);
    const root = program(terminal);
    let seen: ReturnType<typeof callSettings> | undefined;
    const status = root.commands
      .find((each) => each.name() === 'config')
      ?.commands.find((each) => each.name() === 'get');
    status?.action((_name, _options, self: Command) => {
      seen = callSettings(self, terminal);
    });
    root.parse(line, { from: 'user' });
    return seen;
  }

  it('count before and after the command; the innermost wins', () => {
    const line = ['--endpoints', 'a:1', '--timeout', '3s', 'config', '--json', 'get', 'a/b', '--endpoints', 'b:2,c:3'];
    expect(settingsOf(line)).toEqual({ endpoints: ['b:2', 'c:3'], timeoutMs: 3_000, json: true });
  });

  it('come from the environment, and endpoints in the end from ./cluster.yml', () => {
    expect(settingsOf(['config', 'get', 'a/b'], { QUORATE_ENDPOINTS: 'e:1' })).toEqual({
      endpoints: ['e:1'],
      timeoutMs: 10_000,
      json: false,
    });
    expect(settingsOf(['config', 'get', 'a/b'])?.endpoints).toEqual([
      '127.0.0.1:7101',
      '127.0.0.1:7102',
      '127.0.0.1:7103',
    ]);
  });
});

describe('completion', () => {
  /** What bash offers for the last of the words. */
  async function offers(...words: string[]): Promise<string[]> {
    const { output } = await command('completion', 'bash');
    const script = `${output}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _quorate; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', script, 'bash', ...words], { encoding: 'utf8' });
    expect(stderr).toBe('');
    return stdout.split('\n').filter((word) => word !== '');
  }

  it('offers commands, subcommands and options', async () => {
    expect(await offers('quorate', 'co')).toEqual(['config', 'completion']);
    expect(await offers('quorate', 'config', 'p')).toEqual(['put']);
    expect(await offers('quorate', 'config', 'put', 'prod/x', '--if')).toEqual(['--if-version']);
    expect(await offers('quorate', 'status', '--ha')).toEqual(['--hash']);
  });
});
