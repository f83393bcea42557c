/** DNS messages as bytes: a query in, an answer out that fits. */
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  type Packet,
  type Question,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { failed, type Knowledge, Rcode, type Reply, replyTo } from './reply.js';

/** Without EDNS (RFC 1035 §4.2.1). */
const plainUdpBytes = 512;
/** What passes everywhere in one piece. */
const mostUdpBytes = 1_232;
const tcpBytes = 65_535;

const headerBytes = 12;
const responseFlag = 0x80;
/** What an answer gives back of a query: opcode and the wish for recursion. */
const givenBack = 0x7900;
/** Type, class, time to live and length of a record, and the shortest data. */
const leastRecordBytes = 14;

/** Names of other characters are not ours, and the library would not give them back as they came. */
const plainName = /^(?:\.|[!-\-/-~]{1,63}(?:\.[!-\-/-~]{1,63})*)$/;

export type Way = 'udp' | 'tcp';

/** Undefined: nothing that could be answered. */
export function answerTo(query: Buffer, way: Way, knowledge: Knowledge): Buffer | undefined {
  // A response must never be answered: two servers could go on like that for ever.
  if (query.length < headerBytes || ((query[2] ?? 0) & responseFlag) !== 0) return undefined;
  const id = query.readUInt16BE(0);
  const flags = query.readUInt16BE(2) & givenBack;
  try {
    return new Query(decode(query), id, flags, way).answer(knowledge);
  } catch {
    // The library throws whatever its buffers throw.
    return encode({ type: 'response', id, flags: flags | Rcode.FORMERR });
  }
}

class Query {
  private readonly most: number;
  private readonly edns: Extract<Answer, { type: 'OPT' }> | undefined;
  private readonly question: Question | undefined;
  private readonly formed: boolean;

  constructor(
    packet: Packet,
    private readonly id: number,
    private readonly flags: number,
    private readonly way: Way,
  ) {
    const { additionals = [], questions = [] } = packet;
    [this.question] = questions;
    const options = additionals.filter((record) => record.type === 'OPT');
    this.formed = questions.length === 1 && options.length <= 1;
    [this.edns] = options;
    const udpBytes = Math.min(mostUdpBytes, Math.max(plainUdpBytes, this.edns?.udpPayloadSize ?? 0));
    this.most = way === 'tcp' ? tcpBytes : udpBytes;
  }

  answer(knowledge: Knowledge): Buffer {
    const reply = this.reply(knowledge);
    const { answers, additionals } = reply;
    // What only saves further questions goes first, and nobody is told of it (RFC 2181 §9).
    return (
      this.fit(additionals.length, (count) => this.encode(reply, answers.length, count)) ??
      this.fit(answers.length, (count) => this.encode(reply, count, 0)) ??
      this.encode(failed(Rcode.SERVFAIL), 0, 0)
    );
  }

  /** With as many of these records as there is room for; undefined: there is none, whatever is left out. */
  private fit(records: number, encoded: (count: number) => Buffer): Buffer | undefined {
    let count = records;
    let message = encoded(count);
    if (message.length <= this.most) return message;
    const least = encoded(0).length;
    if (least > this.most) return undefined;
    // Records are about equally long.
    count = Math.floor((count * (this.most - least)) / (message.length - least));
    for (message = encoded(count); message.length > this.most; message = encoded(count)) count--;
    return message;
  }

  private reply(knowledge: Knowledge): Reply {
    const { question } = this;
    const opcode = (this.flags >> 11) & 0xf;
    if (opcode !== 0) return failed(Rcode.NOTIMP);
    if (!this.formed || !question) return failed(Rcode.FORMERR);
    if (!plainName.test(question.name)) return failed(Rcode.REFUSED);
    if (this.edns && this.edns.ednsVersion !== 0) return failed(Rcode.BADVERS);
    const most = Math.ceil(this.most / (question.name.length + leastRecordBytes));
    return replyTo(question, knowledge, most);
  }

  private encode(
    { rcode, authoritative, answers, authorities, additionals }: Reply,
    count: number,
    more: number,
  ): Buffer {
    const cut = count < answers.length && this.way === 'udp';
    const flags =
      this.flags | (authoritative ? AUTHORITATIVE_ANSWER : 0) | (cut ? TRUNCATED_RESPONSE : 0) | (rcode & 0xf);
    const edns: Answer[] = this.edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: mostUdpBytes,
            extendedRcode: rcode >> 4,
            ednsVersion: 0,
            flags: 0,
            flag_do: false,
            options: [],
          },
        ]
      : [];
    return encode({
      type: 'response',
      id: this.id,
      flags,
      questions: this.question && plainName.test(this.question.name) ? [this.question] : [],
      answers: answers.slice(0, count),
      authorities: [...authorities],
      additionals: [...additionals.slice(0, more), ...edns],
    });
  }
}
