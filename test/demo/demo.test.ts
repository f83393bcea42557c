import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

it('the demo loses no request while a provider and the leader are killed, and leaves nothing behind', async () => {
  const temporary = await mkdtemp(path.join(tmpdir(), 'quorate-demo-test-'));
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--import', 'tsx', 'demo/main.ts'], {
      cwd: root,
      env: { ...process.env, TMPDIR: temporary },
    });
    expect(stderr).toBe('');
    expect(stdout).toContain('Nothing failed.');
    const [, asked, answered, failed] = /^in all +(\d+) +(\d+) +\d+ +(\d+)$/m.exec(stdout) ?? [];
    expect(Number(asked)).toBeGreaterThan(1_000);
    expect(answered).toBe(asked);
    expect(failed).toBe('0');
    expect((await readdir(temporary)).filter((name) => name.startsWith('quorate'))).toEqual([]);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}, 90_000);
