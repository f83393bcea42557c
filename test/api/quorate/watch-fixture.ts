/** Watch streams of the native API on a fake member, with a consumer that reads when the test says so. */
import { createHash } from 'node:crypto';
import { expect, vi } from 'vitest';
import type { MessageStream, Running } from '../../../src/api/message-stream.js';
import { instanceJson } from '../../../src/api/quorate/instance.js';
import { watchConfig } from '../../../src/api/quorate/watch-config.js';
import { watchRegistry } from '../../../src/api/quorate/watch-registry.js';
import type { QuorateError } from '../../../src/base/errors.js';
import { type LeaseId, NO_LEASE, type Revision } from '../../../src/base/ids.js';
import type { ConfigChange, Outcome } from '../../../src/machine/types.js';
import { InstanceStatus } from '../../../src/proto/gen/quorate/v1/InstanceStatus.js';
import {
  type Instance,
  WatchConfigRequest,
  type WatchConfigRequestIn,
  WatchConfigResponse,
  WatchRegistryRequest,
  type WatchRegistryRequestIn,
  WatchRegistryResponse,
} from '../../../src/proto/quorate.js';
import type { FakeReplica } from '../../support/fake-replica.js';

/** A stream whose queue is as full as the test lets it become. */
export class TestStream implements MessageStream {
  readonly messages: Buffer[] = [];
  /** Bytes after which it is full; infinite: the consumer reads everything at once. */
  capacity = Number.POSITIVE_INFINITY;
  queued = 0;
  peak = 0;
  ended = false;
  error: QuorateError | undefined;
  private full = false;
  private drained: () => void = () => {};

  write(message: Buffer): boolean {
    if (this.full) throw new Error('written to a full stream');
    if (this.ended) throw new Error('written to a stream that has ended');
    this.messages.push(message);
    if (this.capacity === Number.POSITIVE_INFINITY) return true;
    this.queued += message.length;
    this.peak = Math.max(this.peak, this.queued);
    this.full = this.queued >= this.capacity;
    return !this.full;
  }

  onDrain(callback: () => void): void {
    this.drained = callback;
  }

  end(error?: QuorateError): void {
    this.ended = true;
    this.error = error;
  }

  /** The consumer reads what is queued. */
  drain(): void {
    this.queued = 0;
    if (!this.full) return;
    this.full = false;
    this.drained();
  }
}

export interface Opened<Response> extends Running {
  readonly stream: TestStream;
  /** Messages since the last call, decoded. */
  take(): Response[];
}

/** What the streams threw after they had begun; a test ends with none. */
export const failures: unknown[] = [];

function opened<Response>(running: Running, stream: TestStream, decode: (bytes: Buffer) => Response): Opened<Response> {
  return {
    stream,
    cancel: () => running.cancel(),
    take: () => stream.messages.splice(0).map(decode),
  };
}

export function openConfig(replica: FakeReplica, request: WatchConfigRequestIn, stream = new TestStream()) {
  const decoded = WatchConfigRequest.decode(WatchConfigRequest.encode(request));
  const running = watchConfig(replica, decoded, stream, (thrown) => void failures.push(thrown));
  return opened(running, stream, (bytes) => WatchConfigResponse.decode(bytes));
}

export function openRegistry(replica: FakeReplica, request: WatchRegistryRequestIn, stream = new TestStream()) {
  const decoded = WatchRegistryRequest.decode(WatchRegistryRequest.encode(request));
  const running = watchRegistry(replica, decoded, stream, (thrown) => void failures.push(thrown));
  return opened(running, stream, (bytes) => WatchRegistryResponse.decode(bytes));
}

/** Timers and clock stand still until the test moves them; turns of the event loop go on. */
export function holdClock(): void {
  vi.useFakeTimers({ toFake: ['performance', 'setInterval', 'clearInterval', 'setTimeout', 'clearTimeout'] });
}

/** Enough turns of the event loop for everything that is under way. */
export async function turns(count = 30): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Publishes in one revision: a text per key, undefined deletes. */
export function publish(
  replica: FakeReplica,
  documents: Record<string, string | undefined>,
  namespace = 'ns',
): Revision {
  const changes = Object.entries(documents).map(([key, text]): ConfigChange => {
    if (text === undefined) return { namespace, key, content: 'delete', ifVersion: undefined };
    const value = Buffer.from(text);
    const sha256 = createHash('sha256').update(value).digest('hex');
    return { namespace, key, content: { value, contentType: 'text/plain', sha256 }, ifVersion: undefined };
  });
  const author = 'someone';
  return applied(
    replica.apply({ kind: 'configPublish', changes, preconditions: [], author, comment: 'why', publishedAtMs: 5 }),
  );
}

export function register(replica: FakeReplica, service: string, id: string, fields: Partial<Instance> = {}): Revision {
  const json = instanceJson(instance(service, id, fields), 7);
  const lease: LeaseId = NO_LEASE;
  return applied(
    replica.apply({ kind: 'register', namespace: 'ns', service, instance: id, json, lease, ttlMs: 60_000 }),
  );
}

export function deregister(replica: FakeReplica, service: string, id: string): Revision {
  return applied(replica.apply({ kind: 'deregister', namespace: 'ns', service, instance: id, lease: NO_LEASE }));
}

export function compact(replica: FakeReplica, revision: Revision = replica.machine.revision): void {
  applied(replica.apply({ kind: 'compact', revision }));
}

function applied({ result, revision }: Outcome): Revision {
  expect(result.kind === 'error' ? result : undefined).toBeUndefined();
  return revision;
}

function instance(service: string, id: string, fields: Partial<Instance>): Instance {
  return {
    namespace: 'ns',
    service,
    id,
    address: '10.0.0.1',
    port: 80,
    weight: 100,
    zone: '',
    version: '',
    metadata: {},
    status: InstanceStatus.UP,
    lease: '',
    createRevision: 0,
    revision: 0,
    registeredAtMs: 0,
    checks: [],
    ports: {},
    health: 0,
    healthReason: '',
    healthChangedAtMs: 0,
    statusReason: '',
    statusChangedAtMs: 0,
    ...fields,
  };
}
