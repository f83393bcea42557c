/** The compute service of demo/compute.proto, typed by hand: a program would use the generator of its choice. */
import { fileURLToPath } from 'node:url';
import {
  type ChannelCredentials,
  type ChannelOptions,
  type Client,
  type ClientUnaryCall,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

export interface Task {
  readonly x: number;
  readonly y: number;
  readonly operation: string;
}

export interface Result {
  readonly result: number;
  readonly provider: string;
  readonly attempt: number;
}

export interface ComputeClient extends Client {
  Calculate(
    task: Task,
    options: { deadline: number },
    done: (error: ServiceError | null, result: Result) => void,
  ): ClientUnaryCall;
}

interface ComputeConstructor {
  new (target: string, credentials: ChannelCredentials, options?: ChannelOptions): ComputeClient;
  readonly service: ServiceDefinition;
}

const file = fileURLToPath(new URL('compute.proto', import.meta.url));
const { demo } = loadPackageDefinition(loadSync(file, { defaults: true })) as {
  readonly demo: { readonly Compute: ComputeConstructor };
} & GrpcObject;

/** What grpc-js has made of the file. */
export const compute = demo.Compute;
