import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, type LogOptions } from '../../src/log/log.js';

describe('createLog', () => {
  let directory = '';
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'quorate-log-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true, force: true });
  });

  /** What is in the file right after close, as at a fatal exit. */
  async function written(options: Partial<LogOptions>): Promise<string> {
    // The log closes it.
    const fd = openSync(path.join(directory, 'log'), 'w');
    const log = createLog({ level: 'info', format: 'auto', name: 'n1', fd, ...options });
    log.debug({ a: 0 }, 'too fine');
    log.info({ term: 3 }, 'became leader');
    log.warn({}, 'slow disk');
    log.error({ error: new Error('no space') }, 'stopping');
    await log.close();
    return readFileSync(path.join(directory, 'log'), 'utf8');
  }

  it('writes one JSON object a line when the output is no terminal', async () => {
    const lines = (await written({}))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toEqual([
      { level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), member: 'n1', term: 3, msg: 'became leader' },
      { level: 'warn', time: expect.any(String), member: 'n1', msg: 'slow disk' },
      { level: 'error', time: expect.any(String), member: 'n1', error: expect.anything(), msg: 'stopping' },
    ]);
  });

  it('writes text for people on demand', async () => {
    const [first] = (await written({ format: 'pretty' })).split('\n');
    expect(first).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: became leader \{"term":3\}$/);
  });

  it('leaves out lines below the level, and brings out those at it', async () => {
    expect(await written({})).not.toContain('too fine');
    expect(await written({ level: 'debug' })).toContain('too fine');
  });

  it('keeps the message and the stack of an error', async () => {
    expect(await written({})).toMatch(/"message":"no space".*log\.test\.ts/);
    expect(await written({ format: 'pretty' })).toMatch(/ERROR: stopping[\s\S]*no space[\s\S]*log\.test\.ts/);
  });
});
