/** A whole image on its way to a member that is behind the log: a start record, chunks, an end record with the hash. */
import type { Metadata, ServerReadableStream, ServiceError } from '@grpc/grpc-js';
import { assert } from '../base/assert.js';
import { index, type MemberId, type Term, term } from '../base/ids.js';
import { membershipOf, membershipRecord, noMembers } from '../proto/membership.js';
import { type SnapshotChunk, type SnapshotStart, peer as service } from '../proto/peer.js';
import type { SnapshotMeta } from '../raft/types.js';
import { openClient } from './channel.js';
import type { IncomingSnapshot } from './transport.js';

export interface OutgoingSnapshot {
  readonly term: Term;
  readonly meta: SnapshotMeta;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Asked for after the last chunk. */
  sha256(): Promise<string>;
}

/**
 * Streams an image over a connection of its own, so that heartbeats do not queue behind it, as fast as the receiver takes it. Resolves with its
 * answer; rejects with a ServiceError when the stream breaks or is refused or `signal` is aborted, or with the error of the source.
 */
export async function streamSnapshot(
  address: string,
  metadata: Metadata,
  snapshot: OutgoingSnapshot,
  signal: AbortSignal,
): Promise<boolean> {
  const client = openClient(address);
  const { path, request, response } = service.installSnapshot;
  let ended = false;
  let wake = () => {};
  let settle: { resolve(installed: boolean): void; reject(error: ServiceError): void } | undefined;
  const answer = new Promise<boolean>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Awaited below; until then a rejection is no accident.
  answer.catch(() => undefined);
  const call = client.makeClientStreamRequest(path, request.encode, response.decode, metadata, (error, reply) => {
    ended = true;
    if (error) settle?.reject(error);
    else settle?.resolve(reply?.installed ?? false);
    wake();
  });
  call.on('error', () => undefined);
  call.on('drain', () => wake());
  const abort = () => call.cancel();
  signal.addEventListener('abort', abort, { once: true });
  try {
    if (signal.aborted) abort();
    call.write({ start: startRecord(snapshot.term, snapshot.meta) });
    for await (const chunk of snapshot.chunks) {
      if (ended) break;
      if (call.write({ data: chunk })) continue;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (ended) resolve();
      });
    }
    if (!ended) call.end({ end: { sha256: await snapshot.sha256() } });
    return await answer;
  } finally {
    signal.removeEventListener('abort', abort);
    if (!ended) call.cancel();
    client.close();
  }
}

/**
 * Reads the start record and hands the rest on: chunks are taken from the network only as fast as they are consumed. Undefined when the stream
 * does not begin with a start record.
 * @throws DecodeError or a stream error
 */
export async function incomingSnapshot(
  call: ServerReadableStream<Buffer, Buffer>,
  from: MemberId,
): Promise<IncomingSnapshot | undefined> {
  const records = recordsOf(call);
  const first = await records.next();
  const start = first.done ? undefined : first.value.start;
  if (!start) return undefined;
  let sha256: string | undefined;
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for await (const record of records) {
      if (record.data) yield record.data;
      if (record.end) {
        sha256 = record.end.sha256;
        return;
      }
    }
    throw new Error('the stream ended before the image did');
  }
  return {
    from,
    term: term(start.term),
    meta: metaOf(start),
    chunks: chunks(),
    sha256() {
      assert(sha256 !== undefined, 'the hash of an image is asked for after its last chunk');
      return sha256;
    },
  };
}

async function* recordsOf(call: ServerReadableStream<Buffer, Buffer>): AsyncGenerator<SnapshotChunk> {
  for await (const bytes of call as AsyncIterable<Buffer>) yield service.installSnapshot.request.decode(bytes);
}

function startRecord(term: Term, { index, term: indexTerm, membership }: SnapshotMeta) {
  return { term, index, indexTerm, membership: membershipRecord(membership) };
}

function metaOf(start: SnapshotStart): SnapshotMeta {
  const membership = start.membership ? membershipOf(start.membership) : noMembers;
  return { index: index(start.index), term: term(start.indexTerm), membership };
}

/** Whether the stream failed or was refused, as opposed to what was to be sent on it. */
export function isStreamError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number' && 'details' in error;
}
