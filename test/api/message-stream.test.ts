import { once } from 'node:events';
import { Client, credentials, Metadata, Server, ServerCredentials, type ServerWritableStream } from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcMessageStream } from '../../src/api/message-stream.js';
import { Code, QuorateError } from '../../src/base/errors.js';
import { limits } from '../../src/base/limits.js';
import { until } from '../support/until.js';
import { collect } from './api-client.js';

const bytes = (buffer: Buffer): Buffer => buffer;
let server: Server;
let client: Client;
let accepted: Promise<ServerWritableStream<Buffer, Buffer>>;

beforeEach(async () => {
  server = new Server({ 'grpc.enable_channelz': 0 });
  accepted = new Promise((resolve) => {
    const onCall = (call: ServerWritableStream<Buffer, Buffer>): void => resolve(call);
    server.register('/a/b', onCall, bytes, bytes, 'serverStream');
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
});
afterEach(() => {
  client.close();
  server.forceShutdown();
});

const open = () => client.makeServerStreamRequest('/a/b', bytes, bytes, Buffer.alloc(0), new Metadata());

test('messages arrive in order, and what comes after the end is dropped', async () => {
  const collected = collect(open());
  const stream = new GrpcMessageStream(await accepted);
  for (const text of ['a', '', 'c']) expect(stream.write(Buffer.from(text))).toBe(true);
  stream.end();
  expect(stream.write(Buffer.from('late'))).toBe(false);
  stream.end(new QuorateError('BUG', 'late'));
  const { messages, error } = await collected;
  expect(messages.map(String)).toEqual(['a', '', 'c']);
  expect(error).toBeUndefined();
});

test('an error comes after what was written, with code and reason', async () => {
  const collected = collect(open());
  const stream = new GrpcMessageStream(await accepted);
  stream.write(Buffer.from('a'));
  stream.end(new QuorateError('REVISION_COMPACTED', 'gone', { compacted: '5' }));
  const { messages, error } = await collected;
  expect(messages.map(String)).toEqual(['a']);
  expect(error).toEqual({
    code: Code.OUT_OF_RANGE,
    text: 'gone',
    reason: 'REVISION_COMPACTED',
    metadata: { compacted: '5' },
  });
});

test('a caller that does not read fills the queue, and drains it by reading', async () => {
  const incoming = open();
  const stream = new GrpcMessageStream(await accepted);
  let drains = 0;
  stream.onDrain(() => drains++);
  const message = Buffer.alloc(64 * 1024);
  stream.write(message);
  await once(incoming, 'data');
  incoming.pause();
  let written = 1;
  // Between the two ends are windows and buffers that take some before the queue grows.
  await until('the queue is full', () => {
    while (stream.write(message)) if (++written % 8 === 0) return false;
    written++;
    return true;
  });
  const drainsBefore = drains;
  expect(stream.write(message)).toBe(false);
  let received = 1;
  incoming.on('data', () => received++);
  incoming.resume();
  await until('it is drained', () => drains === drainsBefore + 1);
  stream.end();
  await once(incoming, 'end');
  expect(received).toBe(written + 1);
});

test('one message over the limit passes alone', async () => {
  const incoming = open();
  const stream = new GrpcMessageStream(await accepted);
  const drained = new Promise<void>((resolve) => stream.onDrain(resolve));
  expect(stream.write(Buffer.alloc(limits.watchQueueBytes))).toBe(false);
  const [message] = (await once(incoming, 'data')) as [Buffer];
  expect(message.length).toBe(limits.watchQueueBytes);
  await drained;
  stream.end();
});
