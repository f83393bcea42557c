/** How scenarios name things, and how they are read. An entry is index/term and its data. */
import { assert, present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import type { Raft } from '../../src/raft/raft.js';
import type { Entry, RaftMessage } from '../../src/raft/types.js';
import type { DiskWrite } from './disk.js';

export function entryInWords({ index, term, kind, data }: Entry): string {
  return `${index}/${term} ${kind === 'commands' ? Buffer.from(data).toString('latin1') : kind}`;
}

export function entriesInWords(entries: readonly Entry[]): string {
  return entries.length === 0 ? 'nothing' : entries.map(entryInWords).join(', ');
}

/** What a reader wants to be told of when it changes. */
export function stateInWords(raft: Raft): string {
  const { id, role, term, leader, recovering, transferTarget } = raft.status();
  const after = role === 'follower' && leader !== undefined ? ` of ${leader}` : '';
  const handing = transferTarget === undefined ? '' : `, handing over to ${transferTarget}`;
  return `${id} is ${recovering ? 'recovering ' : ''}${role}${after} in term ${term}${handing}`;
}

export function writeInWords(write: DiskWrite | undefined): string {
  const parts: string[] = [];
  if (write?.install) parts.push(`image ${write.install.meta.index}/${write.install.meta.term}`);
  if (write?.hardState) {
    const { term, votedFor, commit } = write.hardState;
    parts.push(`term ${term}, vote ${votedFor ?? 'none'}, commit ${commit}`);
  }
  if (write && write.entries.length > 0) parts.push(entriesInWords(write.entries));
  return parts.join('; ');
}

export function messageInWords(message: RaftMessage): string {
  return `${message.from}->${message.to} ${message.kind} term ${message.term}${contentInWords(message)}`;
}

function contentInWords(message: RaftMessage): string {
  switch (message.kind) {
    case 'preVoteRequest':
      return `, last ${message.lastIndex}/${message.lastTerm}`;
    case 'voteRequest':
      return `, last ${message.lastIndex}/${message.lastTerm}${message.transfer ? ', transfer' : ''}`;
    case 'preVoteReply':
    case 'voteReply':
      return message.granted ? ', granted' : ', refused';
    case 'appendRequest':
      return `, after ${message.prevIndex}/${message.prevTerm}: ${entriesInWords(message.entries)}, commit ${message.commit}`;
    case 'appendReply':
      if (message.rejected) return `, rejects ${message.index}, may agree at ${message.hintIndex}/${message.hintTerm}`;
      return `, holds ${message.index}`;
    case 'heartbeat':
      return `, commit ${message.commit}${message.readRound > 0 ? `, round ${message.readRound}` : ''}`;
    case 'heartbeatReply':
      return message.readRound > 0 ? `, round ${message.readRound}` : '';
    case 'readIndexRequest':
      return `, read ${message.token}`;
    case 'readIndexReply':
      return `, read ${message.token} ${message.refused ? 'refused' : `at ${message.index}`}`;
    case 'timeoutNow':
      return '';
    case 'transferRequest':
      return `, to ${message.target === 0 ? 'anybody' : message.target}`;
  }
}

export type Fields = Readonly<Record<string, readonly number[]>>;

/** Numbers, by the word before them. */
export function fields(words: readonly string[]): Fields {
  const found: Record<string, number[]> = { '': [] };
  let name = '';
  for (const word of words) {
    if (/^\d+$/.test(word)) found[name]?.push(number(word));
    else {
      name = word;
      found[name] = [];
    }
  }
  return found;
}

export function number(word: string | undefined): number {
  assert(word !== undefined && /^\d+$/.test(word), `${word} is not a number`);
  return Number(word);
}

export function asId(value: number): MemberId {
  return value as MemberId;
}

export function idOf(word: string | undefined): MemberId {
  return asId(number(word));
}

/** `1->2` */
export function ends(link: string | undefined): readonly [string, string] {
  const [from, to] = (link ?? '').split('->');
  return [present(from, 'which link'), present(to, 'which link')];
}
