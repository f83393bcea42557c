/**
 * A provider of the compute service: a plain gRPC server with the usual health service. It knows nothing of Quorate; `quorate run` registers it.
 *
 *   quorate run --service demo/compute --port auto --check grpc -- npx tsx demo/provider.ts
 */
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import { compute, type Result, type Task } from './compute.js';

const { PORT = '5000', QUORATE_INSTANCE = `compute/${process.pid}` } = process.env;
const provider = QUORATE_INSTANCE.split('/').at(-1) ?? '';

const operations: Readonly<Record<string, (x: number, y: number) => number>> = {
  multiply: (x, y) => x * y,
  add: (x, y) => x + y,
};

const server = new Server();
server.addService(compute.service, {
  Calculate({ request: { x, y, operation }, metadata }: ServerUnaryCall<Task, Result>, done: sendUnaryData<Result>) {
    const calculate = operations[operation];
    // grpc-js says with each call how often it was tried before.
    const [before = '0'] = metadata.get('grpc-previous-rpc-attempts');
    if (calculate) done(null, { result: calculate(x, y), provider, attempt: Number(before) + 1 });
    else done({ code: status.INVALID_ARGUMENT, details: `unknown operation ${operation}` });
  },
});
new HealthImplementation({ '': 'SERVING' }).addToServer(server);
server.bindAsync(`127.0.0.1:${PORT}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log(`${provider} is process ${process.pid}`);
});

// By then nobody sends anything new: what runs is finished.
process.once('SIGTERM', () => server.tryShutdown(() => process.exit()));
