/** What happened, in words: the newest events for people, and a hash of all of them that two runs of a seed must share. */

const kept = 400;

interface Line {
  readonly at: number;
  readonly kind: string;
  readonly who: string | number;
  readonly detail: string | number;
}

export class Trace {
  /** Prints every line as it comes. */
  verbose = false;
  private readonly lines: Line[] = [];
  private next = 0;
  private state = 0x811c9dc5;

  constructor(private readonly now: () => number) {}

  note(kind: string, who: string | number, detail: string | number = ''): void {
    const line = { at: this.now(), kind, who, detail };
    this.mix(line.at * 1_000);
    this.text(kind);
    if (typeof who === 'number') this.mix(who);
    else this.text(who);
    if (typeof detail === 'number') this.mix(detail);
    else this.text(detail);
    this.lines[this.next] = line;
    this.next = (this.next + 1) % kept;
    if (this.verbose) process.stdout.write(`${words(line)}\n`);
  }

  get hash(): string {
    return (this.state >>> 0).toString(16).padStart(8, '0');
  }

  /** The newest lines, oldest first. */
  last(count: number): string[] {
    const all = [...this.lines.slice(this.next), ...this.lines.slice(0, this.next)];
    return all.slice(-count).map(words);
  }

  private text(text: string): void {
    for (let i = 0; i < text.length; i++) this.mix(text.charCodeAt(i));
  }

  private mix(value: number): void {
    this.state = Math.imul(this.state ^ (value | 0), 0x01000193);
  }
}

function words({ at, kind, who, detail }: Line): string {
  return `${(at / 1_000).toFixed(4).padStart(9)} s  ${String(who).padEnd(8)} ${kind} ${detail}`;
}
