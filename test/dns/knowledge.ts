/** Directories and questions for tests of DNS answers. */
import { type DecodedPacket, decode, encode, type Packet, type RecordType } from 'dns-packet';
import type { Key } from '../../src/base/ids.js';
import { Directory } from '../../src/dns/directory.js';
import { endpointOf } from '../../src/dns/endpoints.js';
import { answerTo, type Way } from '../../src/dns/message.js';
import type { Knowledge } from '../../src/dns/reply.js';
import { Instance, type InstanceIn } from '../../src/proto/quorate.js';

/** A directory with these instances, of default/compute, UP and PASSING unless told. */
export function knowledgeOf(...instances: readonly InstanceIn[]): Knowledge {
  const directory = new Directory('default');
  for (const [i, each] of instances.entries()) {
    const given = { namespace: 'default', service: 'compute', status: 1, health: 1, weight: 100, port: 80, ...each };
    const instance = Instance.decode(Instance.encode(given as InstanceIn));
    directory.set(instance.namespace, instance.service, `key ${i}` as Key, endpointOf(instance));
  }
  return { directory, ttlSeconds: 2, serial: 7, random: Math.random };
}

/** `type` may be one that the types of the library do not have. */
export function queryFor(name: string, type: string, more: Packet = {}): Buffer {
  return encode({ type: 'query', id: 4_711, questions: [{ name, type: type as RecordType }], ...more });
}

/** What the library reads from an answer, with its rcode by name. */
export type Answered = DecodedPacket & { readonly rcode: string; readonly bytes: number };

export function read(answer: Buffer | undefined): Answered {
  if (!answer) throw new Error('there is no answer');
  return { ...(decode(answer) as DecodedPacket & { rcode: string }), bytes: answer.length };
}

export function ask(knowledge: Knowledge, name: string, type: string, way: Way = 'udp', more: Packet = {}): Answered {
  return read(answerTo(queryFor(name, type, more), way, knowledge));
}

/** `A 10.0.0.1`, `SRV 100 80 target`: the data of the records in order of the text. */
export function dataOf(records: Packet['answers']): string[] {
  const texts = (records ?? []).map((record) => {
    if (record.type === 'SRV') return `SRV ${record.data.weight} ${record.data.port} ${record.data.target}`;
    return 'data' in record ? `${record.type} ${String(record.data)}` : record.type;
  });
  return texts.sort();
}
