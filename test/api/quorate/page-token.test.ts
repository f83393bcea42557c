import { expect, test } from 'vitest';
import { pageToken, parsePageToken } from '../../../src/api/quorate/page-token.js';
import { revision } from '../../../src/base/ids.js';
import { refusal } from '../../support/refusal.js';

const position = { revision: revision(42), key: 'db/url' };
const token = pageToken('prod/db', position);

test('a token gives back the position it was made for', () => {
  expect(parsePageToken('prod/db', token)).toEqual(position);
  expect(token).toMatch(/^[A-Za-z0-9_-]+$/);
});

test('a token of another list is refused', () => {
  expect(refusal(() => parsePageToken('prod/', token)).reason).toBe('INVALID_PAGE_TOKEN');
});

test('a token with any one character changed is refused', () => {
  for (let i = 0; i < token.length - 1; i++) {
    const other = token[i] === 'A' ? 'B' : 'A';
    const changed = token.slice(0, i) + other + token.slice(i + 1);
    expect(refusal(() => parsePageToken('prod/db', changed)).reason).toBe('INVALID_PAGE_TOKEN');
  }
});

test.each(['x', '!!!', 'AAAA', Buffer.from('1 0 0 a').toString('base64url')])('%j is no token', (text) => {
  expect(refusal(() => parsePageToken('prod/db', text)).reason).toBe('INVALID_PAGE_TOKEN');
});
