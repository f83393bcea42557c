/**
 * Branded primitives: a plain number or string at run time that the compiler does not confuse with another. The values of
 * int64 protocol fields stay below 2^53 everywhere but at the etcd door.
 */
declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** Raft term. */
export type Term = Brand<number, 'Term'>;
/** Position in the Raft log; the first entry has index 1, 0 means "before the log". */
export type Index = Brand<number, 'Index'>;
/** Version of the key space; an empty store has revision 1, as in etcd. */
export type Revision = Brand<number, 'Revision'>;
/** Identity of a member, derived from cluster and member name; never 0. */
export type MemberId = Brand<number, 'MemberId'>;
/** Derived from the cluster's name; never 0. */
export type ClusterId = Brand<number, 'ClusterId'>;
/** Milliseconds of the cluster clock (design §5): moves only forward and only while there is a leader. */
export type ClusterTime = Brand<number, 'ClusterTime'>;
/** A lease's 64-bit id as lower-case hex without padding; NO_LEASE (empty) means none. */
export type LeaseId = Brand<string, 'LeaseId'>;
/**
 * A key of the key space as a binary ("latin1") string: one char per byte, so that `<` is byte order and V8 keeps one byte per char.
 */
export type Key = Brand<string, 'Key'>;

export const NO_LEASE = '' as LeaseId;

export const term = (value: number): Term => value as Term;
export const index = (value: number): Index => value as Index;
export const revision = (value: number): Revision => value as Revision;
export const clusterTime = (value: number): ClusterTime => value as ClusterTime;

/** Key from its bytes. */
export function keyOf(bytes: Uint8Array): Key {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer.toString('latin1') as Key;
}

/** Bytes of a key. */
export function keyBytes(key: Key): Buffer {
  return Buffer.from(key, 'latin1');
}

/** Key from text (UTF-8). */
export function keyOfText(text: string): Key {
  return keyOf(Buffer.from(text, 'utf8'));
}
