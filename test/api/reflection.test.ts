import { once } from 'node:events';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader';
import descriptor from 'protobufjs/ext/descriptor/index.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Api, startApi } from './api-client.js';

let api: Api;
let client: Client;
beforeEach(async () => {
  api = await startApi();
  client = new Client(`127.0.0.1:${api.server.port}`, credentials.createInsecure());
});
afterEach(async () => {
  client.close();
  await api.stop();
});

interface Answer {
  readonly listServicesResponse?: { readonly service: readonly { readonly name: string }[] };
  readonly fileDescriptorResponse?: { readonly fileDescriptorProto: readonly Buffer[] };
  readonly errorResponse?: { readonly errorCode: number };
}

const folder = path.dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json'));

/** What a generic tool does: the protocol's own proto file, nothing of ours. */
async function ask(version: string, request: object): Promise<Answer> {
  const file = path.join(folder, `build/proto/grpc/reflection/${version}/reflection.proto`);
  const service = loadSync(file)[`grpc.reflection.${version}.ServerReflection`] as ServiceDefinition;
  const method = service.ServerReflectionInfo;
  if (!method) throw new Error('the package has no ServerReflectionInfo');
  const stream = client.makeBidiStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    new Metadata(),
  );
  stream.write(request);
  const [answer] = (await once(stream, 'data')) as [Answer];
  stream.end();
  return answer;
}

interface FileDescriptor {
  readonly package: string;
  readonly service: readonly { readonly name: string; readonly method: readonly { readonly name: string }[] }[];
  readonly messageType: readonly { readonly name: string }[];
}

describe.each(['v1', 'v1alpha'])('reflection %s', (version) => {
  test('lists the public services and no other', async () => {
    const { listServicesResponse } = await ask(version, { listServices: '*' });
    expect(listServicesResponse?.service.map(({ name }) => name).sort()).toEqual([
      'grpc.health.v1.Health',
      'quorate.v1.ClusterService',
      'quorate.v1.ConfigService',
      'quorate.v1.RegistryService',
    ]);
  });

  test('describes a service with its messages', async () => {
    const { fileDescriptorResponse } = await ask(version, { fileContainingSymbol: 'quorate.v1.ConfigService' });
    const files = (fileDescriptorResponse?.fileDescriptorProto ?? []).map(
      (bytes) => descriptor.FileDescriptorProto.decode(bytes) as object as FileDescriptor,
    );
    expect(files.map((file) => file.package)).toEqual(['quorate.v1']);
    const services = files.flatMap((file) => file.service);
    const config = services.find(({ name }) => name === 'ConfigService');
    expect(config?.method.map(({ name }) => name)).toEqual([
      'Get',
      'List',
      'Put',
      'Delete',
      'Publish',
      'History',
      'Rollback',
      'Watch',
    ]);
    const messages = files.flatMap((file) => file.messageType.map(({ name }) => name));
    expect(messages).toEqual(expect.arrayContaining(['PutConfigRequest', 'PutConfigResponse', 'ResponseHeader']));
  });

  test('does not know the inside', async () => {
    const { errorResponse } = await ask(version, { fileContainingSymbol: 'quorate.internal.Command' });
    expect(errorResponse?.errorCode).toBe(5);
  });
});
