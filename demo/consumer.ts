/** A consumer of the compute service. It knows no address and no operation of its own: both come, live, from the cluster. */
import { credentials } from '@grpc/grpc-js';
import type { QuorateClient } from 'quorate';
import { useClient } from 'quorate/grpc';
import { z } from 'zod';
import { type ComputeClient, compute, type Result } from './compute.js';

export interface Answer extends Result {
  readonly operation: string;
}

/** What the documents of namespace `demo` must look like. */
const settings = z.object({ operation: z.enum(['multiply', 'add']) });

/** Calculations may be carried out twice, so calls that a provider did not answer are tried on another one. */
const retries = {
  methodConfig: [
    {
      name: [{}],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.02s',
        maxBackoff: '0.2s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

export class Consumer {
  private readonly client: ComputeClient;
  private readonly settings;

  constructor(quorate: QuorateClient) {
    this.settings = quorate.config.bind('demo', '', settings);
    useClient(quorate);
    this.client = new compute('quorate:///compute?namespace=demo', credentials.createInsecure(), {
      'grpc.service_config': JSON.stringify(retries),
    });
  }

  /** Resolves when the first state is there. */
  async ready(): Promise<void> {
    await this.settings.ready();
    await new Promise<void>((resolve, reject) =>
      this.client.waitForReady(Date.now() + 30_000, (error) => (error ? reject(error) : resolve())),
    );
  }

  /** Asks for the operation that the configuration names at this moment. */
  ask(x: number, y: number): Promise<Answer> {
    const { operation } = this.settings.current;
    return new Promise((resolve, reject) =>
      this.client.Calculate({ x, y, operation }, { deadline: Date.now() + 5_000 }, (error, result) =>
        error ? reject(error) : resolve({ ...result, operation }),
      ),
    );
  }

  close(): void {
    this.client.close();
    this.settings.close();
  }
}
