/** The real transport: one grpc-js stream from every member to every other, and one more for each image on its way. */
import { parseAddress } from '../base/address.js';
import { assert } from '../base/assert.js';
import type { ClusterId, MemberId, Term } from '../base/ids.js';
import type { Log } from '../base/log.js';
import type { SnapshotMeta } from '../raft/types.js';
import { type Handshake, handshakeMetadata, PROTOCOL_VERSION } from './handshake.js';
import { PeerLink } from './peer-link.js';
import { PeerServer } from './peer-server.js';
import { isStreamError, streamSnapshot } from './snapshot-stream.js';
import type { PeerAddress, PeerMessage, Transport, TransportHandlers } from './transport.js';

export interface GrpcTransportOptions {
  readonly self: { readonly id: MemberId; readonly peerAddress: string };
  /** The other members. */
  readonly peers: readonly PeerAddress[];
  readonly clusterId: ClusterId;
  /** Must grow with every start of this member. */
  readonly incarnation: number;
  /** Whether this member's log is not empty; asked at every handshake. */
  readonly founded: () => boolean;
  readonly log: Log;
}

export class GrpcTransport implements Transport {
  private readonly links = new Map<MemberId, PeerLink>();
  private readonly stopping = new AbortController();
  private server: PeerServer | undefined;
  private listening = false;
  private handlers: TransportHandlers | undefined;
  private readonly peerNames = new Map<MemberId, string>();
  private readonly removed = new Set<MemberId>();
  /** Peers that called and that setPeers has not named yet. */
  private readonly guests = new Set<MemberId>();

  constructor(private readonly options: GrpcTransportOptions) {}

  async start(handlers: TransportHandlers): Promise<void> {
    assert(!this.server, 'a transport is started once');
    const { self, peers, clusterId, founded, log } = this.options;
    const { peerNames, removed } = this;
    this.handlers = handlers;
    const onCaller = ({ from, address }: Handshake) => this.links.get(from)?.onCall(address);
    const onUnknown = (caller: Handshake) => this.welcome(caller);
    this.server = new PeerServer({ self, clusterId, peerNames, removed, founded, log, onCaller, onUnknown }, handlers);
    if (this.links.size === 0) this.setPeers(peers, []);
    await this.server.start();
    if (this.stopping.signal.aborted) return;
    this.listening = true;
    for (const link of this.links.values()) link.connect();
  }

  setPeers(peers: readonly PeerAddress[], removed: readonly MemberId[]): void {
    if (this.stopping.signal.aborted) return;
    for (const id of removed) this.removed.add(id);
    for (const id of [...this.links.keys()]) {
      const named = peers.some((peer) => peer.id === id);
      const stays = named || (this.guests.has(id) && !this.removed.has(id));
      if (!stays) this.forget(id);
    }
    for (const peer of peers) {
      this.guests.delete(peer.id);
      const link = this.links.get(peer.id);
      if (link) {
        this.peerNames.set(peer.id, peer.name);
        link.moveTo(peer);
      } else if (!this.removed.has(peer.id)) this.link(peer);
    }
  }

  /** A member that we have not heard of calls. Returns whether it may: it has taken part in the cluster and says where it is. */
  private welcome({ from, founded, address }: Handshake): boolean {
    if (!founded || !parseAddress(address) || this.stopping.signal.aborted) return false;
    this.guests.add(from);
    this.link({ id: from, name: from.toString(16), address });
    return true;
  }

  private link(peer: PeerAddress): void {
    const { handlers } = this;
    this.peerNames.set(peer.id, peer.name);
    assert(handlers, 'the transport is started');
    const link = new PeerLink(peer, () => this.handshakeWith(peer.id), handlers, Math.random, this.options.log);
    this.links.set(peer.id, link);
    if (this.listening) link.connect();
  }

  private forget(id: MemberId): void {
    this.links.get(id)?.stop();
    this.links.delete(id);
    this.peerNames.delete(id);
    this.guests.delete(id);
    this.server?.drop(id);
  }

  send(message: PeerMessage): void {
    this.links.get(message.to)?.send(message);
  }

  async sendSnapshot(
    to: MemberId,
    term: Term,
    meta: SnapshotMeta,
    chunks: AsyncIterable<Uint8Array>,
    sha256: () => Promise<string>,
  ): Promise<boolean> {
    const peer = this.links.get(to);
    if (!peer || this.stopping.signal.aborted) return false;
    const metadata = handshakeMetadata(this.handshakeWith(to));
    try {
      return await streamSnapshot(peer.address, metadata, { term, meta, chunks, sha256 }, this.stopping.signal);
    } catch (error) {
      if (!isStreamError(error)) throw error;
      if (!this.stopping.signal.aborted) {
        const fields = { peer: peer.name, error: error.details };
        this.options.log.warn(fields, `snapshot to ${peer.name} failed: ${error.details}`);
      }
      return false;
    }
  }

  isConnected(peer: MemberId): boolean {
    return this.links.get(peer)?.connected ?? false;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const link of this.links.values()) link.stop();
    await this.server?.stop();
  }

  private handshakeWith(to: MemberId): Handshake {
    const { self, clusterId, incarnation, founded } = this.options;
    const address = self.peerAddress;
    return { version: PROTOCOL_VERSION, clusterId, from: self.id, to, incarnation, founded: founded(), address };
  }
}
