import { describe, expect, it } from 'vitest';
import { index, type MemberId, term } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import { Envelope, type EnvelopeIn, type PeerMessageIn } from '../../src/proto/peer.js';
import { DecodeError } from '../../src/proto/schema.js';
import { decodeEnvelope, encodedSize, encodeEnvelope } from '../../src/transport/messages.js';
import type { PeerMessage } from '../../src/transport/transport.js';

const from = 0xd5d6d148bede as MemberId;
const to = 2 as MemberId;
const addressed = { from, to };
const big = Number.MAX_SAFE_INTEGER;

/** Every kind of message, beside what the general coder calls it. */
const samples: readonly [PeerMessage, PeerMessageIn][] = [
  [
    { kind: 'preVoteRequest', ...addressed, term: term(7), lastIndex: index(300), lastTerm: term(6) },
    { preVoteRequest: { term: 7, lastIndex: 300, lastTerm: 6 } },
  ],
  [
    { kind: 'preVoteReply', ...addressed, term: term(7), granted: true, requestTerm: term(8) },
    { preVoteReply: { term: 7, granted: true, requestTerm: 8 } },
  ],
  [
    { kind: 'voteRequest', ...addressed, term: term(1), lastIndex: index(0), lastTerm: term(0), transfer: true },
    { voteRequest: { term: 1, lastIndex: 0, lastTerm: 0, transfer: true } },
  ],
  [{ kind: 'voteReply', ...addressed, term: term(1), granted: false }, { voteReply: { term: 1, granted: false } }],
  [
    {
      kind: 'appendRequest',
      ...addressed,
      term: term(3),
      prevIndex: index(2 ** 31),
      prevTerm: term(2),
      commit: index(2 ** 40),
      entries: [
        { index: index(2 ** 31 + 1), term: term(3), kind: 'noop', data: Buffer.alloc(0) },
        { index: index(2 ** 31 + 2), term: term(3), kind: 'commands', data: Buffer.from([0, 255, 128]) },
        { index: index(2 ** 31 + 3), term: term(3), kind: 'membership', data: Buffer.alloc(70_000, 7) },
      ],
    },
    {
      appendRequest: {
        term: 3,
        prevIndex: 2 ** 31,
        prevTerm: 2,
        commit: 2 ** 40,
        entries: [
          { index: 2 ** 31 + 1, term: 3, kind: 0, data: Buffer.alloc(0) },
          { index: 2 ** 31 + 2, term: 3, kind: 1, data: Buffer.from([0, 255, 128]) },
          { index: 2 ** 31 + 3, term: 3, kind: 2, data: Buffer.alloc(70_000, 7) },
        ],
      },
    },
  ],
  [
    {
      kind: 'appendReply',
      ...addressed,
      term: term(big),
      rejected: true,
      index: index(big),
      hintIndex: index(127),
      hintTerm: term(128),
    },
    { appendReply: { term: big, rejected: true, index: big, hintIndex: 127, hintTerm: 128 } },
  ],
  [
    { kind: 'heartbeat', ...addressed, term: term(2 ** 28 - 1), commit: index(2 ** 28), readRound: 2 ** 35 },
    { heartbeat: { term: 2 ** 28 - 1, commit: 2 ** 28, readRound: 2 ** 35 } },
  ],
  [
    { kind: 'heartbeatReply', ...addressed, term: term(1), readRound: 0, recovering: true },
    { heartbeatReply: { term: 1, readRound: 0, recovering: true } },
  ],
  [
    { kind: 'readIndexRequest', ...addressed, term: term(1), token: 16_384 },
    { readIndexRequest: { term: 1, token: 16_384 } },
  ],
  [
    { kind: 'readIndexReply', ...addressed, term: term(1), token: 5, index: index(6), refused: true },
    { readIndexReply: { term: 1, token: 5, index: 6, refused: true } },
  ],
  [{ kind: 'timeoutNow', ...addressed, term: term(0) }, { timeoutNow: { term: 0 } }],
  [{ kind: 'transferRequest', ...addressed, term: term(1), target: from }, { transferRequest: { term: 1, to: from } }],
  [
    {
      kind: 'forward',
      ...addressed,
      incarnation: 1_700_000_000_000,
      firstSequence: 1,
      commands: [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(300, 1)],
    },
    {
      forward: {
        member: from,
        incarnation: 1_700_000_000_000,
        firstSequence: 1,
        commands: [Buffer.from('one'), Buffer.alloc(0), Buffer.alloc(300, 1)],
      },
    },
  ],
  [
    { kind: 'change', ...addressed, token: 3, answer: false, data: Buffer.from('change') },
    { change: { token: 3, answer: false, data: Buffer.from('change') } },
  ],
  [
    { kind: 'subscribers', ...addressed, token: 4, answer: true, data: Buffer.from('state') },
    { subscribers: { token: 4, answer: true, data: Buffer.from('state') } },
  ],
];
const ours = samples.map(([message]) => message);
const envelope: EnvelopeIn = { messages: samples.map(([, wire]) => wire) };

function decoded(bytes: Buffer): PeerMessage[] {
  return decodeEnvelope(bytes, from, to);
}

/** A decoded message with its defaults, which the coder keeps on the prototype. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value;
  const fields: Record<string, unknown> = {};
  for (const name in value) {
    const field: unknown = value[name as keyof typeof value];
    if (name !== '$type' && typeof field !== 'function' && field !== undefined) fields[name] = plain(field);
  }
  return fields;
}

describe('peer messages', () => {
  it.each(samples)('of kind $kind are read as they were written', (message) => {
    expect(decoded(encodeEnvelope([message]))).toEqual([message]);
  });

  it('are what the general coder reads', () => {
    expect(plain(Envelope.decode(encodeEnvelope(ours)))).toEqual(plain(Envelope.decode(Envelope.encode(envelope))));
  });

  it('are read from what the general coder writes', () => {
    expect(decoded(Envelope.encode(envelope))).toEqual(ours);
  });

  it('have the size that was computed', () => {
    for (const message of ours) expect(encodeEnvelope([message])).toHaveLength(encodedSize(message));
    const sum = ours.reduce((total, message) => total + encodedSize(message), 0);
    expect(encodeEnvelope(ours)).toHaveLength(sum);
  });

  it('share the bytes of entries and commands with the envelope', () => {
    const bytes = encodeEnvelope(ours);
    const append = decoded(bytes).find((message) => message.kind === 'appendRequest');
    expect(append?.entries[2]?.data.buffer).toBe(bytes.buffer);
  });

  it('of a kind that a newer member sends are passed over, and so are new fields', () => {
    const heartbeat = encodeEnvelope(ours.filter(({ kind }) => kind === 'heartbeat'));
    // Field 1 (a message) with field 16 (a section of two bytes) in it; then field 9 of the envelope as fixed64.
    const newer = Buffer.from([0x0a, 5, 0x82, 0x01, 2, 0xff, 0xff, 0x49, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(decoded(Buffer.concat([newer, heartbeat]))).toEqual(ours.filter(({ kind }) => kind === 'heartbeat'));
  });
});

describe('damaged envelopes', () => {
  it.each([
    ['a number that is cut off', [0x0a, 0x80]],
    ['a section longer than the rest', [0x0a, 5, 0x3a]],
    ['a section longer than the one around it', [0x0a, 2, 0x3a, 9, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['a number over 2^53', [0x0a, 13, 0x3a, 11, 0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]],
    ['a wire type that does not exist', [0x0f]],
    ['an entry of an unknown kind', [0x0a, 6, 0x2a, 4, 0x2a, 2, 0x18, 9]],
    ['a fixed field that is cut off', [0x0d, 1]],
  ])('are refused: %s', (_what, bytes) => {
    expect(() => decoded(Buffer.from(bytes))).toThrow(DecodeError);
  });

  it('never do worse than a DecodeError, whichever bytes are changed', () => {
    const random = seededRandom(42);
    const intact = encodeEnvelope(ours.filter(({ kind }) => kind !== 'appendRequest'));
    let refused = 0;
    for (let round = 0; round < 5_000; round++) {
      const bytes = Buffer.from(intact);
      for (let i = 0; i < 3; i++) bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
      try {
        decoded(bytes.subarray(0, Math.ceil(random() * bytes.length)));
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1_000);
  });
});
