/**
 * The health checks that this member runs. Every member knows of all checks; each is run by one of the members that are alive, found by hashing, and
 * only while it hears from a leader. Nothing but changes of health goes through the log.
 */
import type { Key, LeaseId, MemberId } from '../base/ids.js';
import { limits } from '../base/limits.js';
import type { Log } from '../base/log.js';
import { Health } from '../proto/gen/quorate/v1/Health.js';
import type { Instance } from '../proto/quorate.js';
import type { Replica } from '../replica/types.js';
import { Catalogue, type CatalogueListener } from './catalogue.js';
import type { Check } from './check.js';
import { CheckedInstance } from './checked-instance.js';
import { type Clock, systemClock } from './clock.js';
import { Gate } from './gate.js';
import { hashOf, ownerOf } from './ownership.js';
import { openProbe, type Probe } from './probes.js';
import type { Verdict } from './tally.js';

/** How often a member looks which others are alive, while there are checks. */
const lookAroundMs = 250;
/** Without a leader for longer, a member takes no part; through an election it goes on, or the counting would begin anew with every one. */
const leaderlessMs = 3_000;
/** Instances whose owner is found anew in one turn of the event loop. */
const sweepPerTurn = 500;
/** Its complaints about what it cannot probe are at least so far apart. */
const complainMs = 60_000;

export interface HealthChecksOptions {
  readonly replica: Pick<Replica, 'memberId' | 'members' | 'machine' | 'hub' | 'status' | 'submit'>;
  /** Whether this member can reach another one. */
  readonly isConnected: (member: MemberId) => boolean;
  readonly log: Log;
  readonly clock?: Clock;
  readonly openProbe?: (check: Check) => Probe;
}

/** An instance with checks, whoever runs them. */
interface Subject {
  readonly key: Key;
  readonly hash: number;
  instance: Instance;
  checks: readonly Check[];
  /** Equal for checks that are the same. */
  signature: string;
  /** Runs here. */
  checked: CheckedInstance | undefined;
}

export class HealthChecks implements CatalogueListener {
  private readonly subjects = new Map<Key, Subject>();
  private readonly clock: Clock;
  private readonly gate = new Gate(limits.healthProbesAtOnce);
  private readonly catalogue: Catalogue;
  /** Those that share the work; empty while this member takes no part. */
  private owners: readonly MemberId[] = [];
  private ledAt = Number.NEGATIVE_INFINITY;
  private sweep: Iterator<Subject> | undefined;
  private stopTimer: (() => void) | undefined;
  private complainedAt = Number.NEGATIVE_INFINITY;
  private stopped = false;

  constructor(private readonly options: HealthChecksOptions) {
    this.clock = options.clock ?? systemClock;
    this.catalogue = new Catalogue(options.replica, this, (callback) => this.clock.after(0, callback));
  }

  /** Begins when the replica has started. */
  start(): void {
    this.catalogue.start();
  }

  /** Ends every probe; the others take over when they see that this member is gone. */
  stop(): void {
    this.stopped = true;
    this.catalogue.stop();
    this.stopTimer?.();
    for (const subject of this.subjects.values()) this.end(subject);
    this.subjects.clear();
  }

  /** Instances with checks, and how many of them this member checks. */
  status(): { readonly instances: number; readonly own: number } {
    let own = 0;
    for (const { checked } of this.subjects.values()) if (checked) own++;
    return { instances: this.subjects.size, own };
  }

  onChecked(key: Key, instance: Instance, checks: readonly Check[]): void {
    const signature = JSON.stringify(checks);
    const known = this.subjects.get(key);
    if (!known) {
      const subject = { key, hash: hashOf(key), instance, checks, signature, checked: undefined };
      this.subjects.set(key, subject);
      if (!this.stopTimer) this.lookAround();
      this.settle(subject);
      return;
    }
    known.instance = instance;
    known.checks = checks;
    if (known.signature !== signature) {
      known.signature = signature;
      this.end(known);
    }
    known.checked?.onKnown(verdictOf(instance));
    this.settle(known);
  }

  onUnchecked(key: Key): void {
    const subject = this.subjects.get(key);
    if (!subject) return;
    this.end(subject);
    this.subjects.delete(key);
  }

  /** Finds out who shares the work; ends by itself when there is none. */
  private readonly lookAround = (): void => {
    this.stopTimer = undefined;
    if (this.subjects.size === 0 || this.stopped) return;
    this.stopTimer = this.clock.after(lookAroundMs, this.lookAround);
    const owners = this.alive();
    if (owners.length === this.owners.length && owners.every((id, i) => id === this.owners[i])) return;
    this.owners = owners;
    const sweeping = this.sweep !== undefined;
    this.sweep = this.subjects.values();
    if (!sweeping) this.sweepOn();
  };

  /** Voters that this member believes alive, itself among them; none while it cannot tell the cluster anything. */
  private alive(): readonly MemberId[] {
    const { replica, isConnected } = this.options;
    const { leader, recovering } = replica.status();
    const now = this.clock.now();
    if (leader === undefined) return now - this.ledAt < leaderlessMs ? this.owners : [];
    this.ledAt = now;
    if (recovering) return [];
    const alive = replica.members.filter(({ id, learner }) => !learner && (id === replica.memberId || isConnected(id)));
    return alive.some(({ id }) => id === replica.memberId) ? alive.map(({ id }) => id) : [];
  }

  private readonly sweepOn = (): void => {
    if (this.stopped) return;
    for (let i = 0; i < sweepPerTurn; i++) {
      const next = this.sweep?.next();
      if (!next || next.done) {
        this.sweep = undefined;
        return;
      }
      this.settle(next.value);
    }
    this.clock.after(0, this.sweepOn);
  };

  /** Begins or ends to check an instance, as is due. One whose lease has ended is nobody's to check. */
  private settle(subject: Subject): void {
    const mine =
      subject.instance.health !== Health.SUSPECT &&
      ownerOf(subject.hash, this.owners) === this.options.replica.memberId;
    if (!mine) this.end(subject);
    else if (!subject.checked) this.begin(subject);
  }

  private begin(subject: Subject): void {
    const { clock, gate, options } = this;
    subject.checked = new CheckedInstance({
      checks: subject.checks,
      known: verdictOf(subject.instance),
      clock,
      gate,
      openProbe: options.openProbe ?? openProbe,
      report: (verdict, reason, done) => this.report(subject.instance, verdict, reason, done),
      onUnable: (check, why) => this.complain(check, why),
    });
    subject.checked.start();
  }

  private end(subject: Subject): void {
    subject.checked?.stop();
    subject.checked = undefined;
  }

  private report(
    { namespace, service, id, lease }: Instance,
    verdict: 'passing' | 'failing',
    reason: string,
    done: () => void,
  ): void {
    const { replica, log } = this.options;
    const health = verdict === 'passing' ? 'PASSING' : 'FAILING';
    log.debug({ namespace, service, instance: id, health, reason }, 'the health of an instance has changed');
    replica.submit(
      {
        kind: 'setHealth',
        namespace,
        service,
        instance: id,
        health,
        reason: oneLine(reason),
        atMs: this.clock.wallMs(),
        lease: lease as LeaseId,
      },
      '',
      performance.now() + limits.healthReportMs,
      done,
    );
  }

  private complain({ host, port }: Check, why: string): void {
    const now = this.clock.now();
    if (now - this.complainedAt < complainMs) return;
    this.complainedAt = now;
    this.options.log.warn({ host, port, why }, 'health checks of this member cannot be run');
  }
}

function verdictOf({ health }: Instance): Verdict {
  if (health === Health.PASSING) return 'passing';
  return health === Health.FAILING ? 'failing' : 'unknown';
}

/** Instances choose a part of the words. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, limits.labelLength);
}
