import { hash } from 'node:crypto';
import { QuorateError } from '../../base/errors.js';
import type { Revision } from '../../base/ids.js';

/** Where a page ended: the next one begins after `key`, in the state of `revision`. */
export interface PagePosition {
  readonly revision: Revision;
  readonly key: string;
}

const digestLength = 16;
const pattern = /^1 ([0-9a-f]{16}) ([1-9]\d{0,15}) (\S+)$/;

/**
 * The opaque text for a position. It carries a digest, so that a token of another list, or one that was changed, is refused instead of
 * skipping documents.
 * @param list what is listed: namespace and prefix
 */
export function pageToken(list: string, { revision, key }: PagePosition): string {
  return Buffer.from(`1 ${digestOf(list, revision, key)} ${revision} ${key}`).toString('base64url');
}

/** @throws QuorateError INVALID_PAGE_TOKEN for anything that pageToken did not make for the same list */
export function parsePageToken(list: string, token: string): PagePosition {
  const [, digest, revisionText, key] = pattern.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  const revision = Number(revisionText) as Revision;
  if (key === undefined || digest !== digestOf(list, revision, key))
    throw new QuorateError(
      'INVALID_PAGE_TOKEN',
      'page_token is not the next_page_token of a list with the same namespace and prefix',
      { field: 'page_token' },
    );
  return { revision, key };
}

function digestOf(list: string, revision: Revision, key: string): string {
  return hash('sha256', `${list}\n${revision}\n${key}`).slice(0, digestLength);
}
