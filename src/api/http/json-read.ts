/** JSON requests to messages: the proto3 JSON mapping, read as etcd's gateway reads it. */
import type { Message } from '../../proto/schema.js';
import { type FieldShape, type IntegerType, type MessageShape, shapeOf } from './json-shape.js';
import { JsonError, JsonNumber, type JsonObject, type JsonValue, parseJson } from './json-value.js';

/**
 * The message that a JSON text stands for; an empty text and null stand for an empty one. Fields go by either of their names, those that are unknown
 * are passed over, null is the same as absent; integers come as numbers or as strings, enums by name or number.
 * @throws JsonError
 */
export function readMessage<In extends object, Out extends object>(message: Message<In, Out>, text: string): Out {
  const value = parseJson(text) ?? null;
  const fields = value === null ? {} : readFields(shapeOf(message.name), value);
  return message.decode(message.encode(fields as In));
}

function readFields(shape: MessageShape, value: JsonValue): object {
  if (!(value instanceof Map)) throw mismatch(value, 'map[string]json.RawMessage');
  const object: JsonObject = value;
  const message: Record<string, unknown> = {};
  for (const field of shape.fields) {
    const given = object.get(field.camelName) ?? object.get(field.name) ?? null;
    if (given === null) continue;
    for (const other of field.oneof) delete message[other];
    message[field.name] = field.repeated ? readList(field, given) : readValue(field, given);
  }
  return message;
}

function readList(field: FieldShape, given: JsonValue): unknown[] {
  if (!Array.isArray(given)) throw mismatch(given, '[]json.RawMessage');
  return given.map((item: JsonValue) => readValue(field, item));
}

function readValue({ value }: FieldShape, given: JsonValue): unknown {
  switch (value.kind) {
    case 'message':
      return readFields(value.shape, given);
    case 'integer':
      return readInteger(value.type, given);
    case 'bytes':
      if (typeof given !== 'string') throw mismatch(given, '[]uint8');
      return readBase64(given);
    case 'string':
      if (typeof given !== 'string') throw mismatch(given, 'string');
      return given;
    case 'bool':
      if (typeof given !== 'boolean') throw mismatch(given, 'bool');
      return given;
    case 'enum': {
      if (typeof given !== 'string') return Number(readInteger('int32', given));
      const number = value.numbers.get(given);
      if (number === undefined) throw new JsonError(`unknown value ${JSON.stringify(given)} for enum ${value.name}`);
      return number;
    }
  }
}

const bounds: Readonly<Record<IntegerType, readonly [bigint, bigint]>> = {
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
};

/** The decimal text of an integer, which the coders take for any integer field. */
function readInteger(type: IntegerType, given: JsonValue): string | number {
  // A string holds the number in text.
  const number = typeof given === 'string' ? parseJson(given) : given;
  if (number === undefined) throw new JsonError('unexpected end of JSON input');
  if (!(number instanceof JsonNumber)) throw mismatch(number, type);
  const { text } = number;
  if (!/^-?\d+$/.test(text)) throw mismatch(number, type);
  const integer = BigInt(text);
  const [least, most] = bounds[type];
  if (integer < least || integer > most) throw mismatch(number, type);
  return type === 'int32' || type === 'uint32' ? Number(integer) : integer.toString();
}

/** Standard or URL-safe alphabet, with padding; line breaks do not count. */
function readBase64(given: string): Buffer {
  const text = given.replace(/[\r\n]+/g, '');
  const bad = text.search(/[^A-Za-z\d+/_-]/);
  const digits = bad < 0 ? text.length : bad;
  const padding = text.slice(digits);
  if (padding !== '' && padding !== '=' && padding !== '==') throw badBase64(digits);
  if (text.length % 4 !== 0 || digits % 4 === 1) throw badBase64(digits - (digits % 4));
  return Buffer.from(text, 'base64');
}

function badBase64(at: number): JsonError {
  return new JsonError(`illegal base64 data at input byte ${at}`);
}

function mismatch(value: JsonValue, wanted: string): JsonError {
  return new JsonError(`json: cannot unmarshal ${nameOf(value, wanted)} into Go value of type ${wanted}`);
}

function nameOf(value: JsonValue, wanted: string): string {
  if (value === null) return 'null';
  if (value instanceof JsonNumber)
    return wanted.includes('int') && wanted !== '[]uint8' ? `number ${value.text}` : 'number';
  if (typeof value === 'boolean') return 'bool';
  if (typeof value === 'string') return 'string';
  return Array.isArray(value) ? 'array' : 'object';
}
