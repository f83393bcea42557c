/** Service instances: register, keep alive through any member, deregister or fall silent. */
import { type Key, type LeaseId, NO_LEASE } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { Leases } from './checkers/leases.js';
import type { SimMember } from './members.js';
import type { Surroundings } from './traffic.js';

export class Session {
  active = true;
  private readonly random: Random;
  private lease: LeaseId = NO_LEASE;
  private ttlMs = 0;

  constructor(
    private readonly around: Surroundings,
    private readonly leases: Leases,
    private readonly number: number,
  ) {
    this.random = around.world.random(`session ${number}`);
    this.after(this.random() * 1_000);
  }

  private after(milliseconds: number): void {
    const { world } = this.around;
    world.after(milliseconds, world.always, () => this.act());
  }

  private act(): void {
    if (!this.active) return;
    const dice = this.random();
    if (this.lease === NO_LEASE) this.register();
    else if (dice < 0.05) this.deregister();
    else if (dice < 0.1) this.fallSilent();
    else if (dice < 0.2) this.setStatus();
    else if (dice < 0.4) this.hang();
    else this.keepAlive();
  }

  private register(): void {
    const tag = this.around.nextTag();
    this.ttlMs = 1_000 + Math.floor(this.random() * 2_000);
    const json = Buffer.from(JSON.stringify({ id: `i${this.number}`, zone: tag }));
    const command = { kind: 'register' as const, ...this.name(), json, lease: NO_LEASE, ttlMs: this.ttlMs };
    this.call({ tag, command, requestId: this.random() < 0.5 ? tag : '' }, (result) => {
      if (result.kind === 'register') this.lease = result.lease;
    });
  }

  private keepAlive(): void {
    const calledAt = this.around.world.now;
    const { lease } = this;
    const command = { kind: 'leaseKeepAlive' as const, ids: [lease] };
    this.call({ tag: this.around.nextTag(), command, requestId: '' }, (result) => {
      if (result.kind !== 'leaseKeepAlive') return;
      if (result.ttlsMs[0] === 0) this.lease = NO_LEASE;
      else this.leases.onRenewed(lease, calledAt);
    });
  }

  private deregister(): void {
    const command = { kind: 'deregister' as const, ...this.name(), lease: this.random() < 0.5 ? this.lease : NO_LEASE };
    this.lease = NO_LEASE;
    this.call({ tag: this.around.nextTag(), command, requestId: '' }, () => {});
  }

  private setStatus(): void {
    const command = { kind: 'setStatus' as const, ...this.name(), status: this.random() < 0.5 ? 'UP' : 'DRAINING' };
    this.call({ tag: this.around.nextTag(), command, requestId: '' }, () => {});
  }

  /** Puts a key on the lease, or takes it off. */
  private hang(): void {
    const tag = this.around.nextTag();
    const key = `l${this.number}-${Math.floor(this.random() * 4)}` as Key;
    const lease = this.random() < 0.8 ? this.lease : NO_LEASE;
    const value = Buffer.from(`${tag} `);
    const how = { prevKv: false, ignoreValue: false, ignoreLease: false };
    const command = { kind: 'put' as const, key, value, lease, ...how };
    this.call({ tag, command, requestId: this.random() < 0.5 ? tag : '' }, () => {});
  }

  private fallSilent(): void {
    this.lease = NO_LEASE;
    this.after(this.ttlMs * 2 * this.random());
  }

  private call(
    operation: Parameters<Surroundings['calls']['write']>[1],
    done: (
      result: Extract<
        Parameters<Parameters<Surroundings['calls']['write']>[3]>[0],
        { kind: 'done' }
      >['outcome']['result'],
    ) => void,
  ): void {
    const { calls, members } = this.around;
    const member = members[Math.floor(this.random() * members.length)] as SimMember;
    calls.write(member, operation, this.ttlMs / 3, (answer) => {
      if (answer.kind === 'done') done(answer.outcome.result);
      else if (answer.kind === 'refused') this.lease = NO_LEASE;
    });
    this.after(this.ttlMs / 4);
  }

  private name(): { namespace: string; service: string; instance: string } {
    return { namespace: 'app', service: 's', instance: `i${this.number}` };
  }
}
