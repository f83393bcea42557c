/**
 * Loaded into a member before everything else (node --import): its connections to some addresses go to other ports, so that a test can put a proxy
 * between members that know each other's true addresses. The file named by QUORATE_DETOURS has them as JSON: port by address, read anew for each
 * connection, because members come and go.
 */
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';

const file = process.env.QUORATE_DETOURS ?? '';
const { connect } = Socket.prototype;

Socket.prototype.connect = function detour(...args) {
  // net.connect() passes its arguments on as one list that begins with the options.
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const port = options?.port === undefined ? undefined : detours()[`${options.host}:${options.port}`];
  if (port !== undefined) options.port = port;
  return connect.apply(this, args);
};

function detours() {
  return JSON.parse(readFileSync(file, 'utf8'));
}
