/**
 * Callers that wait until the subscribers of a service act by its state at a revision. All members are asked, again and again, which of their
 * subscribers do; each answers from memory.
 */
import type { QuorateError } from '../base/errors.js';
import type { MemberId, Revision } from '../base/ids.js';
import { limits } from '../base/limits.js';
import { SubscribersQuery as Query, SubscribersState as State } from '../proto/peer.js';
import type { SubscribersMessage, Transport } from '../transport/transport.js';
import type { Subscribers, SubscribersQuery, SubscribersState } from '../watch/subscribers.js';
import type { SubscribersKnown, Waiting } from './types.js';

/** An answer that takes longer is asked for again. */
const patienceMs = 250;

/** The member, as far as drains are concerned. */
export interface DrainsHost {
  readonly memberId: MemberId;
  readonly members: readonly { readonly id: MemberId }[];
  readonly subscribers: Subscribers;
}

type Done = (error: QuorateError | undefined, known: SubscribersKnown | undefined) => void;

interface Pending {
  readonly token: number;
  readonly query: Omit<SubscribersQuery, 'sought'>;
  readonly deadline: number;
  readonly done: Done;
  /** What each other member said last, and when it was asked. */
  readonly answers: Map<MemberId, SubscribersState>;
  readonly askedAt: Map<MemberId, number>;
}

export class Drains {
  private readonly pending = new Map<number, Pending>();
  private newest = 0;
  /** Since when members are out of reach; `refused`: their process is gone. */
  private readonly away = new Map<MemberId, { readonly since: number; readonly refused: boolean }>();
  private readonly began: number;

  /** @param now milliseconds of a clock that never goes back */
  constructor(
    private readonly host: DrainsHost,
    private readonly transport: Pick<Transport, 'isConnected' | 'send'>,
    private readonly now: () => number,
  ) {
    this.began = now();
  }

  /** @param deadline then `done` gets what is known; milliseconds of the host's clock */
  add(query: Omit<SubscribersQuery, 'sought'>, deadline: number, done: Done): Waiting {
    const token = ++this.newest;
    const pending: Pending = { token, query, deadline, done, answers: new Map(), askedAt: new Map() };
    this.pending.set(token, pending);
    this.look(pending);
    return { cancel: () => void this.pending.delete(token) };
  }

  onMessage({ from, token, answer, data }: SubscribersMessage): void {
    if (!answer) {
      const { namespace, service, revision, sought } = Query.decode(data);
      const state = this.host.subscribers.state({ namespace, service, revision: revision as Revision, sought });
      this.send(from, token, true, encodeState(state));
      return;
    }
    const pending = this.pending.get(token);
    if (!pending) return;
    pending.answers.set(from, State.decode(data));
    this.settle(pending);
  }

  onConnected(peer: MemberId): void {
    this.away.delete(peer);
  }

  onDisconnected(peer: MemberId, refused: boolean): void {
    this.away.set(peer, { since: this.now(), refused });
    // What it said is void: its clients go elsewhere now.
    for (const { answers, askedAt } of this.pending.values()) {
      answers.delete(peer);
      askedAt.delete(peer);
    }
  }

  tick(): void {
    for (const pending of this.pending.values()) this.look(pending);
  }

  failAll(error: QuorateError): void {
    for (const { token, done } of [...this.pending.values()]) {
      this.pending.delete(token);
      done(error, undefined);
    }
  }

  /** Asks whoever is due to be asked. */
  private look(pending: Pending): void {
    const now = this.now();
    const sought = vanishedIn(this.states(pending));
    for (const peer of this.peers) {
      const askedAt = pending.askedAt.get(peer);
      const pause = askedAt !== undefined && !pending.answers.has(peer) ? patienceMs : limits.drainPollMs;
      if (askedAt !== undefined && now - askedAt < pause) continue;
      pending.askedAt.set(peer, now);
      this.send(peer, pending.token, false, Query.encode({ ...pending.query, sought }));
    }
    this.settle(pending);
  }

  private settle(pending: Pending): void {
    const known = this.known(pending);
    const complete = known.acknowledged === known.subscribers && this.awaited(pending).length === 0;
    if (!complete && this.now() < pending.deadline) return;
    this.pending.delete(pending.token);
    pending.done(undefined, known);
  }

  private known(pending: Pending): SubscribersKnown {
    const states = this.states(pending);
    const found = new Set(states.flatMap((state) => state.found));
    const vanished = vanishedIn(states).filter((name) => !found.has(name));
    let subscribers = vanished.length;
    let acknowledged = 0;
    for (const state of states) {
      subscribers += state.subscribers;
      acknowledged += state.acknowledged;
    }
    const missing = [...states.flatMap((state) => state.missing), ...vanished].slice(0, limits.subscribersNamed);
    const silent = this.peers.filter((peer) => !pending.answers.has(peer));
    return { subscribers, acknowledged, missing, silent };
  }

  /** What this member knows, and what the others said last. */
  private states({ query, answers }: Pending): SubscribersState[] {
    const others = this.peers.flatMap((peer) => answers.get(peer) ?? []);
    return [this.host.subscribers.state({ ...query, sought: vanishedIn(others) }), ...others];
  }

  /** Members that must say something yet. The clients of one that has been away for long have left it, and others know of them. */
  private awaited({ answers }: Pending): MemberId[] {
    const now = this.now();
    return this.peers.filter((peer) => {
      if (answers.has(peer)) return false;
      if (this.transport.isConnected(peer)) return true;
      const { since, refused } = this.away.get(peer) ?? { since: this.began, refused: false };
      return now - since < (refused ? limits.subscriberReturnMs : limits.memberAwayMs);
    });
  }

  private get peers(): MemberId[] {
    return this.host.members.flatMap(({ id }) => (id === this.host.memberId ? [] : id));
  }

  private send(to: MemberId, token: number, answer: boolean, data: Uint8Array): void {
    this.transport.send({ kind: 'subscribers', from: this.host.memberId, to, token, answer, data });
  }
}

function vanishedIn(states: readonly SubscribersState[]): string[] {
  return [...new Set(states.flatMap((state) => state.vanished))];
}

function encodeState({ subscribers, acknowledged, missing, vanished, found }: SubscribersState): Uint8Array {
  const lists = { missing: [...missing], vanished: [...vanished], found: [...found] };
  return State.encode({ subscribers, acknowledged, ...lists });
}
