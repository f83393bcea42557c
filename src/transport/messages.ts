/**
 * Peer messages as an Envelope of `proto/quorate/internal/peer.proto` and back. Sender and addressee are not in the bytes: the stream that
 * carries them was opened in their names. A test holds this against the general coder.
 */
import { assert, unreachable } from '../base/assert.js';
import { index, type MemberId, term } from '../base/ids.js';
import { DecodeError } from '../proto/schema.js';
import type { Entry, EntryKind } from '../raft/types.js';
import type { PeerMessage } from './transport.js';
import { BYTES, fieldSize, sectionSize, VARINT, WireReader, WireWriter } from './wire.js';

/** Field numbers in PeerMessage. */
const Kind = {
  preVoteRequest: 1,
  preVoteReply: 2,
  voteRequest: 3,
  voteReply: 4,
  appendRequest: 5,
  appendReply: 6,
  heartbeat: 7,
  heartbeatReply: 8,
  readIndexRequest: 9,
  readIndexReply: 10,
  timeoutNow: 11,
  transferRequest: 12,
  forward: 13,
  change: 14,
  subscribers: 15,
} as const satisfies Record<PeerMessage['kind'], number>;

const entryKinds: readonly EntryKind[] = ['noop', 'commands', 'membership'];
const ENTRIES = 5;
const COMMANDS = 4;

/** The number fields 1 to 5 of one message; every message has no other fields but entries or commands. */
class Numbers {
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  e = 0;

  set(a: number, b: number, c: number, d: number, e: number): this {
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.e = e;
    return this;
  }

  get size(): number {
    return fieldSize(this.a) + fieldSize(this.b) + fieldSize(this.c) + fieldSize(this.d) + fieldSize(this.e);
  }

  write(writer: WireWriter): void {
    writer.field(1, this.a);
    writer.field(2, this.b);
    writer.field(3, this.c);
    writer.field(4, this.d);
    writer.field(5, this.e);
  }

  put(field: number, value: number): void {
    if (field === 1) this.a = value;
    else if (field === 2) this.b = value;
    else if (field === 3) this.c = value;
    else if (field === 4) this.d = value;
    else if (field === 5) this.e = value;
  }
}

/** Reused by every call: encoding and decoding never yield. */
const numbers = new Numbers();

/** Bytes of one envelope with the messages in order. */
export function encodeEnvelope(messages: readonly PeerMessage[]): Buffer {
  let size = 0;
  for (const message of messages) size += sectionSize(sectionSize(bodySize(message)));
  const writer = new WireWriter(size);
  for (const message of messages) {
    const body = bodySize(message);
    writer.section(1, sectionSize(body));
    writer.section(Kind[message.kind], body);
    writeBody(writer, message);
  }
  assert(writer.full, 'the size of an envelope was computed right');
  return writer.buffer;
}

/** Exact bytes that the message adds to an envelope. */
export function encodedSize(message: PeerMessage): number {
  return sectionSize(sectionSize(bodySize(message)));
}

/**
 * Messages of one envelope, in order. Entry data and commands are views into `bytes`. Messages of kinds that this version does not know are
 * passed over.
 * @throws DecodeError
 */
export function decodeEnvelope(bytes: Buffer, from: MemberId, to: MemberId): PeerMessage[] {
  const messages: PeerMessage[] = [];
  const reader = new WireReader(bytes);
  while (reader.position < bytes.length) {
    const tag = reader.varint(bytes.length);
    if (tag !== ((1 << 3) | BYTES)) {
      reader.skip(tag, bytes.length);
      continue;
    }
    const message = readMessage(reader, reader.section(bytes.length), from, to);
    if (message) messages.push(message);
  }
  return messages;
}

function bodySize(message: PeerMessage): number {
  let size = numbersOf(message).size;
  if (message.kind === 'appendRequest') {
    for (const entry of message.entries) size += sectionSize(entrySize(entry));
  } else if (message.kind === 'forward') {
    for (const command of message.commands) size += sectionSize(command.length);
  } else if (message.kind === 'change' || message.kind === 'subscribers') {
    size += sectionSize(message.data.length);
  }
  return size;
}

function writeBody(writer: WireWriter, message: PeerMessage): void {
  numbersOf(message).write(writer);
  if (message.kind === 'appendRequest') {
    for (const entry of message.entries) {
      writer.section(ENTRIES, entrySize(entry));
      writer.field(1, entry.index);
      writer.field(2, entry.term);
      writer.field(3, entryKinds.indexOf(entry.kind));
      if (entry.data.length > 0) writer.bytes(4, entry.data);
    }
  } else if (message.kind === 'forward') {
    for (const command of message.commands) writer.bytes(COMMANDS, command);
  } else if (message.kind === 'change' || message.kind === 'subscribers') {
    writer.bytes(COMMANDS, message.data);
  }
}

function entrySize({ index, term, kind, data }: Entry): number {
  const dataSize = data.length > 0 ? sectionSize(data.length) : 0;
  return fieldSize(index) + fieldSize(term) + fieldSize(entryKinds.indexOf(kind)) + dataSize;
}

/** The number fields of the message. */
function numbersOf(m: PeerMessage): Numbers {
  switch (m.kind) {
    case 'preVoteRequest':
      return numbers.set(m.term, m.lastIndex, m.lastTerm, 0, 0);
    case 'preVoteReply':
      return numbers.set(m.term, Number(m.granted), m.requestTerm, 0, 0);
    case 'voteRequest':
      return numbers.set(m.term, m.lastIndex, m.lastTerm, Number(m.transfer), 0);
    case 'voteReply':
      return numbers.set(m.term, Number(m.granted), 0, 0, 0);
    case 'appendRequest':
      return numbers.set(m.term, m.prevIndex, m.prevTerm, m.commit, 0);
    case 'appendReply':
      return numbers.set(m.term, Number(m.rejected), m.index, m.hintIndex, m.hintTerm);
    case 'heartbeat':
      return numbers.set(m.term, m.commit, m.readRound, 0, 0);
    case 'heartbeatReply':
      return numbers.set(m.term, m.readRound, Number(m.recovering), 0, 0);
    case 'readIndexRequest':
      return numbers.set(m.term, m.token, 0, 0, 0);
    case 'readIndexReply':
      return numbers.set(m.term, m.token, m.index, Number(m.refused), 0);
    case 'timeoutNow':
      return numbers.set(m.term, 0, 0, 0, 0);
    case 'transferRequest':
      return numbers.set(m.term, m.target, 0, 0, 0);
    case 'forward':
      return numbers.set(m.from, m.incarnation, m.firstSequence, 0, 0);
    case 'change':
    case 'subscribers':
      return numbers.set(m.token, Number(m.answer), 0, 0, 0);
    default:
      return unreachable(m);
  }
}

function readMessage(reader: WireReader, end: number, from: MemberId, to: MemberId): PeerMessage | undefined {
  let message: PeerMessage | undefined;
  while (reader.position < end) {
    const tag = reader.varint(end);
    const kind = tag >>> 3;
    if ((tag & 7) !== BYTES || kind > Kind.subscribers) reader.skip(tag, end);
    else message = readBody(reader, kind, reader.section(end), from, to);
  }
  return message;
}

function readBody(
  reader: WireReader,
  kind: number,
  end: number,
  from: MemberId,
  to: MemberId,
): PeerMessage | undefined {
  const entries: Entry[] | undefined = kind === Kind.appendRequest ? [] : undefined;
  const commands: Uint8Array[] | undefined = kind >= Kind.forward ? [] : undefined;
  numbers.set(0, 0, 0, 0, 0);
  while (reader.position < end) {
    const tag = reader.varint(end);
    const field = tag >>> 3;
    if ((tag & 7) === VARINT) numbers.put(field, reader.varint(end));
    else if (entries && tag === ((ENTRIES << 3) | BYTES)) entries.push(readEntry(reader, reader.section(end)));
    else if (commands && tag === ((COMMANDS << 3) | BYTES)) commands.push(reader.bytes(end));
    else reader.skip(tag, end);
  }
  if (entries) return appendRequest(from, to, entries);
  if (commands && kind !== Kind.forward) {
    const [data = emptyData] = commands;
    const name = kind === Kind.change ? 'change' : 'subscribers';
    return { kind: name, from, to, token: numbers.a, answer: numbers.b !== 0, data };
  }
  if (commands) return { kind: 'forward', from, to, incarnation: numbers.b, firstSequence: numbers.c, commands };
  return numbersOnly(kind, from, to);
}

function appendRequest(from: MemberId, to: MemberId, entries: readonly Entry[]): PeerMessage {
  const { a, b, c, d } = numbers;
  return {
    kind: 'appendRequest',
    from,
    to,
    term: term(a),
    prevIndex: index(b),
    prevTerm: term(c),
    commit: index(d),
    entries,
  };
}

/** Does not touch `numbers`, which hold the fields of the append around it. */
function readEntry(reader: WireReader, end: number): Entry {
  let position = 0;
  let entryTerm = 0;
  let kind = 0;
  let data: Buffer = emptyData;
  while (reader.position < end) {
    const tag = reader.varint(end);
    if (tag === ((1 << 3) | VARINT)) position = reader.varint(end);
    else if (tag === ((2 << 3) | VARINT)) entryTerm = reader.varint(end);
    else if (tag === ((3 << 3) | VARINT)) kind = reader.varint(end);
    else if (tag === ((4 << 3) | BYTES)) data = reader.bytes(end);
    else reader.skip(tag, end);
  }
  const known = entryKinds[kind];
  if (known === undefined) throw new DecodeError(`an entry has the unknown kind ${kind}`);
  return { index: index(position), term: term(entryTerm), kind: known, data };
}

const emptyData = Buffer.alloc(0);

/** A message that has only number fields; undefined for a kind that this version does not know. */
function numbersOnly(kind: number, from: MemberId, to: MemberId): PeerMessage | undefined {
  const { a, b, c, d, e } = numbers;
  const t = term(a);
  switch (kind) {
    case Kind.preVoteRequest:
      return { kind: 'preVoteRequest', from, to, term: t, lastIndex: index(b), lastTerm: term(c) };
    case Kind.preVoteReply:
      return { kind: 'preVoteReply', from, to, term: t, granted: b !== 0, requestTerm: term(c) };
    case Kind.voteRequest:
      return { kind: 'voteRequest', from, to, term: t, lastIndex: index(b), lastTerm: term(c), transfer: d !== 0 };
    case Kind.voteReply:
      return { kind: 'voteReply', from, to, term: t, granted: b !== 0 };
    case Kind.appendReply: {
      const [rejected, hintIndex] = [b !== 0, index(d)];
      return { kind: 'appendReply', from, to, term: t, rejected, index: index(c), hintIndex, hintTerm: term(e) };
    }
    case Kind.heartbeat:
      return { kind: 'heartbeat', from, to, term: t, commit: index(b), readRound: c };
    case Kind.heartbeatReply:
      return { kind: 'heartbeatReply', from, to, term: t, readRound: b, recovering: c !== 0 };
    case Kind.readIndexRequest:
      return { kind: 'readIndexRequest', from, to, term: t, token: b };
    case Kind.readIndexReply:
      return { kind: 'readIndexReply', from, to, term: t, token: b, index: index(c), refused: d !== 0 };
    case Kind.timeoutNow:
      return { kind: 'timeoutNow', from, to, term: t };
    case Kind.transferRequest:
      return { kind: 'transferRequest', from, to, term: t, target: b as MemberId };
    default:
      return undefined;
  }
}
