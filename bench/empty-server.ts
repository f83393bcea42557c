/** A grpc-js server in a process of its own whose one method does nothing: the most that any server on grpc-js can reach here. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Client, credentials, Server, ServerCredentials } from '@grpc/grpc-js';

const path = '/empty.Empty/Call';
const same = (bytes: Buffer): Buffer => bytes;

export interface EmptyServer {
  call(request: Buffer): Promise<Buffer>;
  stop(): void;
}

export async function startEmptyServer(): Promise<EmptyServer> {
  const child = fork(fileURLToPath(import.meta.url), ['serve']);
  const [port] = await once(child, 'message');
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.enable_channelz': 0 });
  return {
    call: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(path, same, same, request, (error, response) => {
          if (error) reject(error);
          else resolve(response ?? Buffer.alloc(0));
        });
      }),
    stop() {
      client.close();
      child.kill('SIGKILL');
    },
  };
}

function serve(): void {
  const server = new Server({ 'grpc.enable_channelz': 0 });
  const call = { path, requestStream: false, responseStream: false, requestSerialize: same, requestDeserialize: same };
  server.addService(
    { call: { ...call, responseSerialize: same, responseDeserialize: same } },
    { call: (_call: unknown, callback: (error: null, response: Buffer) => void) => callback(null, Buffer.alloc(16)) },
  );
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.send?.(port);
  });
}

if (process.argv[2] === 'serve') serve();
