/** The native API and what members write and send. 64-bit numbers are numbers: ids and revisions of ours are safe integers. */
import { NumberReader } from './number-reader.js';
import { type Message, type Method, Schema } from './schema.js';

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

const schema = new Schema({ files: protoFiles, reader: NumberReader, zero: 0, keepCase: false });

export function message<In extends object, Out extends object>(name: string): Message<In, Out> {
  return schema.message(name);
}

export function method<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
  service: string,
  name: string,
  request: Message<Req, ReqOut>,
  response: Message<Res, ResOut>,
): Method<Req, ReqOut, Res, ResOut> {
  return schema.method(service, name, request, response);
}
