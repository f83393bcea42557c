/** JSON texts as values that lose nothing: a number keeps its digits, since 64-bit numbers may come bare. */
import { limits } from '../../base/limits.js';

/** A number as it was written. */
export class JsonNumber {
  constructor(readonly text: string) {}
}
export type JsonObject = ReadonlyMap<string, JsonValue>;
export type JsonValue = null | boolean | string | JsonNumber | readonly JsonValue[] | JsonObject;

/** The text is no JSON, or not what is wanted in its place. The texts are those of etcd's gateway where they were seen. */
export class JsonError extends Error {
  override readonly name = 'JsonError';
}

/**
 * The first value of a text (RFC 8259); what follows it is not looked at, as at etcd. Of equal names in an object the last one counts. Undefined for a
 * text of nothing but white space.
 * @throws JsonError
 */
export function parseJson(text: string): JsonValue | undefined {
  const reader = new JsonReader(text);
  return reader.atEnd() ? undefined : reader.value(0);
}

const literals: readonly (readonly [string, boolean | null])[] = [
  ['true', true],
  ['false', false],
  ['null', null],
];
const numberPattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const spacePattern = /[ \t\r\n]*/y;

class JsonReader {
  private at = 0;

  constructor(private readonly text: string) {}

  atEnd(): boolean {
    spacePattern.lastIndex = this.at;
    spacePattern.exec(this.text);
    this.at = spacePattern.lastIndex;
    return this.at >= this.text.length;
  }

  value(depth: number): JsonValue {
    const next = this.peek();
    if (next === '{') return this.object(depth + 1);
    if (next === '[') return this.array(depth + 1);
    if (next === '"') return this.string();
    for (const [word, value] of literals) {
      if (!this.text.startsWith(word, this.at)) continue;
      this.at += word.length;
      return value;
    }
    return this.number();
  }

  private object(depth: number): JsonObject {
    this.enter(depth);
    const object = new Map<string, JsonValue>();
    if (this.skip('}')) return object;
    for (;;) {
      if (this.peek() !== '"') throw this.unexpected('looking for beginning of object key string');
      const name = this.string();
      if (!this.skip(':')) throw this.unexpected('after object key');
      object.set(name, this.value(depth));
      if (this.skip('}')) return object;
      if (!this.skip(',')) throw this.unexpected('after object key:value pair');
    }
  }

  private array(depth: number): JsonValue[] {
    this.enter(depth);
    const array: JsonValue[] = [];
    if (this.skip(']')) return array;
    for (;;) {
      array.push(this.value(depth));
      if (this.skip(']')) return array;
      if (!this.skip(',')) throw this.unexpected('after array element');
    }
  }

  /** Passes the bracket. */
  private enter(depth: number): void {
    if (depth > limits.jsonDepth) throw new JsonError('exceeded max depth');
    this.at++;
  }

  private string(): string {
    const start = this.at;
    let end = start;
    do {
      end = this.text.indexOf('"', end + 1);
      if (end < 0) throw new JsonError('unexpected EOF');
    } while (this.escaped(start, end));
    this.at = end + 1;
    try {
      return JSON.parse(this.text.slice(start, this.at)) as string;
    } catch {
      throw new JsonError('invalid character in string literal');
    }
  }

  /** Whether an odd number of backslashes stands before. */
  private escaped(start: number, quote: number): boolean {
    let first = quote;
    while (first - 1 > start && this.text[first - 1] === '\\') first--;
    return (quote - first) % 2 === 1;
  }

  private number(): JsonNumber {
    numberPattern.lastIndex = this.at;
    const found = numberPattern.exec(this.text)?.[0];
    if (found === undefined) throw this.unexpected('looking for beginning of value');
    this.at = numberPattern.lastIndex;
    return new JsonNumber(found);
  }

  /** The next character that is not white space. */
  private peek(): string {
    if (this.atEnd()) throw new JsonError('unexpected EOF');
    return this.text[this.at] as string;
  }

  private skip(wanted: string): boolean {
    if (this.peek() !== wanted) return false;
    this.at++;
    return true;
  }

  private unexpected(where: string): JsonError {
    const found = this.peek();
    const shown = found === "'" ? "'\\''" : `'${JSON.stringify(found).slice(1, -1).replace('\\"', '"')}'`;
    return new JsonError(`invalid character ${shown} ${where}`);
  }
}
