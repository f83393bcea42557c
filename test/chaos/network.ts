/** All links between members: one from each to each other, so that faults can strike one direction alone. */
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Random } from '../../src/base/random.js';
import { freePorts, type TestMember } from '../support/cluster.js';
import { Link } from './link.js';

export class Network {
  /** By name of the member that connects and of the one that listens. */
  private readonly links = new Map<string, Map<string, Link>>();
  private readonly members: TestMember[] = [];

  /** The option `detours` of a test cluster. */
  readonly detours = (directory: string, name: string): string => path.join(directory, `${name}.detours.json`);

  /** Makes the links to and from a new member. */
  async add(member: TestMember, directory: string): Promise<void> {
    const outgoing = new Map<string, Link>();
    for (const other of this.members) {
      outgoing.set(other.name, await linkTo(other));
      this.links.get(other.name)?.set(member.name, await linkTo(member));
    }
    this.links.set(member.name, outgoing);
    this.members.push(member);
    for (const { name } of this.members) await this.writeDetours(name, directory);
  }

  /** The member will not come back. */
  remove(name: string): void {
    for (const link of this.linksOf(name)) link.close();
    this.links.delete(name);
    for (const outgoing of this.links.values()) outgoing.delete(name);
    this.members.splice(
      this.members.findIndex((member) => member.name === name),
      1,
    );
  }

  private async writeDetours(name: string, directory: string): Promise<void> {
    const detours: Record<string, number> = {};
    for (const { name: other, peer } of this.members) {
      const link = this.links.get(name)?.get(other);
      if (link) detours[peer] = await link.open();
    }
    // Members read it at any time, so it must never be seen half written.
    const file = this.detours(directory, name);
    await writeFile(`${file}.new`, JSON.stringify(detours));
    await rename(`${file}.new`, file);
  }

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

async function linkTo({ peer }: TestMember): Promise<Link> {
  // Kept while the member is down: nobody else may get it meanwhile.
  const [port] = await freePorts(1);
  const link = new Link(Number(peer.split(':')[1]), port);
  await link.open();
  return link;
}
