/** Who opens a stream to whom, in the metadata of the call; and whether the addressee wants it. */
import { Metadata } from '@grpc/grpc-js';
import type { ClusterId, MemberId } from '../base/ids.js';

/** Grows when members of two versions could no longer understand each other. */
export const PROTOCOL_VERSION = 1;

export interface Handshake {
  readonly version: number;
  readonly clusterId: ClusterId;
  readonly from: MemberId;
  readonly to: MemberId;
  /** Grows with every start of the sender. */
  readonly incarnation: number;
  /** The sender has taken part in a cluster. */
  readonly founded: boolean;
  /** Where the sender can be called, "host:port"; empty: it does not say. */
  readonly address: string;
}

/** Why a stream is refused: `cause` for counting, `sentence` for people on both sides. */
export interface Refusal {
  readonly cause: 'handshake' | 'version' | 'cluster' | 'addressee' | 'sender' | 'removed' | 'incarnation';
  readonly sentence: string;
}

const names = {
  version: 'quorate-protocol',
  clusterId: 'quorate-cluster',
  from: 'quorate-from',
  to: 'quorate-to',
  incarnation: 'quorate-incarnation',
} as const;
const FOUNDED = 'quorate-founded';
const ADDRESS = 'quorate-address';
const REMOVED = 'quorate-removed';

export function handshakeMetadata(handshake: Handshake): Metadata {
  const metadata = foundedMetadata(handshake.founded);
  for (const [field, name] of entriesOf(names)) metadata.set(name, String(handshake[field]));
  metadata.set(ADDRESS, handshake.address);
  return metadata;
}

/** Undefined: this is not another member that calls. */
export function parseHandshake(metadata: Metadata): Handshake | undefined {
  const read = { version: 0, clusterId: 0, from: 0, to: 0, incarnation: 0 };
  for (const [field, name] of entriesOf(names)) {
    const [text] = metadata.get(name);
    if (typeof text !== 'string' || !/^\d{1,16}$/.test(text) || !Number.isSafeInteger(Number(text))) return undefined;
    read[field] = Number(text);
  }
  return {
    ...read,
    clusterId: read.clusterId as ClusterId,
    from: read.from as MemberId,
    to: read.to as MemberId,
    founded: parseFounded(metadata),
    address: String(metadata.get(ADDRESS)[0] ?? ''),
  };
}

/** What the addressee answers when it accepts. */
export function foundedMetadata(founded: boolean): Metadata {
  const metadata = new Metadata();
  metadata.set(FOUNDED, founded ? '1' : '0');
  return metadata;
}

export function parseFounded(metadata: Metadata): boolean {
  return metadata.get(FOUNDED)[0] === '1';
}

/** Goes with the refusal of a member that was removed: its sign to stop. */
export function removedMetadata(): Metadata {
  const metadata = new Metadata();
  metadata.set(REMOVED, '1');
  return metadata;
}

export function saysRemoved(metadata: Metadata | undefined): boolean {
  return metadata?.get(REMOVED)[0] === '1';
}

/** Checks a stream that wants to come in; `isPeer` tells who may, `isRemoved` who never may again. */
export function refusalOf(
  offered: Handshake | undefined,
  own: { readonly clusterId: ClusterId; readonly id: MemberId },
  isPeer: (id: MemberId) => boolean,
  isRemoved: (id: MemberId) => boolean,
): Refusal | undefined {
  if (!offered) return { cause: 'handshake', sentence: 'this port is for the members of a Quorate cluster' };
  const { version, clusterId, from, to } = offered;
  if (version !== PROTOCOL_VERSION) {
    const sentence = `the peer protocol here has version ${PROTOCOL_VERSION}, the caller's has ${version}`;
    return { cause: 'version', sentence };
  }
  if (clusterId !== own.clusterId) {
    const sentence = `this member belongs to cluster ${hex(own.clusterId)}, the caller to cluster ${hex(clusterId)}`;
    return { cause: 'cluster', sentence };
  }
  if (to !== own.id) {
    const sentence = `this is member ${hex(own.id)}, the caller wants member ${hex(to)}: the peer addresses in the settings disagree`;
    return { cause: 'addressee', sentence };
  }
  if (isRemoved(from)) return { cause: 'removed', sentence: `member ${hex(from)} was removed from the cluster` };
  if (!isPeer(from)) {
    const sentence = `member ${hex(from)} is not in the cluster as member ${hex(own.id)} knows it`;
    return { cause: 'sender', sentence };
  }
  return undefined;
}

function hex(id: number): string {
  return id.toString(16);
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(record) as [K, V][];
}
