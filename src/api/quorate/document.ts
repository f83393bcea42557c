import type { ConfigVersion } from '../../machine/config-keys.js';
import type { DocumentIn } from '../../proto/quorate.js';

const noValue = Buffer.alloc(0);
/** Upper bounds for the encoded message: bytes of one UTF-16 unit, and of numbers, tags, lengths and the hash together. */
const bytesPerChar = 3;
const fixedBytes = 160;

/** The message for one version of a config document. */
export function documentOf(version: ConfigVersion, withValue: boolean): DocumentIn {
  return {
    namespace: version.namespace,
    key: version.key,
    value: withValue ? version.value : noValue,
    version: version.version,
    contentType: version.contentType,
    sha256: version.sha256,
    author: version.author,
    comment: version.comment,
    publishedAtMs: version.publishedAtMs,
    revision: version.revision,
    deleted: version.deleted,
  };
}

/** At most how many bytes the message takes: pages are bounded by it. */
export function documentSize(version: ConfigVersion, withValue: boolean): number {
  const texts = version.contentType.length + version.author.length + version.comment.length;
  const names = version.namespace.length + version.key.length;
  return fixedBytes + names + texts * bytesPerChar + (withValue ? version.value.length : 0);
}
