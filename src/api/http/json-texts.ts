import { limits } from '../../base/limits.js';
import { JsonError } from './json-value.js';

const noBytes = Buffer.alloc(0);

/** Cuts a stream of bytes into the objects that follow one another in it, each as the text of one JSON value. */
export class JsonTexts {
  private pending: Buffer = noBytes;
  private scanned = 0;
  private depth = 0;
  private inString = false;
  private escaped = false;

  /**
   * The values that are whole with this chunk. What does not begin as an object comes as it is, for the parser to refuse.
   * @throws JsonError for one that is too large
   */
  push(chunk: Buffer): string[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const texts: string[] = [];
    while (this.scanned < this.pending.length) {
      const byte = this.pending[this.scanned++] as number;
      if (this.endsValue(byte)) texts.push(this.take());
    }
    if (this.pending.length > limits.httpBodyBytes) throw new JsonError('the message is too large');
    return texts;
  }

  /** What is left over when the stream has ended; nothing if it is white space. */
  rest(): string[] {
    const text = this.take().trim();
    return text === '' ? [] : [text];
  }

  private take(): string {
    const text = this.pending.toString('utf8', 0, this.scanned);
    this.pending = this.pending.subarray(this.scanned);
    this.scanned = 0;
    return text;
  }

  private endsValue(byte: number): boolean {
    if (this.inString) {
      if (this.escaped) this.escaped = false;
      else if (byte === BACKSLASH) this.escaped = true;
      else if (byte === QUOTE) this.inString = false;
      return false;
    }
    if (byte === QUOTE) this.inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) this.depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      this.depth = Math.max(0, this.depth - 1);
      return this.depth === 0;
    }
    return false;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
