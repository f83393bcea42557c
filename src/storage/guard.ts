/** Reads records and turns whatever is wrong with one into the sentence that names it. */
import type { FatalError } from '../base/errors.js';
import { DecodeError } from '../proto/schema.js';
import { damage } from './damage.js';
import { checkedValue } from './records.js';
import { describe } from './schema.js';

export class Guard {
  /** @param onDamage hears of every damage that is found, whoever else is told */
  constructor(
    readonly directory: string,
    private readonly onDamage: (error: FatalError) => void = () => {},
  ) {}

  /** The verified value of a stored record. @throws FatalError */
  value(key: Buffer, stored: Buffer): Buffer {
    try {
      return checkedValue(key, stored);
    } catch (error) {
      throw this.damaged(key, error);
    }
  }

  /** Verifies and decodes. @throws FatalError */
  decode<T>(key: Buffer, stored: Buffer, decode: (value: Buffer) => T): T {
    try {
      return decode(checkedValue(key, stored));
    } catch (error) {
      throw this.damaged(key, error);
    }
  }

  /** The sentence for a record that could not be decoded; any other error comes back as it is. */
  damaged(key: Buffer, error: unknown): unknown {
    if (!(error instanceof DecodeError)) return error;
    return this.found(damage(this.directory, `${describe(key)} is damaged (${error.message})`, error));
  }

  /** Records that are each sound do not fit together. */
  inconsistent(what: string): FatalError {
    return this.found(damage(this.directory, `${what}, so something is missing or damaged`));
  }

  private found(error: FatalError): FatalError {
    this.onDamage(error);
    return error;
  }
}
