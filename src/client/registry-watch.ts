/** How service instances are watched. */
import {
  type RegistryChanges,
  type RegistrySnapshot,
  registryService,
  type WatchRegistryRequestIn,
  type WatchRegistryResponse,
} from '../proto/quorate.js';
import type { Connection } from './connection.js';
import type { RegistryChangesEvent } from './events.js';
import { Follower, type WatchProtocol } from './follower.js';
import { type Instance, type InstanceSelector, instanceOf, selectorMessage } from './instance.js';
import { InstanceSum } from './instance-sum.js';
import type { ViewModel } from './view.js';

export interface RegistrySelection {
  readonly namespace: string;
  /** None: every service of the namespace. At most 128. */
  readonly services?: readonly string[];
  readonly selector?: InstanceSelector;
}

export type RegistryFollower = Follower<WatchRegistryRequestIn, WatchRegistryResponse, Instance, RegistryChangesEvent>;

/** @param subscriber says how far it acts; undefined: nobody waits for it */
export function registryFollower(
  connection: Connection,
  selection: RegistrySelection,
  subscriber: string | undefined,
): RegistryFollower {
  const { namespace } = selection;
  const services = [...(selection.services ?? [])];
  const selector = selectorMessage(selection.selector);
  const protocol: WatchProtocol<WatchRegistryRequestIn, WatchRegistryResponse, Instance, RegistryChangesEvent> = {
    method: registryService.watch,
    request: (afterRevision) => ({ namespace, services, selector, afterRevision, subscriber }),
    items: (snapshot: RegistrySnapshot) => snapshot.instances.map(instanceOf),
    changes: (revision, changes: RegistryChanges) => ({
      kind: 'changes',
      revision,
      updated: changes.updated.map(instanceOf),
      removed: changes.removed.map(({ namespace, service, id }) => ({ namespace, service, id })),
      conflated: changes.conflated,
    }),
    sum: new InstanceSum(),
    subscriber,
    // Whatever may be the end of an instance: only for that does anybody wait.
    isAwaited: (event) =>
      event.kind === 'snapshot'
        ? event.resync
        : event.removed.length > 0 || event.updated.some(({ status }) => status !== 'UP'),
  };
  return new Follower(connection, protocol);
}

/** A view of one service's instances is a map by id. */
export const registryViewModel: ViewModel<Instance, RegistryChangesEvent> = {
  keyOf: (instance) => instance.id,
  updated: (changes) => changes.updated,
  removed: (changes) => changes.removed.map((ref) => ref.id),
};
