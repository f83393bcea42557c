/** Asks one particular member, which the client library (it goes to any member) does not do. */
import { Client, credentials } from '@grpc/grpc-js';
import { failureOf } from '../client/errors.js';
import type { Method } from '../proto/codec.js';
import { clusterService, type ListMembersResponse, registryService, type StatusResponse } from '../proto/quorate.js';

export class Probe {
  private readonly client: Client;

  /** @param address "host:port" of the member's client port */
  constructor(readonly address: string) {
    this.client = new Client(address, credentials.createInsecure(), {
      'grpc.enable_channelz': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 500,
    });
  }

  /** What the member says of itself; needs no quorum. Rejects when it does not answer in `timeoutMs`. */
  status(timeoutMs: number, withStateHash = false): Promise<StatusResponse> {
    return this.call(clusterService.status, { withStateHash }, timeoutMs);
  }

  /** Who belongs to the cluster, as this member knows it. */
  members(timeoutMs: number): Promise<ListMembersResponse> {
    return this.call(clusterService.listMembers, {}, timeoutMs);
  }

  /** A linearizable read through the member: resolves when the cluster answers. */
  async read(timeoutMs: number): Promise<void> {
    await this.call(registryService.listServices, { namespace: 'quorate' }, timeoutMs);
  }

  close(): void {
    this.client.close();
  }

  private call<Req extends object, ReqOut extends object, Res extends object, ResOut extends object>(
    method: Method<Req, ReqOut, Res, ResOut>,
    request: Req,
    timeoutMs: number,
  ): Promise<ResOut> {
    return new Promise((resolve, reject) => {
      this.client.makeUnaryRequest<Req, ResOut>(
        method.path,
        (value) => method.request.encode(value),
        (bytes) => method.response.decode(bytes),
        request,
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (response) resolve(response);
          else reject(error ? failureOf(error, this.address).error : new Error(`${this.address} sent an empty answer`));
        },
      );
    });
  }
}
