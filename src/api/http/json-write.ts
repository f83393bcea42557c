/** Messages to JSON answers: the proto3 JSON mapping with the names of the wire format. */
import type { Message } from '../../proto/schema.js';
import { type FieldKind, type MessageShape, shapeOf } from './json-shape.js';

/** The JSON text of an encoded message. Fields that are zero are left out; 64-bit numbers are strings, bytes are base64, enums go by name. */
export function writeMessage<Out extends object>(message: Message<never, Out>, bytes: Buffer): string {
  return JSON.stringify(writeFields(shapeOf(message.name), message.decode(bytes)));
}

function writeFields(shape: MessageShape, message: object): object {
  const values = new Map<string, unknown>(Object.entries(message));
  const object: Record<string, unknown> = {};
  for (const { name, repeated, oneof, value } of shape.fields) {
    const given = values.get(name);
    if (given === undefined || given === null) continue;
    if (repeated) {
      const list = given as readonly unknown[];
      if (list.length > 0) object[name] = list.map((item) => writeValue(value, item));
    } else if (oneof.length > 0 || !isZero(value, given)) object[name] = writeValue(value, given);
  }
  return object;
}

/** Messages have presence: an empty one is shown. */
function isZero({ kind }: FieldKind, given: unknown): boolean {
  switch (kind) {
    case 'message':
      return false;
    case 'bytes':
      return (given as Buffer).length === 0;
    case 'integer':
    case 'enum':
      return Number(given) === 0;
    case 'string':
      return given === '';
    case 'bool':
      return given === false;
  }
}

function writeValue(value: FieldKind, given: unknown): unknown {
  switch (value.kind) {
    case 'message':
      return writeFields(value.shape, given as object);
    case 'bytes':
      return (given as Buffer).toString('base64');
    case 'enum':
      return value.names.get(given as number) ?? given;
    default:
      // 64-bit numbers are decoded to strings, others to numbers.
      return given;
  }
}
