/**
 * Which of the published documents are in force. What was published together comes into force together or not at all, and what is invalid does not keep
 * other publications from coming into force.
 */
import type { ConfigDocument } from '../document.js';
import type { Documents } from './document-tree.js';

/** What a publication did, by key; undefined: deleted. */
export type Publication = ReadonlyMap<string, ConfigDocument | undefined>;

export type Verdict<Value, Issue> =
  | { readonly valid: true; readonly value: Value }
  | { readonly valid: false; readonly issues: readonly Issue[] };

export type Judge<Value, Issue> = (documents: Documents) => Verdict<Value, Issue> | Promise<Verdict<Value, Issue>>;

export interface Settled<Value, Issue> {
  /** The new value in force; undefined: it stays as it was. */
  readonly value: { readonly of: Value } | undefined;
  /** Why the state of the store as a whole is not in force; empty when it is. */
  readonly issues: readonly Issue[];
}

/** So many are judged one by one; when there are more, they count as one. */
const apartLimit = 64;
/** One that comes into force may be what another one needs. */
const passes = 3;

export class Publications {
  private accepted: Documents | undefined;
  /** Not in force, oldest first; no two of them have a key in common. */
  private held: Publication[] = [];

  /** Documents in force; undefined before there were valid ones. */
  get inForce(): Documents | undefined {
    return this.accepted;
  }

  /** The state of the store as it was last heard of. */
  get newest(): Documents {
    return after(this.accepted ?? new Map(), this.held);
  }

  /** Keys of documents that are held back. */
  get heldKeys(): string[] {
    return this.held.flatMap((publication) => [...publication.keys()]);
  }

  /** Takes documents that are known to be valid as those in force, before anything was published. */
  begin(documents: Documents): void {
    this.accepted = documents;
  }

  /** One more publication; joins those held back that it has a key in common with. */
  add(publication: Publication): void {
    const whole = new Map<string, ConfigDocument | undefined>();
    const others: Publication[] = [];
    for (const held of this.held) {
      if ([...publication.keys()].every((key) => !held.has(key))) others.push(held);
      else for (const [key, document] of held) whole.set(key, document);
    }
    for (const [key, document] of publication) whole.set(key, document);
    this.held = [...others, whole];
  }

  /** Brings into force what can be. Nothing may be added while it runs. */
  async settle<Value, Issue>(judge: Judge<Value, Issue>): Promise<Settled<Value, Issue>> {
    const whole = this.newest;
    const verdict = await judge(whole);
    if (verdict.valid) {
      this.accepted = whole;
      this.held = [];
      return { value: { of: verdict.value }, issues: [] };
    }
    if (this.held.length > apartLimit) this.held = [joined(this.held)];
    // A single one is the whole, which was judged already.
    const value = this.held.length > 1 ? await this.settleApart(judge) : undefined;
    return { value, issues: verdict.issues };
  }

  private async settleApart<Value, Issue>(judge: Judge<Value, Issue>): Promise<{ readonly of: Value } | undefined> {
    let value: { readonly of: Value } | undefined;
    if (this.accepted === undefined) return undefined;
    for (let pass = 0, progress = true; pass < passes && progress; pass++) {
      progress = false;
      for (const publication of this.held) {
        const documents = after(this.accepted, [publication]);
        const verdict = await judge(documents);
        if (!verdict.valid) continue;
        this.accepted = documents;
        this.held = this.held.filter((held) => held !== publication);
        value = { of: verdict.value };
        progress = true;
      }
    }
    return value;
  }
}

function after(documents: Documents, publications: readonly Publication[]): Documents {
  const result = new Map(documents);
  for (const publication of publications) {
    for (const [key, document] of publication) {
      if (document) result.set(key, document);
      else result.delete(key);
    }
  }
  return result;
}

function joined(publications: readonly Publication[]): Publication {
  return new Map(publications.flatMap((publication) => [...publication]));
}

/** Documents by the revision in which they were published, oldest first. */
export function publicationsOf(documents: readonly ConfigDocument[]): Publication[] {
  const byRevision = new Map<number, Map<string, ConfigDocument | undefined>>();
  for (const document of documents) {
    const publication = byRevision.get(document.revision) ?? new Map<string, ConfigDocument | undefined>();
    publication.set(document.key, document.deleted ? undefined : document);
    byRevision.set(document.revision, publication);
  }
  return [...byRevision].sort(([a], [b]) => a - b).map(([, publication]) => publication);
}

/** What led from what was known to a full state. In which revisions documents went is not known any more: each counts as a publication of its own. */
export function changesTo(known: Documents, state: readonly ConfigDocument[]): Publication[] {
  const there = new Set(state.map(({ key }) => key));
  const gone = [...known.keys()].filter((key) => !there.has(key));
  const changed = state.filter((document) => {
    const before = known.get(document.key);
    return before?.revision !== document.revision || before.sha256 !== document.sha256;
  });
  return [...publicationsOf(changed), ...gone.map((key): Publication => new Map([[key, undefined]]))];
}
