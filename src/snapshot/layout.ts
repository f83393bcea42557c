/**
 * The layout of a snapshot file (docs/data-layout.md). What `etcdctl snapshot save` makes of our stream is the same without metadata:
 *
 *     image | metadata, JSON | zeros | "quorate1" | length of the image, 8 bytes, big-endian | SHA-256 of all before, 32 bytes
 *
 * Up to the hash it is a multiple of 512 bytes long, which etcd's tools expect.
 */

export const MAGIC = Buffer.from('quorate1');
export const HASH_BYTES = 32;
/** Magic, length and hash: what is read first. */
export const TAIL_BYTES = MAGIC.length + 8 + HASH_BYTES;

const PAGE_BYTES = 512;
/** More is no metadata of ours. */
export const LARGEST_METADATA_BYTES = 64 * 1024;

/** What the image does not say itself; none of it is there in a file that etcdctl saved. */
export interface SnapshotMetadata {
  readonly clusterId: number;
  /** ISO 8601, by the clock of the machine that saved. */
  readonly savedAt: string;
  /** The version of Quorate that saved. */
  readonly version: string;
}

/** Everything between an image of this length and the hash. */
export function footerOf(imageBytes: number, metadata: SnapshotMetadata): Buffer {
  const text = Buffer.from(JSON.stringify(metadata), 'utf8');
  const least = text.length + MAGIC.length + 8;
  const zeros = (PAGE_BYTES - ((imageBytes + least) % PAGE_BYTES)) % PAGE_BYTES;
  const footer = Buffer.alloc(zeros + least);
  text.copy(footer);
  MAGIC.copy(footer, text.length + zeros);
  footer.writeBigUInt64BE(BigInt(imageBytes), text.length + zeros + MAGIC.length);
  return footer;
}

/** The metadata between image and magic; undefined: there is none. @throws SyntaxError */
export function parseMetadata(bytes: Buffer): SnapshotMetadata | undefined {
  const end = bytes.indexOf(0);
  const text = bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  if (text === '') return undefined;
  const parsed: unknown = JSON.parse(text);
  if (!isMetadata(parsed)) throw new SyntaxError('fields are missing');
  return parsed;
}

function isMetadata(value: unknown): value is SnapshotMetadata {
  return (
    typeof value === 'object' &&
    value !== null &&
    'clusterId' in value &&
    typeof value.clusterId === 'number' &&
    'savedAt' in value &&
    typeof value.savedAt === 'string' &&
    'version' in value &&
    typeof value.version === 'string'
  );
}
