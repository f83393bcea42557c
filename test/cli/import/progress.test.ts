import { describe, expect, it } from 'vitest';
import { ProgressBar } from '../../../src/cli/import/progress.js';
import { FakeTerminal } from '../fake-terminal.js';

class PersonsTerminal extends FakeTerminal {
  override readonly interactive = true;
}

describe('the progress', () => {
  it('is a bar at a terminal, and gives way to what is said', () => {
    const terminal = new PersonsTerminal();
    const bar = new ProgressBar(terminal, false);
    bar.show(50, 200);
    bar.line('done');
    expect(terminal.output).toBe('\r[########......................]  25 %  50 of 200 keys\u001b[K\r\u001b[Kdone\n');
  });

  it('is no bar in a log, nor where programs read', () => {
    const terminal = new FakeTerminal();
    new ProgressBar(terminal, false).show(50, 200);
    new ProgressBar(terminal, true).line('a line');
    expect(terminal.output).toBe('');
  });
});
