/** What is on its way in a scenario, and which links carry anything. */
import { assert, present } from '../../src/base/assert.js';
import type { MemberId } from '../../src/base/ids.js';
import type { RaftMessage } from '../../src/raft/types.js';
import type { SentImage } from './scenario-member.js';
import { ends, idOf } from './scenario-words.js';

interface Addresses {
  readonly from: MemberId;
  readonly to: MemberId;
}

export class ScenarioNetwork {
  /** Oldest first. */
  messages: RaftMessage[] = [];
  readonly images: SentImage[] = [];
  private readonly held = new Set<string>();
  private groups: readonly (readonly MemberId[])[] | undefined;

  send(message: RaftMessage): void {
    if (!this.isCut(message)) this.messages.push(message);
  }

  /** Takes the oldest message that nothing holds. */
  next(): RaftMessage | undefined {
    const at = this.messages.findIndex((message) => ![...this.held].some((link) => isOn(link, message)));
    return at < 0 ? undefined : this.messages.splice(at, 1)[0];
  }

  /** Takes messages off a link: all, the first, the last, or those of a kind. */
  take(link: string | undefined, which: string | undefined): readonly RaftMessage[] {
    const taken = this.select(link, which);
    this.messages = this.messages.filter((message) => !taken.includes(message));
    return taken;
  }

  /** The same once more, behind everything else. */
  repeat(link: string | undefined, which: string | undefined): void {
    this.messages.push(...this.select(link, which).map((message) => ({ ...message })));
  }

  takeImage(link: string | undefined): SentImage {
    const at = this.images.findIndex((image) => isOn(present(link, 'which link'), image));
    return present(at < 0 ? undefined : this.images.splice(at, 1)[0], 'no such image is under way');
  }

  hold(link: string | undefined): void {
    this.held.add(present(link, 'which link'));
  }

  release(link: string | undefined): void {
    assert(this.held.delete(present(link, 'which link')), 'nothing is held there');
  }

  /** `1 | 2 3`: nothing passes between the groups, and what was on its way is lost. */
  partition(groups: string): void {
    this.groups = groups.split('|').map((group) => group.trim().split(/ +/).map(idOf));
    this.messages = this.messages.filter((message) => !this.isCut(message));
  }

  heal(): void {
    this.groups = undefined;
  }

  /** What is on the connections of a member whose process ends is lost. */
  forget(id: MemberId): void {
    this.messages = this.messages.filter(({ from, to }) => from !== id && to !== id);
  }

  isCut({ from, to }: Addresses): boolean {
    const groupOf = (id: MemberId): number | undefined => this.groups?.findIndex((group) => group.includes(id));
    return groupOf(from) !== groupOf(to);
  }

  private select(link: string | undefined, which: string | undefined): readonly RaftMessage[] {
    const all = this.messages.filter((message) => isOn(present(link, 'which link'), message));
    let some = all;
    if (which === 'first') some = all.slice(0, 1);
    else if (which === 'last') some = all.slice(-1);
    else if (which !== undefined) some = all.filter(({ kind }) => kind === which);
    assert(some.length > 0, 'no such message is under way');
    return some;
  }
}

/** Links are written 1->2; * is anybody. */
function isOn(link: string, { from, to }: Addresses): boolean {
  const [one, other] = ends(link);
  return (one === '*' || idOf(one) === from) && (other === '*' || idOf(other) === to);
}
