/** The peer port: takes the streams that other members open to us. */
import {
  Server,
  ServerCredentials,
  type ServerReadableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { parseAddress } from '../base/address.js';
import { present } from '../base/assert.js';
import type { ClusterId, MemberId } from '../base/ids.js';
import type { Log } from '../base/log.js';
import { peer as service } from '../proto/peer.js';
import { DecodeError } from '../proto/schema.js';
import { serverOptions } from './channel.js';
import { Complaints } from './complaints.js';
import { foundedMetadata, type Handshake, parseHandshake, refusalOf, removedMetadata } from './handshake.js';
import { decodeEnvelope } from './messages.js';
import { PeerPort } from './peer-port.js';
import { incomingSnapshot } from './snapshot-stream.js';
import type { PeerMessage, TransportHandlers } from './transport.js';

type Call = ServerReadableStream<Buffer, Buffer>;
type Answer = sendUnaryData<Buffer>;

export interface PeerServerOptions {
  readonly self: { readonly id: MemberId; readonly peerAddress: string };
  readonly clusterId: ClusterId;
  /** The other members, at any time. */
  readonly peerNames: ReadonlyMap<MemberId, string>;
  readonly removed: ReadonlySet<MemberId>;
  readonly founded: () => boolean;
  readonly log: Log;
  /** A peer has opened its stream to us, so it is there. */
  readonly onCaller: (caller: Handshake) => void;
  /** Somebody calls who is in the cluster and not among the peers. Returns whether it is one from now on. */
  readonly onUnknown: (caller: Handshake) => boolean;
}

interface Incoming {
  readonly incarnation: number;
  close(why: string): void;
}

const noReply = Buffer.alloc(0);

export class PeerServer {
  private readonly server = new Server(serverOptions);
  // The port is ours, not the library's: its own way to shut down leaves connections open when channelz is off.
  private readonly connections = this.server.createConnectionInjector(ServerCredentials.createInsecure());
  private readonly port = new PeerPort((socket) => this.connections.injectConnection(socket));
  private readonly complaints: Complaints;
  /** The one open Exchange stream of each peer. */
  private readonly incoming = new Map<MemberId, Incoming>();
  private stopped = false;

  constructor(
    private readonly options: PeerServerOptions,
    private readonly handlers: TransportHandlers,
  ) {
    this.complaints = new Complaints(options.log);
    const definition: ServiceDefinition = {
      exchange: definitionOf(service.exchange.path),
      installSnapshot: definitionOf(service.installSnapshot.path),
    };
    this.server.addService(definition, {
      exchange: (call: Call, answer: Answer) => this.onExchange(call, answer),
      installSnapshot: (call: Call, answer: Answer) => this.onInstallSnapshot(call, answer),
    });
  }

  /** @throws FatalError PORT */
  async start(): Promise<void> {
    const { peerAddress } = this.options.self;
    await this.port.listen(present(parseAddress(peerAddress), `${peerAddress} is a peer address`));
  }

  /** Closes the port and every stream at once. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.port.close();
    this.connections.destroy();
    this.server.forceShutdown();
  }

  /** Ends the stream of a member that is no peer any more; it hears whether it was removed when it tries again. */
  drop(peer: MemberId): void {
    this.incoming.get(peer)?.close('not a peer any more');
  }

  private onExchange(call: Call, answer: Answer): void {
    call.on('error', () => undefined);
    const handshake = this.accept(call, answer);
    if (!handshake) return;
    const { from, incarnation } = handshake;
    const older = this.incoming.get(from);
    if (older && older.incarnation > incarnation) {
      const sentence = 'a newer run of this member is connected already';
      this.refuse(answer, 'incarnation', { peer: this.nameOf(from) }, sentence);
      return;
    }
    older?.close('a newer stream of this member has come');
    const stream: Incoming = {
      incarnation,
      close: (why) => {
        if (this.incoming.get(from) === stream) this.incoming.delete(from);
        call.removeListener('data', onData);
        call.resume();
        answer({ code: status.ABORTED, details: why });
      },
    };
    this.incoming.set(from, stream);
    const onData = (bytes: Buffer) => this.onEnvelope(bytes, from, stream);
    const onGone = () => {
      if (this.incoming.get(from) === stream) this.incoming.delete(from);
      call.removeListener('data', onData);
    };
    call.on('data', onData);
    call.once('cancelled', onGone);
    call.once('end', () => {
      onGone();
      answer(null, noReply);
    });
    call.sendMetadata(foundedMetadata(this.options.founded()));
    this.options.onCaller(handshake);
  }

  private onEnvelope(bytes: Buffer, from: MemberId, stream: Incoming): void {
    if (this.stopped) return;
    for (const message of this.decoded(bytes, from, stream)) this.handlers.onMessage(message);
  }

  /** All messages of the envelope, or none when it is damaged; then the stream is closed. */
  private decoded(bytes: Buffer, from: MemberId, stream: Incoming): readonly PeerMessage[] {
    try {
      return decodeEnvelope(bytes, from, this.options.self.id);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const peer = this.nameOf(from);
      this.complaints.tell('garbled', { peer, error: error.message }, `${peer} sent something that is no envelope`);
      stream.close(`not an envelope: ${error.message}`);
      return [];
    }
  }

  private onInstallSnapshot(call: Call, answer: Answer): void {
    call.on('error', () => undefined);
    const handshake = this.accept(call, answer);
    if (!handshake) return;
    void this.install(call, handshake.from).then(
      (installed) => {
        answer(null, service.installSnapshot.response.encode({ installed }));
        call.resume();
      },
      (error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        const peer = this.nameOf(handshake.from);
        if (!this.stopped) this.options.log.warn({ peer, error: reason }, `snapshot from ${peer} failed: ${reason}`);
        answer({ code: status.ABORTED, details: reason });
      },
    );
  }

  private async install(call: Call, from: MemberId): Promise<boolean> {
    const snapshot = await incomingSnapshot(call, from);
    if (!snapshot) throw new DecodeError('a snapshot begins with its start record');
    return this.handlers.onSnapshot(snapshot);
  }

  /** The caller's handshake, or undefined when it was refused. */
  private accept(call: Call, answer: Answer): Handshake | undefined {
    const { self, clusterId, peerNames, removed, onUnknown } = this.options;
    const handshake = parseHandshake(call.metadata);
    const refusal = refusalOf(
      handshake,
      { clusterId, id: self.id },
      (id) => peerNames.has(id) || (handshake !== undefined && onUnknown(handshake)),
      (id) => removed.has(id),
    );
    if (!refusal && !this.stopped) return handshake;
    if (refusal?.cause === 'removed')
      answer({ code: status.FAILED_PRECONDITION, details: refusal.sentence, metadata: removedMetadata() });
    else if (refusal) this.refuse(answer, refusal.cause, { caller: call.getPeer() }, refusal.sentence);
    else answer({ code: status.UNAVAILABLE, details: 'stopping' });
    return undefined;
  }

  private refuse(answer: Answer, cause: string, fields: Record<string, unknown>, sentence: string): void {
    this.complaints.tell(cause, fields, `refused a peer connection: ${sentence}`);
    answer({ code: status.FAILED_PRECONDITION, details: sentence });
  }

  private nameOf(id: MemberId): string {
    return this.options.peerNames.get(id) ?? id.toString(16);
  }
}

function definitionOf(path: string) {
  const identity = (bytes: Buffer) => bytes;
  return {
    path,
    requestStream: true,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  };
}
