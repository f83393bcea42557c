/** A terminal's screen that is drawn over and over, and given back as it was. */
import type { Terminal } from '../terminal.js';

/** Control sequence introducer. */
const csi = '\u001b[';
const enter = `${csi}?1049h${csi}?25l${csi}H${csi}J`;
const leave = `${csi}?25h${csi}?1049l`;
/** Faster than this nobody reads. */
const paceMs = 100;
/** Ages go on without events. */
const refreshMs = 1_000;

export class Screen {
  private readonly refresh: NodeJS.Timeout;
  private soon: NodeJS.Timeout | undefined;
  private readonly stopResize: () => void;

  /** @param picture the lines to show, none longer than the screen is wide */
  constructor(
    private readonly terminal: Terminal,
    private readonly picture: (size: { readonly columns: number; readonly rows: number }) => readonly string[],
  ) {
    terminal.write(enter);
    this.refresh = setInterval(() => this.change(), refreshMs).unref();
    this.stopResize = terminal.onResize(() => this.change());
    this.draw();
  }

  /** The picture is another one: draws it soon. */
  change(): void {
    this.soon ??= setTimeout(() => this.draw(), paceMs);
  }

  /** Gives the screen back; what was shown last stays as text. */
  close(): void {
    clearInterval(this.refresh);
    clearTimeout(this.soon);
    this.stopResize();
    const last = this.picture(this.terminal.size());
    this.terminal.write(`${leave}${last.join('\n')}\n`);
  }

  private draw(): void {
    clearTimeout(this.soon);
    this.soon = undefined;
    const { columns, rows } = this.terminal.size();
    const lines = this.picture({ columns, rows }).slice(0, rows);
    // Each line is cleared as it is written, so that nothing flickers; before its text, since a full line leaves the cursor on its last character.
    const text = lines.map((line) => `${csi}K${line}`).join('\r\n');
    this.terminal.write(`${csi}H${text}${lines.length < rows ? `\r\n${csi}J` : ''}`);
  }
}
