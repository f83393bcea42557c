/** How far the copy is: a bar for people at a terminal, a line now and then for logs. */
import type { Terminal } from '../terminal.js';

const barWidth = 30;
const redrawMs = 100;
const lineMs = 5_000;

export class ProgressBar {
  private drawnAt = 0;
  private drawn = false;
  private readonly startedAt = Date.now();

  /** @param quiet standard output is for programs */
  constructor(
    private readonly terminal: Terminal,
    private readonly quiet: boolean,
  ) {}

  /** `total` 0: unknown. */
  show(done: number, total: number): void {
    const { interactive } = this.terminal;
    if (!interactive && this.drawnAt === 0) this.drawnAt = this.startedAt;
    const keys = `${done} of ${Math.max(done, total)} keys`;
    this.status(interactive ? `${bar(done, total)}  ${keys}` : `copied ${keys}`);
  }

  /** A line that is written over by the next one; for logs now and then. */
  status(text: string): void {
    if (this.quiet) return;
    const { interactive } = this.terminal;
    const now = Date.now();
    if (now - this.drawnAt < (interactive ? redrawMs : lineMs)) return;
    this.drawnAt = now;
    if (!interactive) {
      this.terminal.write(`${text}\n`);
      return;
    }
    this.drawn = true;
    this.terminal.write(`\r${text}\u001b[K`);
  }

  /** Removes the bar; the next line stands in its place. */
  clear(): void {
    if (this.drawn) this.terminal.write('\r\u001b[K');
    this.drawn = false;
  }

  /** A line above it. */
  line(text: string): void {
    if (this.quiet) return;
    this.clear();
    this.terminal.write(`${text}\n`);
  }
}

function bar(done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(part * barWidth);
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] ${String(Math.floor(part * 100)).padStart(3)} %`;
}
