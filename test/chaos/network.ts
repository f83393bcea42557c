/** All links between members: one from each to each other, so that faults can strike one direction alone. */
import type { Random } from '../../src/base/random.js';
import type { TestMember } from '../support/cluster.js';
import { Link } from './link.js';

export class Network {
  /** By name of the member that connects and of the one that listens. */
  private readonly links = new Map<string, Map<string, Link>>();

  /** Makes the links; the option `routes` of a test cluster. */
  readonly routes = async (members: readonly TestMember[]): Promise<(from: TestMember, to: TestMember) => string> => {
    const addresses = new Map<string, string>();
    for (const from of members) {
      const outgoing = new Map<string, Link>();
      this.links.set(from.name, outgoing);
      for (const to of members) {
        if (to === from) continue;
        const link = new Link(Number(to.peer.split(':')[1]));
        outgoing.set(to.name, link);
        addresses.set(`${from.name}>${to.name}`, `127.0.0.1:${await link.open()}`);
      }
    }
    return (from, to) => addresses.get(`${from.name}>${to.name}`) ?? '';
  };

  /** The process of a member is gone: connections to it are refused, and those from it have ended. */
  memberGone(name: string): void {
    for (const link of this.linksTo(name)) link.close();
    for (const link of this.links.get(name)?.values() ?? []) link.cut();
  }

  /** The process of a member is started. */
  async memberStarts(name: string): Promise<void> {
    await Promise.all(this.linksTo(name).map((link) => link.open()));
  }

  /** Nothing that `from` says reaches `to`, on whichever connection. */
  block(from: string, to: string): void {
    this.links.get(from)?.get(to)?.block('caller');
    this.links.get(to)?.get(from)?.block('listener');
  }

  /** All that is said to and by this member takes longer. */
  slow(name: string, delayMs: number, jitterMs: number): void {
    for (const link of this.linksOf(name)) link.slow(delayMs, jitterMs);
  }

  cut(name: string): void {
    for (const link of this.linksOf(name)) link.cut();
  }

  /** Ends blocks and delays; connections either go on with what waited, or are lost with it. */
  heal(random: Random): void {
    for (const link of this.all()) {
      link.slow(0, 0);
      if (link.isBlocked && random() < 0.5) link.cut();
      link.unblock();
    }
  }

  close(): void {
    for (const link of this.all()) link.close();
  }

  private all(): Link[] {
    return [...this.links.values()].flatMap((outgoing) => [...outgoing.values()]);
  }

  private linksTo(name: string): Link[] {
    return [...this.links.values()].flatMap((outgoing) => outgoing.get(name) ?? []);
  }

  private linksOf(name: string): Link[] {
    return [...(this.links.get(name)?.values() ?? []), ...this.linksTo(name)];
  }
}
