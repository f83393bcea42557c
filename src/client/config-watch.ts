/** How config documents are watched. */
import {
  type ConfigChanges,
  type ConfigSnapshot,
  configService,
  type WatchConfigRequestIn,
  type WatchConfigResponse,
} from '../proto/quorate.js';
import type { Connection } from './connection.js';
import { ConfigDocument } from './document.js';
import type { ConfigChangesEvent } from './events.js';
import { Follower, type WatchProtocol } from './follower.js';
import type { ViewModel } from './view.js';

/** A document (`key`), those under a `prefix`, or (with neither) all of a namespace. */
export interface ConfigSelection {
  readonly namespace: string;
  readonly key?: string;
  readonly prefix?: string;
}

export type ConfigFollower = Follower<WatchConfigRequestIn, WatchConfigResponse, ConfigDocument, ConfigChangesEvent>;

export function configFollower(connection: Connection, selection: ConfigSelection): ConfigFollower {
  const { namespace, key, prefix } = selection;
  const protocol: WatchProtocol<WatchConfigRequestIn, WatchConfigResponse, ConfigDocument, ConfigChangesEvent> = {
    method: configService.watch,
    request: (afterRevision) => ({
      namespace,
      key,
      // The two are one field on the wire: the key is the narrower wish.
      prefix: key === undefined ? prefix : undefined,
      afterRevision,
    }),
    items: (snapshot: ConfigSnapshot) => snapshot.documents.map((document) => new ConfigDocument(document)),
    changes: (revision, changes: ConfigChanges) => ({
      kind: 'changes',
      revision,
      items: changes.documents.map((document) => new ConfigDocument(document)),
      conflated: changes.conflated,
    }),
  };
  return new Follower(connection, protocol);
}

/** A view of documents is a map by key. */
export const configViewModel: ViewModel<ConfigDocument, ConfigChangesEvent> = {
  keyOf: (document) => document.key,
  updated: (changes) => changes.items.filter((document) => !document.deleted),
  removed: (changes) => changes.items.filter((document) => document.deleted).map((document) => document.key),
};
