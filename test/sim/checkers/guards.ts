/**
 * The guard of services, seen from the changes alone: no service is emptied by leases that end together, nothing is held that was not cut off with most of the
 * others, nobody is held for longer than the hold, and nothing is lost between the list and the guard's memory.
 */
import type { Key, LeaseId } from '../../../src/base/ids.js';
import { type GuardSettings, NO_SETTINGS, parseSettings } from '../../../src/machine/service-settings.js';
import type { Applied, Batch, Change } from '../../../src/machine/types.js';
import type { World } from '../world.js';

class Service {
  guard: GuardSettings = NO_SETTINGS.guard;
  /** Instances; those that the guard lists, with the clock by which it must have let go. */
  readonly listed = new Map<string, number | undefined>();
  readonly ended = new Set<string>();

  get suspects(): number {
    return [...this.listed.values()].filter((until) => until !== undefined).length;
  }
}

/** A service as it was before a revision. */
class Before {
  readonly listed: ReadonlyMap<string, number | undefined>;
  readonly ended: ReadonlySet<string>;
  readonly suspects: number;

  constructor(service: Service) {
    this.listed = new Map(service.listed);
    this.ended = new Set(service.ended);
    this.suspects = service.suspects;
  }
}

/** Whether so many of all are too many to have gone by themselves. */
function isEmptied({ off, percent, atLeast }: GuardSettings, ended: number, all: number): boolean {
  return !off && ended >= atLeast && ended * 100 > percent * all;
}

export class Guards {
  /** Times that the guard stepped in. */
  trips = 0;
  private readonly services = new Map<string, Service>();
  private readonly ofMachine = new Set<LeaseId>();

  constructor(private readonly world: World) {}

  /** An entry was applied for the first time. */
  onApplied(batch: Batch, { meta, writes, changes }: Applied): void {
    for (const write of writes) if (write.kind === 'lease' && write.lease?.ofMachine) this.ofMachine.add(write.id);
    for (const { changes: ofRevision } of changes) this.onRevision(ofRevision, meta.clock, batch.runs.length === 0);
    for (const [name, { listed }] of this.services)
      for (const [id, until] of listed)
        if (until !== undefined && until <= meta.clock)
          this.world.violated('guards', `${name}/${id} is suspect at ${meta.clock}, it should have gone by ${until}`);
  }

  private onRevision(changes: readonly Change[], clock: number, alone: boolean): void {
    const before = new Map<string, Before>();
    for (const { current } of changes) {
      const place = placeOf(current.key);
      if (!place) continue;
      const service = this.of(place.service);
      if (!before.has(place.service)) before.set(place.service, new Before(service));
      if (place.root === 'service') service.guard = parseSettings(current.value).guard;
      else if (place.root === 'guard') {
        if (current.deleted) service.ended.delete(place.id);
        else service.ended.add(place.id);
      } else if (current.deleted) service.listed.delete(place.id);
      else if (!this.ofMachine.has(current.lease)) service.listed.set(place.id, undefined);
      // One that changes while it is held is held no longer for it.
      else service.listed.set(place.id, service.listed.get(place.id) ?? clock + service.guard.holdMs);
    }
    for (const [name, was] of before) this.compare(name, was, this.of(name), alone);
  }

  /** @param alone nobody asked for what happened */
  private compare(name: string, was: Before, service: Service, alone: boolean): void {
    const { listed, ended, guard } = service;
    for (const id of ended)
      if (listed.has(id)) this.world.violated('guards', `${name}/${id} is listed and remembered as ended`);
    if (alone && !guard.off)
      for (const [id, until] of was.listed)
        if (until === undefined && !listed.has(id) && !ended.has(id))
          this.world.violated('guards', `${name}/${id} ended and is not remembered`);
    if (was.suspects > 0) return;
    if (ended.size > was.ended.size && isEmptied(guard, ended.size, ended.size + listed.size))
      this.world.violated('guards', `${ended.size} of ${name} have ended, ${listed.size} are left`);
    if (service.suspects === 0) return;
    this.trips++;
    const cut = [...listed].filter(([id, until]) => until !== undefined && was.listed.has(id)).length;
    const all = was.ended.size + was.listed.size;
    if (!isEmptied(guard, was.ended.size + cut, all))
      this.world.violated(
        'guards',
        `${was.ended.size + cut} of ${all} of ${name} have ended, and the guard holds some`,
      );
  }

  private of(name: string): Service {
    const known = this.services.get(name);
    if (known) return known;
    const service = new Service();
    this.services.set(name, service);
    return service;
  }
}

function placeOf(key: Key): { readonly root: string; readonly service: string; readonly id: string } | undefined {
  const [, quorate, root = '', namespace = '', name = '', id = ''] = key.split('/');
  if (quorate !== 'quorate' || (root !== 'registry' && root !== 'guard' && root !== 'service')) return undefined;
  return { root, service: `${namespace}/${name}`, id };
}
