import { describe, expect, it } from 'vitest';
import { follow } from '../../src/cli/follow.js';
import { until } from '../support/until.js';
import { FakeTerminal } from './fake-terminal.js';

describe('following a watch', () => {
  it('says once that nothing comes, and that something does again', async () => {
    const terminal = new FakeTerminal();
    async function* events() {
      yield 1;
      await until('the silence is announced', () => terminal.errors.length > 0);
      yield 2;
    }
    const seen: number[] = [];
    for await (const event of follow(events(), terminal, 10)) seen.push(event);
    expect(seen).toEqual([1, 2]);
    expect(terminal.errors).toEqual([
      'nothing comes from the cluster; the watch waits and goes on by itself, Ctrl-C ends it',
      'the cluster answers again',
    ]);
  });
});
