import { type Client, type ClientWritableStream, type ServiceError, status } from '@grpc/grpc-js';
import { type Address, parseAddress } from '../base/address.js';
import { present } from '../base/assert.js';
import type { MemberId } from '../base/ids.js';
import type { Log } from '../base/log.js';
import type { Random } from '../base/random.js';
import { peer as service } from '../proto/peer.js';
import { openClient } from './channel.js';
import { Complaints } from './complaints.js';
import { type Handshake, handshakeMetadata, parseFounded, saysRemoved } from './handshake.js';
import { Outbox } from './outbox.js';
import { probe } from './probe.js';
import type { PeerAddress, PeerMessage } from './transport.js';

const PROBE_TIMEOUT_MS = 1_000;
const HANDSHAKE_TIMEOUT_MS = 3_000;
const FIRST_DELAY_MS = 50;
/** After a stream broke: a process that is being killed may still accept a connection or two before its port is closed. */
const FIRST_DELAY_AFTER_LOSS_MS = 2;
const LONGEST_DELAY_MS = 1_000;

export interface LinkEvents {
  onConnected(peer: MemberId, founded: boolean): void;
  /** Once when the stream broke, and once more with `refused` if its process turns out to be gone only later. */
  onDisconnected(peer: MemberId, refused: boolean): void;
  onRemoved?(): void;
}

/**
 * Our stream to one peer, kept open: a probe, then a stream, and again with growing pauses while either fails. A peer that calls says where it is: when
 * nobody answers where it should be, it is looked for there, too, so that one that has moved is found whichever side hears of it first.
 */
export class PeerLink {
  private stopped = false;
  private client: Client | undefined;
  private call: ClientWritableStream<Buffer> | undefined;
  private outbox: Outbox | undefined;
  private cancelProbe: (() => void) | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private handshakeTimer: NodeJS.Timeout | undefined;
  private delayMs = FIRST_DELAY_MS;
  /** What onDisconnected has been told since the stream broke. */
  private loss: 'none' | 'untold' | 'told' | 'gone' = 'none';
  private readonly complaints: Complaints;
  /** Where the next try goes, or where the stream is open. */
  private at: string;
  /** Where the peer said that it is, when that is somewhere else than it should be. */
  private said: string | undefined;

  constructor(
    private peer: PeerAddress,
    private readonly handshake: () => Handshake,
    private readonly events: LinkEvents,
    private readonly random: Random,
    private readonly log: Log,
  ) {
    this.complaints = new Complaints(log);
    this.at = peer.address;
  }

  get name(): string {
    return this.peer.name;
  }

  /** Where it was reached last, or is looked for next. */
  get address(): string {
    return this.at;
  }

  get connected(): boolean {
    return this.outbox !== undefined;
  }

  /** Dropped unless the stream is open. */
  send(message: PeerMessage): void {
    this.outbox?.send(message);
  }

  /** From now on this is where the peer should be. A stream that is open goes on. */
  moveTo(peer: PeerAddress): void {
    const moved = peer.address !== this.peer.address;
    this.peer = peer;
    if (!moved || this.connected || this.stopped) return;
    this.cancelProbe?.();
    this.cancelProbe = undefined;
    this.closeStream();
    this.at = peer.address;
    this.delayMs = FIRST_DELAY_MS;
    this.connect();
  }

  /** The peer has called from `address`, or does not say where it is. */
  onCall(address: string): void {
    if (address !== this.said && parseAddress(address)) {
      this.said = address;
      if (!this.call && !this.cancelProbe) this.at = address;
    }
    this.connect();
  }

  /** Begins, or goes on at once instead of waiting for the next try. */
  connect(): void {
    if (this.stopped || this.call || this.cancelProbe) return;
    clearTimeout(this.retryTimer);
    const address: Address = present(parseAddress(this.at), `${this.at} is a peer address`);
    this.cancelProbe = probe(address, PROBE_TIMEOUT_MS, (result) => {
      this.cancelProbe = undefined;
      this.tellLoss(result === 'refused');
      if (result === 'open') this.open();
      else this.retryLater();
    });
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    this.cancelProbe?.();
    this.closeStream();
  }

  private open(): void {
    this.client = openClient(this.at);
    const { path } = service.exchange;
    const metadata = handshakeMetadata(this.handshake());
    const call = this.client.makeClientStreamRequest<Buffer, Buffer>(path, identity, identity, metadata, (error) =>
      this.onEnded(call, error),
    );
    this.call = call;
    call.once('metadata', (answer) => {
      if (this.call === call) this.onAccepted(call, parseFounded(answer));
    });
    // The callback above gets the reason as well.
    call.on('error', () => undefined);
    this.handshakeTimer = setTimeout(() => call.cancel(), HANDSHAKE_TIMEOUT_MS);
  }

  private onAccepted(call: ClientWritableStream<Buffer>, founded: boolean): void {
    clearTimeout(this.handshakeTimer);
    this.loss = 'none';
    this.complaints.settle('refused');
    this.outbox = new Outbox(call, (message, why) => {
      const fields = { peer: this.peer.name, kind: message.kind };
      this.complaints.tell('dropped', fields, `message to ${this.peer.name} dropped: it ${why}`);
    });
    this.log.debug({ peer: this.peer.name, address: this.at }, `connected to ${this.peer.name}`);
    this.events.onConnected(this.peer.id, founded);
  }

  private onEnded(call: ClientWritableStream<Buffer>, error: ServiceError | null): void {
    if (this.call !== call) return;
    const wasOpen = this.connected;
    this.closeStream();
    if (wasOpen) {
      const fields = { peer: this.peer.name, reason: error?.details ?? 'ended' };
      this.log.debug(fields, `lost the stream to ${this.peer.name}`);
      this.loss = 'untold';
      this.delayMs = FIRST_DELAY_AFTER_LOSS_MS;
    }
    if (error && saysRemoved(error.metadata)) this.events.onRemoved?.();
    const unwanted = error?.code === status.FAILED_PRECONDITION || error?.code === status.ABORTED;
    if (unwanted) {
      const fields = { peer: this.peer.name, address: this.at };
      this.complaints.tell('refused', fields, `${this.peer.name} at ${this.at} refuses us: ${error.details}`);
      this.delayMs = LONGEST_DELAY_MS;
    }
    if (wasOpen && !unwanted) {
      this.connect();
    } else {
      this.tellLoss(false);
      this.retryLater();
    }
  }

  private tellLoss(refused: boolean): void {
    const known = this.loss;
    if (known === 'none' || known === 'gone' || (known === 'told' && !refused)) return;
    this.loss = refused ? 'gone' : 'told';
    this.events.onDisconnected(this.peer.id, refused);
  }

  /** Pauses double up to a second; each is spread over its upper half, so that members do not retry in step. */
  private retryLater(): void {
    if (this.stopped) return;
    this.at = this.at === this.peer.address ? (this.said ?? this.at) : this.peer.address;
    const delay = this.delayMs * (0.5 + this.random() / 2);
    this.delayMs = Math.min(this.delayMs * 2, LONGEST_DELAY_MS);
    this.retryTimer = setTimeout(() => this.connect(), delay);
  }

  private closeStream(): void {
    clearTimeout(this.handshakeTimer);
    const { call, client } = this;
    this.call = undefined;
    this.client = undefined;
    this.outbox?.close();
    this.outbox = undefined;
    call?.cancel();
    client?.close();
  }
}

/** Envelopes are encoded and decoded by messages.ts; to the library they are bytes. */
function identity(bytes: Buffer): Buffer {
  return bytes;
}
