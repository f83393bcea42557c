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
  private formerLease: LeaseId = NO_LEASE;
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
    else if (dice < 0.15) this.setStatus();
    else if (dice < 0.19) this.setHealth();
    else if (dice < 0.22) this.putService();
    else if (dice < 0.4) this.hang();
    else this.keepAlive();
  }

  private register(): void {
    const tag = this.around.nextTag();
    this.ttlMs = 1_000 + Math.floor(this.random() * 2_000);
    const checks = this.random() < 0.5 ? [{ tcp: {} }] : undefined;
    // Never the endpoint of an earlier one, so that no health is kept: then it would look like a change of health.
    const json = Buffer.from(JSON.stringify({ id: `i${this.number}`, address: tag, zone: tag, checks }));
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
    const command = {
      kind: 'setStatus' as const,
      ...this.name(),
      status: this.random() < 0.5 ? 'UP' : 'DRAINING',
      reason: '',
      atMs: 1,
    };
    this.call({ tag: this.around.nextTag(), command, requestId: '' }, () => {});
  }

  /** What a check found: of this registration, or one that came to nothing long ago. */
  private setHealth(): void {
    const { lease, formerLease } = this;
    const health = this.random() < 0.5 ? ('PASSING' as const) : ('FAILING' as const);
    const checked = this.random() < 0.8 ? lease : formerLease;
    const command = { kind: 'setHealth' as const, ...this.name(), health, reason: 'checked', atMs: 1, lease: checked };
    this.call({ tag: this.around.nextTag(), command, requestId: '' }, () => {});
  }

  /** Short windows and holds, so that guards step in and let go within a run. */
  private putService(): void {
    const { random } = this;
    const guard = {
      off: random() < 0.1,
      percent: 20 + Math.floor(random() * 60),
      atLeast: 1 + Math.floor(random() * 2),
      windowMs: String(1_000 + Math.floor(random() * 3_000)),
      holdMs: String(1_000 + Math.floor(random() * 6_000)),
    };
    const checks = random() < 0.5 ? [{ tcp: {} }] : undefined;
    const { namespace, service } = this.name();
    const json = Buffer.from(JSON.stringify({ guard, checks }));
    const command = { kind: 'putService' as const, namespace, service, json, ifVersion: undefined };
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
    this.formerLease = this.lease;
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
