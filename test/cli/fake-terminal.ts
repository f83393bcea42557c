/** A terminal that remembers what was written. */

import { readFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { Terminal } from '../../src/cli/terminal.js';

export class FakeTerminal implements Terminal {
  readonly interactive: boolean = false;
  readonly colours = false;
  drawable = false;
  readonly environment: Record<string, string> = {};
  readonly errors: string[] = [];
  input = '';
  private readonly chunks: Buffer[] = [];
  private readonly interrupt = new AbortController();

  get output(): string {
    return this.bytes.toString('utf8');
  }

  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** Ctrl-C. */
  press(): void {
    this.interrupt.abort();
  }

  write(text: string | Uint8Array): void {
    this.chunks.push(Buffer.from(text));
  }

  complain(line: string): void {
    this.errors.push(line);
  }

  size(): { columns: number; rows: number } {
    return { columns: 80, rows: 24 };
  }

  onResize(): () => void {
    return () => {};
  }

  user(): string {
    return 'tester';
  }

  readInput(): Promise<Uint8Array> {
    return buffer(Readable.from([Buffer.from(this.input)]));
  }

  readFile(file: string): Uint8Array {
    return readFileSync(file);
  }

  interrupted(): AbortSignal {
    return this.interrupt.signal;
  }
}
