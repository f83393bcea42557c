/**
 * The one place that turns messages into bytes and back. Types are generated from `proto/` (npm run gen); the coders are compiled by
 * protobufjs at start. Hot calls use them directly: no proto-loader conversion of objects.
 */

import path from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';
import { AssertionFailure } from '../base/assert.js';

/** The folder with the .proto files; the same distance from `src/proto` and from `dist/proto`. */
export const protoDirectory = fileURLToPath(new URL('../../proto', import.meta.url));

/** All files of the native API and of the inside. */
export const protoFiles = [
  'quorate/v1/config.proto',
  'quorate/v1/registry.proto',
  'quorate/v1/cluster.proto',
  'quorate/internal/command.proto',
  'quorate/internal/record.proto',
  'quorate/internal/peer.proto',
  'google/rpc/status.proto',
];

const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (path.isAbsolute(target) ? target : path.join(protoDirectory, target));
root.loadSync(protoFiles);
root.resolveAll();
const noBytes = Buffer.alloc(0);
setDefaults(root);

/**
 * What a decoded message shows for an absent field, as the generated types say: 0 for an int64 (protobufjs would show a Long), an empty Buffer for
 * bytes (protobufjs would show an array), and undefined for a field with presence (protobufjs would show the type's default).
 */
function setDefaults(namespace: protobuf.NamespaceBase): void {
  for (const nested of namespace.nestedArray) {
    if (nested instanceof protobuf.Type) {
      const prototype = nested.ctor.prototype as Record<string, unknown>;
      for (const field of nested.fieldsArray) {
        if (field.partOf) prototype[field.name] = undefined;
        else if (field.long && !field.repeated) prototype[field.name] = 0;
        else if (field.type === 'bytes' && !field.repeated) prototype[field.name] = noBytes;
      }
    }
    if (nested instanceof protobuf.Namespace) setDefaults(nested);
  }
}

/** The bytes are not a message of the expected type: bad input from outside, or damage. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Reads int64 fields as numbers and refuses those that a number cannot hold. */
class NumberReader extends protobuf.BufferReader {
  private varint(signed: boolean): number {
    let result = 0;
    let scale = 1;
    const start = this.pos;
    for (let i = 0; i < 8; i++) {
      if (this.pos >= this.len) throw new DecodeError('a number is cut off');
      const byte = this.buf[this.pos++] as number;
      result += (byte & 0x7f) * scale;
      if (byte < 0x80) return safe(result);
      scale *= 128;
    }
    this.pos = start;
    return this.longVarint(signed);
  }

  /** Nine or ten bytes: a negative number, or one that is out of range. */
  private longVarint(signed: boolean): number {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.pos >= this.len) throw new DecodeError('a number is cut off');
      const byte = this.buf[this.pos++] as number;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return safe(Number(signed ? BigInt.asIntN(64, result) : BigInt.asUintN(64, result)));
    }
    throw new DecodeError('a number has more than ten bytes');
  }

  // protobufjs declares Long as the result; the generated types (made with --longs=Number) say number.
  override int64(): never {
    return this.varint(true) as never;
  }
  override uint64(): never {
    return this.varint(false) as never;
  }
  /** protobufjs would shorten a text that is cut off. */
  override string(): string {
    const start = this.pos;
    const length = this.uint32();
    if (this.pos + length > this.len) throw new DecodeError('a text is cut off');
    this.pos = start;
    return super.string();
  }
  override fixed64(): never {
    const low = this.fixed32();
    const high = this.fixed32();
    return safe(high * 4_294_967_296 + low) as never;
  }
}

function safe(value: number): number {
  if (!Number.isSafeInteger(value)) throw new DecodeError('a 64-bit number is out of range');
  return value;
}

/** Coder of one message type: `In` is what may be given to encode, `Out` what decode returns. */
export interface Message<In extends object, Out extends object> {
  readonly name: string;
  encode(value: In): Buffer;
  /** @throws DecodeError when the bytes are not such a message */
  decode(bytes: Uint8Array): Out;
}

export function message<In extends object, Out extends object>(name: string): Message<In, Out> {
  const type = root.lookupType(name);
  return {
    name,
    encode: (value) => type.encode(value).finish() as Buffer,
    decode(bytes) {
      const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      try {
        return type.decode(new NumberReader(buffer)) as object as Out;
      } catch (error) {
        if (error instanceof DecodeError) throw error;
        throw new DecodeError(`not a ${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

/** A method of a gRPC service with its coders; the shape grpc-js wants for clients and servers. */
export interface Method<Req extends object, ReqOut extends object, Res extends object, ResOut extends object> {
  readonly service: string;
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly request: Message<Req, ReqOut>;
  readonly response: Message<Res, ResOut>;
}

export function method<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
  service: string,
  name: string,
  request: Message<Req, ReqOut>,
  response: Message<Res, ResOut>,
): Method<Req, ReqOut, Res, ResOut> {
  const found = root.lookupService(service).methods[name];
  if (!found) throw new AssertionFailure(`${service} has no method ${name}`);
  found.resolve();
  if (
    found.resolvedRequestType?.fullName !== `.${request.name}` ||
    found.resolvedResponseType?.fullName !== `.${response.name}`
  )
    throw new AssertionFailure(`${service}.${name} has other message types`);
  return {
    service,
    path: `/${service}/${name}`,
    requestStream: found.requestStream ?? false,
    responseStream: found.responseStream ?? false,
    request,
    response,
  };
}
