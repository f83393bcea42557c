/** An instance that stays registered until its handle is closed. */
import { QuorateError } from '../base/errors.js';
import { Backoff } from './backoff.js';
import type { Connection } from './connection.js';
import type { Drained, DrainOptions } from './drain.js';
import { cancelled, messageOf, reasonOf } from './errors.js';
import type { InstanceData, InstanceRef, InstanceStatus } from './instance.js';
import type { KeepAlives } from './keep-alive.js';
import type { CallOptions } from './options.js';

export type RegistrationState = 'registered' | 'lost' | 'reregistered' | 'closed';

export interface RegistrationOptions extends CallOptions {
  /** The instance disappears this long after its owner fell silent, milliseconds: 1,000 to 86,400,000; 10,000 unless told. */
  readonly ttlMs?: number;
  /** Remove the instance on close (default), or leave it until its lease runs out. */
  readonly deregisterOnClose?: boolean;
  /** Hears of every change of the state: `lost` when the lease was gone, `reregistered` when a new one is held. */
  readonly onStateChange?: (state: RegistrationState) => void;
}

/** The calls that a registration makes; the registry client has them. */
export interface RegistryCalls {
  grant(
    instance: InstanceData,
    options: CallOptions & { ttlMs?: number; lease?: string },
  ): Promise<{ readonly lease: string; readonly ttlMs: number }>;
  deregister(ref: InstanceRef, options: CallOptions & { lease?: string }): Promise<unknown>;
  setStatus(ref: InstanceRef, status: InstanceStatus, options?: CallOptions): Promise<unknown>;
  drain(ref: InstanceRef, options?: DrainOptions): Promise<Drained>;
}

/** Pause before a refused re-registration is tried again; failures of members are retried by the call itself. */
const retryStartMs = 100;
const retryCapMs = 5_000;

export class Registration {
  private data: InstanceData;
  private leaseId: string;
  private readonly ttlMs: number;
  private current: RegistrationState = 'registered';
  /** Registering anew; settles when that has succeeded or the handle is closed, and never fails. */
  private restoring: Promise<void> | undefined;
  private endPause: (() => void) | undefined;
  /** close() was called. */
  private ending = false;
  private closing: Promise<void> | undefined;

  /** Made by register(). */
  constructor(
    private readonly calls: RegistryCalls,
    private readonly keepAlives: KeepAlives,
    private readonly connection: Connection,
    instance: InstanceData,
    granted: { readonly lease: string; readonly ttlMs: number },
    private readonly options: RegistrationOptions | undefined,
    private readonly onClosed: () => void,
  ) {
    this.data = instance;
    this.leaseId = granted.lease;
    this.ttlMs = granted.ttlMs;
    this.keep();
    this.tell('registered');
  }

  /** The instance as its owner wants it. */
  get instance(): InstanceData {
    return this.data;
  }

  /** The lease that it hangs on; changes when it is registered anew. */
  get lease(): string {
    return this.leaseId;
  }

  get state(): RegistrationState {
    return this.current;
  }

  /** Changes the status, also for later re-registrations. */
  async setStatus(status: InstanceStatus, options?: CallOptions): Promise<void> {
    this.mustBeOpen();
    this.data = { ...this.data, status };
    if (this.restoring === undefined) {
      try {
        await this.calls.setStatus(this.data, status, options);
        return;
      } catch (error) {
        if (reasonOf(error) !== 'INSTANCE_NOT_FOUND') throw error;
        this.onLost();
      }
    }
    await this.restored(options);
  }

  /** Drains the instance, which stays registered as DRAINING until the handle is closed: see drain() of the registry client. */
  async drain(options?: DrainOptions): Promise<Drained> {
    this.mustBeOpen();
    this.data = { ...this.data, status: 'DRAINING' };
    if (this.restoring === undefined) {
      try {
        return await this.calls.drain(this.data, options);
      } catch (error) {
        if (reasonOf(error) !== 'INSTANCE_NOT_FOUND') throw error;
        this.onLost();
      }
    }
    await this.restored(options);
    return this.calls.drain(this.data, options);
  }

  /** Changes what is said about the instance, all but its name. */
  async update(changes: Partial<Omit<InstanceData, keyof InstanceRef>>, options?: CallOptions): Promise<void> {
    this.mustBeOpen();
    this.data = { ...this.data, ...changes };
    if (this.restoring === undefined) {
      try {
        await this.calls.grant(this.data, { ...options, lease: this.leaseId });
        return;
      } catch (error) {
        if (reasonOf(error) !== 'LEASE_NOT_FOUND') throw error;
        this.onLost();
      }
    }
    await this.restored(options);
  }

  /**
   * Ends the keep-alives and removes the instance, unless another owner has taken its name. Never fails: what cannot be removed now goes when
   * the lease runs out.
   */
  close(options?: CallOptions): Promise<void> {
    this.closing ??= this.shutDown(options?.timeoutMs ?? this.connection.timeoutMs, options?.signal);
    return this.closing;
  }

  private async shutDown(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    this.ending = true;
    this.keepAlives.forget(this.leaseId);
    this.endPause?.();
    const { log } = this.connection.ring;
    const { namespace, service, id } = this.data;
    // A re-registration under way may still succeed and would then outlive this handle.
    const settled = this.restoring === undefined || (await within(this.restoring, timeoutMs));
    if (settled && this.options?.deregisterOnClose !== false) {
      try {
        await this.calls.deregister({ namespace, service, id }, { lease: this.leaseId, timeoutMs, signal });
      } catch (error) {
        const reason = reasonOf(error);
        if (reason !== 'INSTANCE_NOT_FOUND' && reason !== 'LEASE_MISMATCH')
          log.warn({ namespace, service, id, error: messageOf(error) }, 'not deregistered: its lease will run out');
      }
    }
    this.onClosed();
    this.tell('closed');
  }

  private keep(): void {
    this.keepAlives.keep(this.leaseId, this.ttlMs, () => this.onLost());
  }

  private onLost(): void {
    if (this.ending || this.restoring !== undefined) return;
    this.keepAlives.forget(this.leaseId);
    const { namespace, service, id } = this.data;
    this.connection.ring.log.warn({ namespace, service, id }, 'a registration was lost: registering anew');
    // In this order, so that a listener which calls update() finds the restoring under way.
    this.restoring = this.restore();
    this.tell('lost');
  }

  private async restore(): Promise<void> {
    const backoff = new Backoff(retryStartMs, retryCapMs, this.connection.ring.random);
    let lease: string | undefined;
    let sent: InstanceData | undefined;
    // Once more on the new lease when the data changed meanwhile.
    while (sent !== this.data && !this.ending && !this.connection.closed) {
      const data = this.data;
      try {
        const granted = await this.calls.grant(data, { ttlMs: this.ttlMs, lease });
        lease = granted.lease;
        this.leaseId = granted.lease;
        sent = data;
      } catch (error) {
        if (reasonOf(error) === 'LEASE_NOT_FOUND') lease = undefined;
        if (this.connection.closed) break;
        this.connection.ring.log.warn({ error: messageOf(error) }, 'registering anew failed');
        await this.pause(backoff.next());
      }
    }
    this.restoring = undefined;
    if (this.ending || sent === undefined) return;
    this.keep();
    this.tell('reregistered');
  }

  private pause(ms: number): Promise<void> {
    if (this.ending) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  private async restored(options: CallOptions | undefined): Promise<void> {
    const timeoutMs = options?.timeoutMs ?? this.connection.timeoutMs;
    const settled = this.restoring === undefined || (await within(this.restoring, timeoutMs));
    if (this.ending) throw cancelled('the registration was closed');
    if (!settled) throw new QuorateError('DEADLINE_EXCEEDED', `not registered anew within ${timeoutMs} ms`);
  }

  private mustBeOpen(): void {
    if (this.ending) throw cancelled('the registration is closed');
  }

  private tell(state: RegistrationState): void {
    this.current = state;
    try {
      this.options?.onStateChange?.(state);
    } catch (error) {
      this.connection.ring.log.error({ error: messageOf(error) }, 'a listener of a registration failed');
    }
  }
}

/** Whether the promise, which never fails, settles in time. */
function within(promise: Promise<void>, ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), ms);
    void promise.then(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}
