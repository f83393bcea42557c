/** Clients that read and write: documents with and without request ids and preconditions, raw keys, transactions, reads of all kinds. */
import { createHash } from 'node:crypto';
import { type Key, NO_LEASE, type Revision } from '../../src/base/ids.js';
import type { Random } from '../../src/base/random.js';
import type { Command, ConfigChange, PutCommand, Operation as TxnOperation } from '../../src/machine/types.js';
import type { Answer, Calls, Operation } from './calls.js';
import { everything, type Linearizable } from './checkers/linearizable.js';
import type { SimMember } from './members.js';
import type { Swarm } from './swarm.js';
import type { World } from './world.js';

export interface Surroundings {
  readonly world: World;
  readonly swarm: Swarm;
  readonly members: readonly SimMember[];
  readonly calls: Calls;
  readonly linearizable: Linearizable;
  nextTag(): string;
}

const namespace = 'app';
const maxTries = 6;

export class Client {
  private readonly random: Random;
  private readonly versions = new Map<string, number>();
  private readonly seen = new Map<Key, Revision>();
  active = true;
  /** Pauses are so many times as long. */
  patience = 1;

  constructor(
    private readonly around: Surroundings,
    number: number,
  ) {
    this.random = around.world.random(`client ${number}`);
    this.later();
  }

  private later(): void {
    const { world, swarm } = this.around;
    const pause = -Math.log(1 - this.random()) * swarm.thinkMs * this.patience;
    world.after(pause, world.always, () => this.act());
  }

  private act(): void {
    this.later();
    if (!this.active) return;
    const member = this.pick();
    const dice = this.random();
    if (dice < 0.27) this.publish(member);
    else if (dice < 0.3) this.rollBack(member);
    else if (dice < 0.45) this.write(member, this.put());
    else if (dice < 0.58) this.transact(member);
    else if (dice < (this.around.swarm.focus.on === 'compactions' ? 0.7 : 0.61))
      this.write(member, {
        kind: 'deleteRange',
        key: this.key(),
        end: this.random() < 0.2 ? ('k~' as Key) : undefined,
        prevKv: this.random() < 0.5,
      });
    else if (dice < 0.8) this.readLinearizable(member);
    else this.readOwn(member);
  }

  private publish(member: SimMember): void {
    const tag = this.around.nextTag();
    const changes: ConfigChange[] = [];
    const first = Math.floor(this.random() * this.around.swarm.keys);
    for (let i = 0; i < (this.random() < 0.2 ? 2 : 1); i++) {
      const key = `d${(first + i) % this.around.swarm.keys}`;
      if (changes.some((change) => change.key === key)) continue;
      const value = Buffer.from(`${tag} ${'x'.repeat(Math.floor(this.random() * 60))}`);
      const sha256 = createHash('sha256').update(value).digest('hex');
      const content = this.random() < 0.08 ? ('delete' as const) : { value, contentType: 'text/plain', sha256 };
      changes.push({
        namespace,
        key,
        content,
        ifVersion: this.random() < 0.3 ? (this.versions.get(key) ?? 0) : undefined,
      });
    }
    const command: Command = {
      kind: 'configPublish',
      changes,
      preconditions: [],
      author: tag,
      comment: '',
      publishedAtMs: Math.floor(this.around.world.now),
    };
    this.attempt(member, { tag, command, requestId: this.random() < 0.6 ? tag : '' }, (answer) => {
      if (answer.kind !== 'done' || answer.outcome.result.kind !== 'configPublish') return;
      const { versions } = answer.outcome.result;
      for (const [i, { key }] of changes.entries()) this.versions.set(key, versions[i] ?? 0);
    });
  }

  private rollBack(member: SimMember): void {
    const tag = this.around.nextTag();
    const key = `d${Math.floor(this.random() * this.around.swarm.keys)}`;
    const newest = this.versions.get(key) ?? 1;
    const command: Command = {
      kind: 'configRollback',
      namespace,
      key,
      toVersion: 1 + Math.floor(this.random() * newest),
      ifVersion: this.random() < 0.3 ? newest : undefined,
      author: tag,
      comment: '',
      publishedAtMs: Math.floor(this.around.world.now),
    };
    this.attempt(member, { tag, command, requestId: this.random() < 0.6 ? tag : '' });
  }

  private put(tag = this.around.nextTag(), key = this.key()): PutCommand & { tag: string } {
    const value = Buffer.from(`${tag} ${'y'.repeat(Math.floor(this.random() * 60))}`);
    return {
      kind: 'put',
      key,
      value,
      lease: NO_LEASE,
      prevKv: this.random() < 0.3,
      ignoreValue: false,
      ignoreLease: false,
      tag,
    };
  }

  private transact(member: SimMember): void {
    const tag = this.around.nextTag();
    const [key, other] = [this.key(), this.key()];
    const compares = [
      {
        operator: 'equal' as const,
        key,
        end: undefined,
        target: { kind: 'modRevision' as const, value: this.seen.get(key) ?? 0 },
      },
    ];
    const success: TxnOperation[] = key === other ? [this.put(tag, key)] : [this.put(tag, key), this.put(tag, other)];
    // It may be compacted: then all members must refuse the whole.
    const past = Math.max(1, this.around.linearizable.floor - Math.floor(this.random() * 60)) as Revision;
    if (this.random() < 0.2) success.push({ ...everything, key, revision: past });
    const command: Command = { kind: 'txn', compares, success, failure: [{ ...everything, key }] };
    this.attempt(member, { tag, command, requestId: this.random() < 0.4 ? tag : '' }, (answer) => {
      if (answer.kind !== 'done' || answer.outcome.result.kind !== 'txn') return;
      const { succeeded, responses } = answer.outcome.result;
      const found = responses[0];
      if (succeeded) this.seen.set(key, answer.outcome.revision);
      else if (found?.kind === 'range') this.seen.set(key, (found.items[0]?.modRevision ?? 0) as Revision);
    });
  }

  private write(member: SimMember, command: Command & { tag?: string }): void {
    const tag = command.tag ?? this.around.nextTag();
    this.attempt(member, { tag, command, requestId: this.random() < 0.5 ? tag : '' });
  }

  /** Tries again elsewhere with the same request id while the outcome is unknown. */
  private attempt(member: SimMember, operation: Operation, done: (answer: Answer) => void = () => {}, tries = 1): void {
    const { calls, world } = this.around;
    let settled = false;
    const again = (): void => {
      if (settled) return;
      settled = true;
      if (operation.requestId === '' || tries >= maxTries) return;
      this.attempt(this.pick(), operation, done, tries + 1);
    };
    const deadlineMs = 100 + this.random() * 3_000;
    // Clients lose patience before the deadline, too: then two tries are under way.
    world.after(this.random() < 0.2 ? deadlineMs * this.random() : deadlineMs + 500, world.always, again);
    const cancel = calls.write(member, operation, deadlineMs, (answer) => {
      if (answer.kind === 'unknown') again();
      else if (!settled) {
        settled = true;
        done(answer);
      }
    });
    if (this.random() < 0.03)
      world.after(this.random() * 100, world.always, () => {
        cancel();
        again();
      });
  }

  private readLinearizable(member: SimMember): void {
    const { calls, linearizable } = this.around;
    const document = `d${Math.floor(this.random() * this.around.swarm.keys)}`;
    const wide = this.random() < 0.15;
    const key = this.key();
    const look = (machine: Parameters<Linearizable['checkDocument']>[1]): void => {
      linearizable.checkDocument(member.id, machine, namespace, document);
      const range = wide ? { key: '' as Key, end: '\0' as Key } : { key, end: undefined };
      linearizable.checkRange(member.id, machine, range, 0 as Revision);
    };
    calls.read(member, 100 + this.random() * 3_000, look, () => {});
  }

  private readOwn(member: SimMember): void {
    const { calls, linearizable } = this.around;
    const { replica } = member;
    if (!replica) return;
    const range = this.random() < 0.3 ? { key: '' as Key, end: '\0' as Key } : { key: this.key(), end: undefined };
    if (this.random() < 0.3) {
      const wanted = (linearizable.floor + Math.floor(this.random() * 3)) as Revision;
      calls.readAt(member, wanted, 50 + this.random() * 1_000, (machine) =>
        linearizable.checkRange(member.id, machine, range, 0 as Revision),
      );
      return;
    }
    const { revision } = replica.machine;
    const at = this.random() < 0.5 ? 0 : Math.max(1, revision - Math.floor(this.random() * 100) + 2);
    calls.looking(member, () => linearizable.checkRange(member.id, replica.machine, range, at as Revision));
  }

  private key(): Key {
    return `k${Math.floor(this.random() * this.around.swarm.keys)}` as Key;
  }

  private pick(): SimMember {
    const { members } = this.around;
    return members[Math.floor(this.random() * members.length)] as SimMember;
  }
}
