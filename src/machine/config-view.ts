/** Reads of config documents. Revisions were checked. */
import type { Revision } from '../base/ids.js';
import { type ConfigVersion, configKey, historyKey, parseHistoryRecord } from './config-keys.js';
import type { DocumentVersions } from './document-versions.js';
import type { KeySpace } from './key-space.js';

/** The document as of `revision` (0 = now); undefined when it did not exist then. */
export function configAt(
  keys: KeySpace,
  documents: DocumentVersions,
  namespace: string,
  key: string,
  revision: Revision,
): ConfigVersion | undefined {
  if (!keys.index.get(configKey(namespace, key))?.existsAt(revision)) return undefined;
  const version =
    revision === 0 ? documents.lastVersion(namespace, key) : documents.versionAt(namespace, key, revision);
  const entry = keys.index.get(historyKey(namespace, key, version));
  const record = entry === undefined ? undefined : keys.at(entry, revision);
  return record === undefined ? undefined : parseHistoryRecord(record);
}

/** One kept version, which may be a deletion. */
export function configVersion(
  keys: KeySpace,
  namespace: string,
  key: string,
  version: number,
): ConfigVersion | undefined {
  const entry = keys.index.get(historyKey(namespace, key, version));
  return entry?.live ? parseHistoryRecord(keys.newest(entry)) : undefined;
}

/** Kept versions below `beforeVersion` (0: all), newest first. Versions have no gaps, so the first that is missing ends the list. */
export function configHistory(
  keys: KeySpace,
  documents: DocumentVersions,
  namespace: string,
  key: string,
  beforeVersion: number,
  limit: number,
): readonly ConfigVersion[] {
  const last = documents.lastVersion(namespace, key);
  let version = beforeVersion > 0 ? Math.min(beforeVersion - 1, last) : last;
  const found: ConfigVersion[] = [];
  for (; version > 0 && found.length < limit; version--) {
    const kept = configVersion(keys, namespace, key, version);
    if (kept === undefined) break;
    found.push(kept);
  }
  return found;
}
