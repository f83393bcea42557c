/** The endpoints of a client in a ring: which one to ask, and which one next. */
import type { Log } from '../base/log.js';
import type { Random } from '../base/random.js';
import type { ResponseHeader } from '../proto/quorate.js';
import { Backoff } from './backoff.js';
import { Endpoint } from './endpoint.js';
import type { Tuning } from './options.js';

/** What all answers have. */
export interface Answer {
  readonly header?: ResponseHeader | null;
}

export class Ring {
  private endpoints: Endpoint[];
  /** Those that the caller named: they stay, whatever the members say of themselves. */
  private readonly given: ReadonlySet<string>;
  /** No longer used for new calls; open ones may still end. */
  private readonly retired: Endpoint[] = [];
  private position: number;
  /** Of the members that this ring was made of; 0: of none that a member named. */
  private membersHash = 0;

  /** @param addresses at least one */
  constructor(
    addresses: readonly string[],
    readonly tuning: Tuning,
    readonly log: Log,
    readonly random: Random,
    /** The members are no longer those that the ring knows. */
    private readonly onOtherMembers: () => void,
  ) {
    this.endpoints = addresses.map((address, position) => new Endpoint(address, position, tuning));
    this.given = new Set(addresses);
    // Clients that begin at random spread over the members.
    this.position = Math.floor(random() * addresses.length);
  }

  get size(): number {
    return this.endpoints.length;
  }

  /** The endpoint that new calls and streams begin with. */
  get preferred(): Endpoint {
    return this.at(this.position);
  }

  /** Every answer tells whether the members are still the same. */
  hear({ header }: Answer): void {
    const hash = header?.membersHash ?? 0;
    if (hash !== 0 && hash !== this.membersHash) this.onOtherMembers();
  }

  /** The members said who they are: new ones are used from now on, and those that are gone are not. */
  learn(addresses: readonly string[], membersHash: number): void {
    if (addresses.length === 0) return;
    this.membersHash = membersHash;
    const { preferred } = this;
    const kept = this.endpoints.filter(({ address }) => this.given.has(address) || addresses.includes(address));
    this.retired.push(...this.endpoints.filter((endpoint) => !kept.includes(endpoint)));
    for (const address of addresses)
      if (!kept.some((endpoint) => endpoint.address === address)) kept.push(new Endpoint(address, 0, this.tuning));
    this.endpoints = kept;
    for (const [position, endpoint] of kept.entries()) endpoint.position = position;
    this.position = Math.max(0, kept.indexOf(preferred));
  }

  /** The endpoint after this one. */
  after(endpoint: Endpoint): Endpoint {
    return this.at(endpoint.position + 1);
  }

  find(address: string): Endpoint | undefined {
    return this.endpoints.find((endpoint) => endpoint.address === address);
  }

  /** This endpoint failed or hangs: new calls begin elsewhere. */
  leave(endpoint: Endpoint, why: string): void {
    if (endpoint.position !== this.position || this.size === 1) return;
    this.position = this.after(endpoint).position;
    this.log.info({ from: endpoint.address, to: this.preferred.address, why }, 'moved on to another member');
  }

  backoff(): Backoff {
    return new Backoff(this.tuning.backoffStartMs, this.tuning.backoffCapMs, this.random);
  }

  /** The promise is for last words that are on their way. */
  close(): Promise<unknown> | undefined {
    const partings = [...this.endpoints, ...this.retired].flatMap((endpoint) => endpoint.close() ?? []);
    return partings.length === 0 ? undefined : Promise.all(partings);
  }

  private at(position: number): Endpoint {
    const endpoint = this.endpoints[position % this.endpoints.length];
    if (!endpoint) throw new RangeError('a ring has at least one endpoint');
    return endpoint;
  }
}
