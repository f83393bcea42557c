/** What a question about the zone is answered with, whatever way it came. */
import type { Question, SoaAnswer, SrvAnswer, StringAnswer } from 'dns-packet';
import type { Random } from '../base/random.js';
import type { Directory } from './directory.js';
import { draw } from './draw.js';
import type { Endpoint, Endpoints } from './endpoints.js';
import { type Meaning, meaningOf, nameOfAddress, zone } from './names.js';

/** RFC 1035 §4.1.1; BADVERS: RFC 6891 §6.1.3. */
export const Rcode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  BADVERS: 16,
} as const;
export type Rcode = (typeof Rcode)[keyof typeof Rcode];

export type AddressRecord = StringAnswer;

export interface Reply {
  readonly rcode: Rcode;
  /** About the zone, be it that there is nothing. */
  readonly authoritative: boolean;
  readonly answers: readonly (AddressRecord | SrvAnswer | SoaAnswer)[];
  /** Of the zone, where there is no answer: how long that may be remembered (RFC 2308). */
  readonly authorities: readonly SoaAnswer[];
  /** Addresses of what the answers name. */
  readonly additionals: readonly AddressRecord[];
}

/** What the answers are made from. */
export interface Knowledge {
  /** Undefined: this member does not know the services yet. */
  readonly directory: Directory | undefined;
  readonly ttlSeconds: number;
  /** Changes with what is known. */
  readonly serial: number;
  readonly random: Random;
}

/** @param most records that could fit at all */
export function replyTo({ name, type, class: kind }: Question, knowledge: Knowledge, most: number): Reply {
  const meaning = meaningOf(name);
  const inClass = kind === 'IN' || kind === 'ANY';
  if (meaning.kind === 'foreign' || !inClass || type === 'AXFR' || type === 'IXFR') return failed(Rcode.REFUSED);
  if (!knowledge.directory) return failed(Rcode.SERVFAIL);
  return new Answering(name, type, knowledge, knowledge.directory, most).to(meaning);
}

export function failed(rcode: Rcode): Reply {
  return { rcode, authoritative: false, answers: [], authorities: [], additionals: [] };
}

class Answering {
  private readonly ttl: number;

  constructor(
    /** In the caller's own case, which goes into the answer: some resolvers check that. */
    private readonly name: string,
    private readonly type: string,
    private readonly knowledge: Knowledge,
    private readonly directory: Directory,
    private readonly most: number,
  ) {
    this.ttl = knowledge.ttlSeconds;
  }

  to(meaning: Exclude<Meaning, { kind: 'foreign' }>): Reply {
    switch (meaning.kind) {
      case 'zone':
        return this.isAsked('SOA') ? this.answer([this.soa()]) : this.empty();
      case 'between':
        return this.empty();
      case 'nothing':
        return this.nothing();
      case 'address':
        return this.ofAddress(meaning.family, meaning.text);
      case 'service':
      case 'protocol':
      case 'port':
        return this.ofService(meaning);
    }
  }

  private ofAddress(family: 4 | 6, text: string): Reply {
    const type = family === 4 ? 'A' : 'AAAA';
    return this.isAsked(type) ? this.answer([this.record(type, text)]) : this.empty();
  }

  private ofService(meaning: Extract<Meaning, { kind: 'service' | 'protocol' | 'port' }>): Reply {
    const { name } = meaning;
    const endpoints = this.directory.find(name);
    if (!endpoints) return meaning.kind === 'service' && this.directory.hasBelow(name) ? this.empty() : this.nothing();
    if (meaning.kind === 'protocol') return this.empty();
    if (meaning.kind === 'service') return this.type === 'SRV' ? this.srv(endpoints, mainPort) : this.hosts(endpoints);
    if (!endpoints.hasPort(meaning.port)) return this.nothing();
    return this.isAsked('SRV') ? this.srv(endpoints, (endpoint) => namedPort(endpoint, meaning.port)) : this.empty();
  }

  /** One kind of addresses, also for whoever asks for everything (RFC 8482). */
  private hosts({ hosts: { ipv4, ipv6, names } }: Endpoints): Reply {
    const type = this.type === 'ANY' ? (ipv4.length > 0 ? 'A' : 'AAAA') : this.type;
    if (type !== 'A' && type !== 'AAAA') return this.empty();
    if (ipv4.length > 0 || ipv6.length > 0)
      return this.answer(this.draw(type === 'A' ? ipv4 : ipv6).map((address) => this.record(type, address)));
    // A name may have one alias only, and nothing beside it: nobody is to keep it, since the next question may be for SRV.
    const [host] = draw(names, 1, this.knowledge.random);
    if (host === undefined) return this.empty();
    return this.answer([{ type: 'CNAME', name: this.name, ttl: 0, class: 'IN', data: host }]);
  }

  private srv(endpoints: Endpoints, portOf: (endpoint: Endpoint) => number): Reply {
    const reachable = endpoints.usable().filter((endpoint) => endpoint.host && portOf(endpoint) > 0);
    const answers: SrvAnswer[] = [];
    const additionals = new Map<string, AddressRecord>();
    for (const endpoint of this.draw(reachable)) {
      const { host, weight } = endpoint;
      if (!host) continue;
      const target = host.kind === 'name' ? host.text : nameOfAddress(host);
      answers.push({
        type: 'SRV',
        name: this.name,
        ttl: this.ttl,
        class: 'IN',
        data: { priority: 0, weight, port: portOf(endpoint), target },
      });
      if (host.kind !== 'name')
        additionals.set(target, this.record(host.kind === 'ipv4' ? 'A' : 'AAAA', host.text, target));
    }
    return this.answer(answers, [...additionals.values()]);
  }

  private isAsked(type: string): boolean {
    return this.type === type || this.type === 'ANY';
  }

  private draw<T>(items: readonly T[]): T[] {
    return draw(items, this.most, this.knowledge.random);
  }

  private record(type: 'A' | 'AAAA', data: string, name = this.name): AddressRecord {
    return { type, name, ttl: this.ttl, class: 'IN', data };
  }

  private answer(answers: Reply['answers'], additionals: Reply['additionals'] = []): Reply {
    if (answers.length === 0) return this.empty();
    return { rcode: Rcode.NOERROR, authoritative: true, answers, authorities: [], additionals };
  }

  /** There is such a name, and nothing of this type. */
  private empty(): Reply {
    return {
      rcode: Rcode.NOERROR,
      authoritative: true,
      answers: [],
      authorities: [this.soa()],
      additionals: [],
    };
  }

  private nothing(): Reply {
    return { ...this.empty(), rcode: Rcode.NXDOMAIN };
  }

  private soa(): SoaAnswer {
    const { serial } = this.knowledge;
    const data = {
      mname: `ns.${zone}`,
      rname: `hostmaster.${zone}`,
      serial,
      refresh: 60,
      retry: 10,
      expire: 3_600,
      minimum: this.ttl,
    };
    return { type: 'SOA', name: zone, ttl: this.ttl, class: 'IN', data };
  }
}

function mainPort({ port }: Endpoint): number {
  return port;
}

function namedPort({ ports }: Endpoint, name: string): number {
  return Object.hasOwn(ports, name) ? (ports[name] ?? 0) : 0;
}
