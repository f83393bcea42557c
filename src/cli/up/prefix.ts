/** Puts the member's name before every line that the member writes. */
import { StringDecoder } from 'node:string_decoder';

const colours = [36, 33, 32, 35, 34, 96, 93];

/** Makes the prefix for the i-th of the members: `n1 | `, coloured for a terminal. */
export function prefixOf(names: readonly string[], position: number, coloured: boolean): string {
  const width = names.reduce((widest, name) => Math.max(widest, name.length), 0);
  const text = `${(names[position] ?? '').padEnd(width)} | `;
  return coloured ? `\u001b[${colours[position % colours.length]}m${text}\u001b[0m` : text;
}

/** Cuts a stream of bytes into lines; a line longer than `longest` is cut. */
export class Lines {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(
    private readonly onLine: (line: string) => void,
    private readonly longest = 1 << 20,
  ) {}

  push(bytes: Buffer): void {
    const parts = (this.rest + this.decoder.write(bytes)).split('\n');
    this.rest = parts.pop() ?? '';
    for (const part of parts) this.emit(part);
    if (this.rest.length > this.longest) this.end();
  }

  /** The stream has ended: what is left is a line too. */
  end(): void {
    const rest = this.rest;
    this.rest = '';
    if (rest !== '') this.emit(rest);
  }

  private emit(line: string): void {
    this.onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
  }
}
