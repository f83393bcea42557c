import type { Server } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProto } from 'grpc-health-check';
import { protoDirectory } from '../proto/schema.js';

/** What callers may know of; the proto files of the inside stay inside. */
const publicFiles = ['quorate/v1/config.proto', 'quorate/v1/registry.proto', 'quorate/v1/cluster.proto', healthProto];

/** Server reflection (v1 and v1alpha): generic tools such as grpcurl learn the API from the running member. */
export function addReflection(server: Server): void {
  new ReflectionService(loadSync(publicFiles, { includeDirs: [protoDirectory] })).addToServer(server);
}
