/** `quorate.v1.ConfigService`. */
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { Machine } from '../../machine/machine.js';
import {
  configService,
  type DocumentIn,
  type GetConfigRequest,
  type GetConfigResponseIn,
  type HistoryRequest,
  type HistoryResponseIn,
} from '../../proto/quorate.js';
import type { Replica } from '../../replica/types.js';
import type { HandlerTable } from '../handlers.js';
import { headerOf } from '../header.js';
import type { UnaryCall } from '../unary-call.js';
import { onList } from './config-list.js';
import { onDelete, onPublish, onPut, onRollback } from './config-publish.js';
import { documentOf, documentSize } from './document.js';
import { checkConfigKey, checkLimit, checkNamespace, checkNotNegative } from './validate.js';
import { watchConfig } from './watch-config.js';

export function serveConfig(table: HandlerTable, replica: Replica): void {
  table.unary(configService.get, onGet);
  table.unary(configService.list, onList);
  table.unary(configService.put, onPut);
  table.unary(configService.delete, onDelete);
  table.unary(configService.publish, onPublish);
  table.unary(configService.history, onHistory);
  table.unary(configService.rollback, onRollback);
  table.serverStream(configService.watch, (request, stream, fail) => watchConfig(replica, request, stream, fail));
}

function onGet(request: GetConfigRequest, call: UnaryCall<GetConfigResponseIn>): void {
  const { namespace, key, version } = request;
  checkNamespace(namespace);
  checkConfigKey(key);
  checkNotNegative(version, 'version');
  call.read(request.read, () => {
    const { machine } = call.replica;
    const found = version === 0 ? machine.config(namespace, key) : machine.configVersion(namespace, key, version);
    if (!found) throw missing(machine, namespace, key, version);
    call.reply({ header: headerOf(call.replica, machine.revision), document: documentOf(found, true) });
  });
}

function missing(machine: Machine, namespace: string, key: string, version: number): QuorateError {
  if (version === 0 || machine.configHistory(namespace, key, 0, 1).length === 0) return notFound(namespace, key);
  return new QuorateError('VERSION_NOT_FOUND', `${namespace}/${key} has no version ${version}, or none any more`, {
    namespace,
    key,
    version: String(version),
  });
}

function notFound(namespace: string, key: string): QuorateError {
  return new QuorateError('CONFIG_NOT_FOUND', `there is no document ${namespace}/${key}`, { namespace, key });
}

function onHistory(request: HistoryRequest, call: UnaryCall<HistoryResponseIn>): void {
  const { namespace, key, beforeVersion } = request;
  checkNamespace(namespace);
  checkConfigKey(key);
  checkNotNegative(beforeVersion, 'before_version');
  const withValues = !request.withoutValues;
  const limit = checkLimit(request.limit, 'limit', limits.keptVersions, limits.keptVersions);
  call.read(request.read, () => {
    const { machine } = call.replica;
    if (machine.configHistory(namespace, key, 0, 1).length === 0) throw notFound(namespace, key);
    const header = headerOf(call.replica, machine.revision);
    const versions: DocumentIn[] = [];
    let before = beforeVersion;
    let bytes = 0;
    call.inTurns(() => {
      const found = call.replica.machine.configHistory(namespace, key, before, 1)[0];
      bytes += found ? documentSize(found, withValues) : 0;
      const fits = found !== undefined && (versions.length === 0 || bytes <= limits.pageBytes);
      if (fits) versions.push(documentOf(found, withValues));
      before = found?.version ?? 0;
      // Before version 1 there is none, and 0 would mean the newest.
      const over = !fits || versions.length === limit || before <= 1;
      if (over) call.reply({ header, versions });
      return over;
    });
  });
}
