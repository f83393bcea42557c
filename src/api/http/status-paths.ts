/** Version and health over HTTP/1.1, at the paths and in the words that etcd has for them. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { limits } from '../../base/limits.js';
import type { Door } from '../door.js';
import { etcdTextOf } from '../etcd/errors.js';
import { etcdClusterVersion, etcdVersion } from '../etcd/version.js';
import { type HttpSide, queryOf } from './http-side.js';
import { sendJson, sendText } from './responses.js';

/** @param isServing false: this member is on its way up or down, whatever it knows of the cluster */
export function serveStatusPaths(side: HttpSide, door: Door, isServing: () => boolean): void {
  side.route('GET', '/version', (_request, response) =>
    sendJson(response, 200, JSON.stringify({ etcdserver: etcdVersion, etcdcluster: etcdClusterVersion })),
  );
  side.route('GET', '/health', (request, response) => onHealth(door, request, response));
  side.route('GET', '/livez', (request, response) => sendChecks(request, response, [['serializable_read', undefined]]));
  side.route('GET', '/readyz', (request, response) => onReady(door, isServing, request, response));
}

/** Healthy: there is a leader, and it is confirmed unless `?serializable=true`. */
function onHealth(door: Door, request: IncomingMessage, response: ServerResponse): void {
  if (door.replica.status().leader === undefined) {
    sendHealth(response, 'RAFT NO LEADER');
    return;
  }
  if (queryOf(request).get('serializable') === 'true') sendHealth(response, undefined);
  else confirm(door, response, (problem) => sendHealth(response, problem && `RANGE ERROR:${problem}`));
}

function sendHealth(response: ServerResponse, reason: string | undefined): void {
  if (reason === undefined) sendJson(response, 200, JSON.stringify({ health: 'true' }));
  else sendJson(response, 503, JSON.stringify({ health: 'false', reason }));
}

function onReady(door: Door, isServing: () => boolean, request: IncomingMessage, response: ServerResponse): void {
  if (!isServing())
    sendChecks(request, response, [['linearizable_read', 'the member has no leader, or is starting or stopping']]);
  else confirm(door, response, (problem) => sendChecks(request, response, [['linearizable_read', problem]]));
}

/** Asks the cluster whether this member is up to date, as a linearizable read does. */
function confirm(door: Door, response: ServerResponse, done: (problem: string | undefined) => void): void {
  const deadline = performance.now() + limits.etcdWaitMs;
  const waiting = door.replica.readBarrier(deadline, (error) => done(error && etcdTextOf(error).text));
  response.on('close', () => waiting.cancel());
}

/** Name of a check, and what is wrong. */
type Check = readonly [string, string | undefined];

/** `ok`, or each check on a line of its own when one failed or `?verbose` asks for them. */
function sendChecks(request: IncomingMessage, response: ServerResponse, checks: readonly Check[]): void {
  const healthy = checks.every(([, problem]) => problem === undefined);
  const lines = checks.map(([name, problem]) =>
    problem === undefined ? `[+]${name} ok\n` : `[-]${name} failed: ${problem}\n`,
  );
  const verbose = !healthy || queryOf(request).has('verbose');
  sendText(response, healthy ? 200 : 503, `${verbose ? lines.join('') : ''}${healthy ? 'ok\n' : ''}`);
}
