/** The mutations of config: Put, Delete, Publish, Rollback. */
import { hash } from 'node:crypto';
import { QuorateError } from '../../base/errors.js';
import { limits } from '../../base/limits.js';
import type { ConfigChange, ConfigPublishCommand } from '../../machine/types.js';
import type {
  ConfigChange as ChangeRequest,
  DeleteConfigRequest,
  DeleteConfigResponseIn,
  PublishRequest,
  PublishResponseIn,
  PutConfigRequest,
  PutConfigResponseIn,
  ResponseHeaderIn,
  RollbackRequest,
  RollbackResponseIn,
} from '../../proto/quorate.js';
import type { UnaryCall } from '../unary-call.js';
import {
  checkComment,
  checkConfigKey,
  checkConfigValue,
  checkLabel,
  checkNamespace,
  checkNotNegative,
  checkRequestId,
} from './validate.js';

/** What protobuf adds to the texts and bytes of one change in a command, at most. */
const changeOverheadBytes = 160;

export function onPut(request: PutConfigRequest, call: UnaryCall<PutConfigResponseIn>): void {
  checkProvenance(request);
  const content = contentOf(request.value, request.contentType, '');
  const change = changeOf(request.namespace, request.key, content, request.ifVersion, '');
  call.submit(publication([change], [], request), request.requestId, 'configPublish', oneVersion);
}

export function onDelete(request: DeleteConfigRequest, call: UnaryCall<DeleteConfigResponseIn>): void {
  checkProvenance(request);
  const change = changeOf(request.namespace, request.key, 'delete', request.ifVersion, '');
  call.submit(publication([change], [], request), request.requestId, 'configPublish', oneVersion);
}

export function onPublish(request: PublishRequest, call: UnaryCall<PublishResponseIn>): void {
  checkProvenance(request);
  checkCount(request.changes.length, 'changes');
  checkCount(request.preconditions.length, 'preconditions');
  if (request.changes.length === 0)
    throw new QuorateError('INVALID_FIELD', 'changes is empty: there is nothing to publish', { field: 'changes' });
  const changes = request.changes.map(checkedChange);
  checkDistinct(changes);
  checkSize(changes);
  request.preconditions.forEach(({ namespace, key, version }, i) => {
    const field = `preconditions[${i}]`;
    checkNamespace(namespace, `${field}.namespace`);
    checkConfigKey(key, `${field}.key`);
    checkNotNegative(version, `${field}.version`);
  });
  const command = publication(changes, request.preconditions, request);
  call.submit(command, request.requestId, 'configPublish', ({ versions }, header) => ({
    header,
    versions: [...versions],
  }));
}

export function onRollback(request: RollbackRequest, call: UnaryCall<RollbackResponseIn>): void {
  const { namespace, key, toVersion, ifVersion, author, comment } = request;
  checkProvenance(request);
  checkNamespace(namespace);
  checkConfigKey(key);
  if (toVersion < 1)
    throw new QuorateError('INVALID_FIELD', `to_version ${toVersion} must be 1 or more`, { field: 'to_version' });
  if (ifVersion !== undefined) checkNotNegative(ifVersion, 'if_version');
  call.submit(
    { kind: 'configRollback', namespace, key, toVersion, ifVersion, author, comment, publishedAtMs: Date.now() },
    request.requestId,
    'configPublish',
    oneVersion,
  );
}

interface Provenance {
  readonly author: string;
  readonly comment: string;
  readonly requestId: string;
}

function checkProvenance({ author, comment, requestId }: Provenance): void {
  checkLabel(author, 'author');
  checkComment(comment);
  checkRequestId(requestId);
}

function publication(
  changes: readonly ConfigChange[],
  preconditions: ConfigPublishCommand['preconditions'],
  { author, comment }: Provenance,
): ConfigPublishCommand {
  return { kind: 'configPublish', changes, preconditions, author, comment, publishedAtMs: Date.now() };
}

/** `at` is put before the names of fields in errors. */
function changeOf(
  namespace: string,
  key: string,
  content: ConfigChange['content'],
  ifVersion: number | undefined,
  at: string,
): ConfigChange {
  checkNamespace(namespace, `${at}namespace`);
  checkConfigKey(key, `${at}key`);
  if (ifVersion !== undefined) checkNotNegative(ifVersion, `${at}if_version`);
  return { namespace, key, content, ifVersion };
}

function contentOf(value: Buffer, contentType: string, at: string): ConfigChange['content'] {
  checkConfigValue(value, `${at}value`);
  checkLabel(contentType, `${at}content_type`);
  return { value, contentType, sha256: hash('sha256', value) };
}

function checkedChange(change: ChangeRequest, i: number): ConfigChange {
  const at = `changes[${i}].`;
  const { put } = change;
  if (Boolean(put) === Boolean(change.delete))
    throw new QuorateError('INVALID_FIELD', `changes[${i}] must either put or delete`, { field: `changes[${i}]` });
  const content = put ? contentOf(put.value, put.contentType, at) : 'delete';
  return changeOf(change.namespace, change.key, content, change.ifVersion, at);
}

function checkCount(count: number, field: string): void {
  if (count > limits.changesPerPublish)
    throw new QuorateError(
      'TOO_MANY_CHANGES',
      `${field} of ${count} entries must have at most ${limits.changesPerPublish}`,
      { field },
    );
}

function checkDistinct(changes: readonly ConfigChange[]): void {
  const seen = new Set<string>();
  for (const { namespace, key } of changes) {
    const name = `${namespace}/${key}`;
    if (seen.has(name))
      throw new QuorateError('DUPLICATE_KEY', `changes names ${name} more than once`, { namespace, key });
    seen.add(name);
  }
}

/** All of a publication travels and is stored as one command. */
function checkSize(changes: readonly ConfigChange[]): void {
  let bytes = limits.commentLength * 3 + limits.labelLength * 3;
  for (const { namespace, key, content } of changes) {
    bytes += changeOverheadBytes + namespace.length + key.length;
    if (content !== 'delete') bytes += content.value.length + content.contentType.length * 3;
  }
  if (bytes > limits.commandBytes)
    throw new QuorateError(
      'REQUEST_TOO_LARGE',
      `changes of about ${bytes} bytes in all must have at most ${limits.commandBytes}: publish in parts`,
    );
}

function oneVersion(
  { versions }: { readonly versions: readonly number[] },
  header: ResponseHeaderIn,
): { header: ResponseHeaderIn; version: number } {
  return { header, version: versions[0] ?? 0 };
}
