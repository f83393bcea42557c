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

const noBytes = Buffer.alloc(0);

/** The bytes are not a message of the expected type: bad input from outside, or damage. */
export class DecodeError extends Error {
  override readonly name = 'DecodeError';
}

/** Coder of one message type: `In` is what may be given to encode, `Out` what decode returns. */
export interface Message<In extends object, Out extends object> {
  readonly name: string;
  encode(value: In): Buffer;
  /** @throws DecodeError when the bytes are not such a message */
  decode(bytes: Uint8Array): Out;
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

export interface SchemaOptions {
  /** Relative to `proto/`. */
  readonly files: readonly string[];
  readonly reader: new (bytes: Buffer) => protobuf.Reader;
  /** What a decoded message shows for an absent 64-bit number. */
  readonly zero: number | string;
  /** Fields keep the names of the .proto files; else they are in camel case. */
  readonly keepCase: boolean;
}

/** The messages and services of some .proto files. */
export class Schema {
  readonly root = new protobuf.Root();

  constructor(private readonly options: SchemaOptions) {
    const { files, keepCase } = options;
    this.root.resolvePath = (_origin, target) => (path.isAbsolute(target) ? target : path.join(protoDirectory, target));
    this.root.loadSync([...files], { keepCase });
    this.root.resolveAll();
    this.setDefaults(this.root);
  }

  message<In extends object, Out extends object>(name: string): Message<In, Out> {
    const type = this.root.lookupType(name);
    const { reader: Reader } = this.options;
    return {
      name,
      encode: (value) => type.encode(value).finish() as Buffer,
      decode(bytes) {
        const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        try {
          return type.decode(new Reader(buffer)) as object as Out;
        } catch (error) {
          if (error instanceof DecodeError) throw error;
          throw new DecodeError(`not a ${name}: ${error instanceof Error ? error.message : String(error)}`);
        }
      },
    };
  }

  method<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    service: string,
    name: string,
    request: Message<Req, ReqOut>,
    response: Message<Res, ResOut>,
  ): Method<Req, ReqOut, Res, ResOut> {
    const found = this.root.lookupService(service).methods[name];
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

  /**
   * What a decoded message shows for an absent field, as the generated types say: zero for an int64 (protobufjs would show a Long), an empty Buffer for
   * bytes (protobufjs would show an array), and undefined for a field with presence (protobufjs would show the type's default).
   */
  private setDefaults(namespace: protobuf.NamespaceBase): void {
    for (const nested of namespace.nestedArray) {
      if (nested instanceof protobuf.Type) {
        const prototype = nested.ctor.prototype as Record<string, unknown>;
        for (const field of nested.fieldsArray) {
          if (field.partOf) prototype[field.name] = undefined;
          else if (field.long && !field.repeated) prototype[field.name] = this.options.zero;
          else if (field.type === 'bytes' && !field.repeated) prototype[field.name] = noBytes;
        }
      }
      if (nested instanceof protobuf.Namespace) this.setDefaults(nested);
    }
  }
}
