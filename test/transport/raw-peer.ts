/** Peers that are no transports: bare streams, servers and sockets that misbehave on purpose. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import {
  Client,
  type ClientWritableStream,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import { Envelope, peer } from '../../src/proto/peer.js';

export type Cleanups = (() => unknown)[];

const same = (bytes: Buffer) => bytes;

export interface RawStream {
  readonly call: ClientWritableStream<Buffer>;
  /** The addressee has accepted the stream. */
  readonly accepted: Promise<void>;
  /** The reason for which it ended. */
  readonly ended: Promise<ServiceError | undefined>;
}

/** An Exchange stream with any metadata on which anything may be written. */
export function rawStream(address: string, metadata: Metadata, cleanups: Cleanups): RawStream {
  const client = new Client(address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  cleanups.push(() => client.close());
  let end: (error: ServiceError | undefined) => void = () => {};
  const ended = new Promise<ServiceError | undefined>((resolve) => {
    end = resolve;
  });
  const call = client.makeClientStreamRequest<Buffer, Buffer>(peer.exchange.path, same, same, metadata, (error) =>
    end(error ?? undefined),
  );
  call.on('error', () => undefined);
  const accepted = once(call, 'metadata').then(() => undefined);
  return { call, accepted, ended };
}

/** A peer that accepts every stream and counts the messages of each envelope. */
export async function countingPeer(address: string, cleanups: Cleanups): Promise<{ readonly envelopes: number[] }> {
  const envelopes: number[] = [];
  const server = new Server();
  cleanups.push(() => server.forceShutdown());
  const definition = { path: peer.exchange.path, requestStream: true, responseStream: false };
  const coders = {
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
  server.addService(
    { exchange: { ...definition, ...coders } },
    {
      exchange(call: ServerReadableStream<Buffer, Buffer>) {
        call.on('error', () => undefined);
        call.on('data', (bytes: Buffer) => envelopes.push(Envelope.decode(bytes).messages.length));
        call.sendMetadata(new Metadata());
      },
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error) => (error ? reject(error) : resolve()));
  });
  return { envelopes };
}

/** A port that does `serve` with each connection; `count` grows with each. */
export async function listener(address: string, serve: (socket: Socket) => void, cleanups: Cleanups) {
  const sockets = new Set<Socket>();
  const state = { count: 0, close: () => {} };
  const server = createServer((socket) => {
    state.count++;
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  state.close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  cleanups.push(state.close);
  server.listen(portOf(address), '127.0.0.1');
  await once(server, 'listening');
  return state;
}

/** Another process that accepts every stream, for killing. */
export async function spawnPeer(address: string, cleanups: Cleanups): Promise<ChildProcess> {
  const program = `
    import grpc from '@grpc/grpc-js';
    const same = (bytes) => bytes;
    const server = new grpc.Server();
    server.addService(
      { exchange: { path: '${peer.exchange.path}', requestStream: true, responseStream: false,
          requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same } },
      { exchange: (call) => { call.on('error', () => {}); call.resume(); call.sendMetadata(new grpc.Metadata()); } },
    );
    server.bindAsync('${address}', grpc.ServerCredentials.createInsecure(), () => console.log('up'));
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanups.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** Sends bytes to a port and waits until the other side closes the connection or takes no notice of its end. */
export async function throwAt(address: string, bytes: Buffer): Promise<void> {
  const socket = connect(portOf(address), '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  socket.end(bytes);
  await once(socket, 'close');
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
