/** `quorate.v1.RegistryService`. */

import { QuorateError } from '../../base/errors.js';
import { NO_LEASE } from '../../base/ids.js';
import {
  type DeregisterRequest,
  type DeregisterResponseIn,
  type RegisterRequest,
  type RegisterResponseIn,
  type ResponseHeaderIn,
  registryService,
  type SetStatusRequest,
  type SetStatusResponseIn,
} from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { HandlerTable } from '../handlers.js';
import { KeepAliveBatcher, KeepAliveConversation } from '../keep-alive.js';
import type { UnaryCall } from '../unary-call.js';
import { onAcknowledge, onDrain } from './drain.js';
import { checkInstance, instanceJson } from './instance.js';
import { checkStatus } from './instance-status.js';
import { nativeKeepAlive } from './keep-alive-words.js';
import { onListInstances, onListServices } from './registry-list.js';
import { onGetService, onPutService } from './service.js';
import {
  checkInstanceId,
  checkLabel,
  checkLease,
  checkNamespace,
  checkRequestId,
  checkServiceName,
  checkTtl,
} from './validate.js';
import { watchRegistry } from './watch-registry.js';

export function serveRegistry(table: HandlerTable, replica: Replica): void {
  const batcher = new KeepAliveBatcher(replica);
  const words = nativeKeepAlive(replica);
  table.unary(registryService.register, onRegister);
  table.unary(registryService.deregister, onDeregister);
  table.unary(registryService.setStatus, onSetStatus);
  table.unary(registryService.drain, onDrain);
  table.unary(registryService.acknowledge, onAcknowledge);
  table.unary(registryService.putService, onPutService);
  table.unary(registryService.getService, onGetService);
  table.unary(registryService.listServices, onListServices);
  table.unary(registryService.listInstances, onListInstances);
  table.bidi(registryService.keepAlive, (stream, input) => new KeepAliveConversation(words, batcher, stream, input));
  table.serverStream(registryService.watch, (request, stream, fail) => watchRegistry(replica, request, stream, fail));
}

function onRegister(request: RegisterRequest, call: UnaryCall<RegisterResponseIn>): void {
  const { instance, requestId } = request;
  if (!instance) throw new QuorateError('INVALID_FIELD', 'instance is missing', { field: 'instance' });
  checkInstance(instance);
  checkRequestId(requestId);
  const lease = request.lease === '' ? NO_LEASE : checkLease(request.lease);
  if (lease === NO_LEASE) checkTtl(request.ttlMs);
  const { namespace, service, id } = instance;
  const json = instanceJson(instance, Date.now());
  call.submit(
    { kind: 'register', namespace, service, instance: id, json, lease, ttlMs: request.ttlMs },
    requestId,
    'register',
    (result, header) => ({ header, lease: result.lease, ttlMs: result.ttlMs }),
  );
}

function onDeregister(request: DeregisterRequest, call: UnaryCall<DeregisterResponseIn>): void {
  const { namespace, service, id, requestId } = request;
  checkInstanceName(request);
  checkRequestId(requestId);
  const lease = request.lease === '' ? NO_LEASE : checkLease(request.lease);
  call.submit({ kind: 'deregister', namespace, service, instance: id, lease }, requestId, 'deregister', onlyHeader);
}

function onSetStatus(request: SetStatusRequest, call: UnaryCall<SetStatusResponseIn>): void {
  const { namespace, service, id, reason, requestId } = request;
  checkInstanceName(request);
  checkRequestId(requestId);
  const status = checkStatus(request.status);
  checkLabel(reason, 'reason');
  const name = { namespace, service, instance: id };
  const command = { kind: 'setStatus' as const, ...name, status, reason, atMs: Date.now() };
  call.submit(command, requestId, 'setStatus', onlyHeader);
}

interface InstanceName {
  readonly namespace: string;
  readonly service: string;
  readonly id: string;
}

function checkInstanceName({ namespace, service, id }: InstanceName): void {
  checkNamespace(namespace);
  checkServiceName(service);
  checkInstanceId(id);
}

function onlyHeader(_result: object, header: ResponseHeaderIn): { header: ResponseHeaderIn } {
  return { header };
}
