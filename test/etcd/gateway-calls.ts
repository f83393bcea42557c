/** Calls of the JSON gateway that both must answer alike, in order. */
export interface GatewayCall {
  /** POST unless told. */
  readonly method?: string;
  readonly path: string;
  readonly body: string;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const key = base64('gateway');
const value = base64('value');

const posts: readonly (readonly [path: string, ...bodies: string[]])[] = [
  ['/v3/kv/put', JSON.stringify({ key, value }), JSON.stringify({ key, value, prev_kv: true }), '{}', '', 'x'],
  ['/v3/kv/put', '{"key":"not base64!"}', '{"key":5}', '[]', 'null', `{"key":"${key}","unknown":1}`],
  ['/v3/kv/put', `{"key":"${key}","value":"${value}","lease":"12345"}`, `{"key":"${key}","prevKv":true}`],
  ['/v3/kv/range', JSON.stringify({ key }), JSON.stringify({ key: base64('missing') }), '{}'],
  ['/v3/kv/range', JSON.stringify({ key, sort_order: 'DESCEND', sortTarget: 'VALUE', limit: '1' })],
  ['/v3/kv/range', JSON.stringify({ key, sort_order: 2, limit: 1 }), JSON.stringify({ key, sort_order: 'SIDEWAYS' })],
  ['/v3/kv/range', JSON.stringify({ key, revision: 1_000_000 }), JSON.stringify({ key, revision: '1000000' })],
  ['/v3/kv/range', JSON.stringify({ key, revision: 'one' }), JSON.stringify({ key, count_only: true })],
  [
    '/v3/kv/range',
    JSON.stringify({ key, keys_only: true }),
    JSON.stringify({ key: base64('\0'), range_end: base64('\0') }),
  ],
  ['/v3beta/kv/range', JSON.stringify({ key })],
  [
    '/v3/kv/txn',
    JSON.stringify({
      compare: [{ key, target: 'VERSION', result: 'GREATER', version: '0' }],
      success: [{ request_put: { key, value } }, { requestRange: { key } }],
      failure: [{ request_delete_range: { key } }],
    }),
    JSON.stringify({
      compare: [{ key, target: 'VALUE', value: base64('other') }],
      failure: [{ request_range: { key } }],
    }),
    JSON.stringify({ success: [{ request_put: { key } }, { request_put: { key } }] }),
    JSON.stringify({ compare: [{ key, target: 'NOTHING' }] }),
    '{}',
  ],
  ['/v3/kv/deleterange', JSON.stringify({ key, prev_kv: true }), JSON.stringify({ key }), '{}'],
  ['/v3/kv/compaction', '{"revision":"2"}', '{"revision":"2"}', '{"revision":2000000}', '{"revision":-1}'],
  ['/v3/lease/grant', '{"TTL":100,"ID":4711}', '{"TTL":"100","ID":"4711"}', '{"TTL":9000000001}'],
  ['/v3/lease/grant', '{"TTL":100,"ID":7587848394738292739}'],
  ['/v3/kv/lease/timetolive', '{"ID":"4711","keys":true}', '{"ID":7587848394738292739}', '{"ID":1}', '{}'],
  ['/v3/lease/timetolive', '{"ID":"4711"}'],
  ['/v3/lease/leases', '{}', ''],
  ['/v3/kv/lease/leases', '{}'],
  ['/v3/lease/keepalive', '{"ID":4711}', '{"ID":1}'],
  ['/v3/lease/revoke', '{"ID":4711}', '{"ID":4711}'],
  ['/v3/kv/lease/revoke', '{"ID":"7587848394738292739"}'],
  ['/v3/cluster/member/list', '{}'],
  ['/v3/cluster/member/remove', '{"ID":4711}'],
  ['/v3/maintenance/status', '{}'],
  ['/v3/maintenance/alarm', '{}', '{"action":"GET"}', '{"action":"NONSENSE"}'],
  ['/v3/maintenance/defragment', '{}'],
  ['/v3/auth/user/list', '{}'],
  ['/v3/auth/user/get', '{"name":"nobody"}'],
  ['/v3/auth/authenticate', '{"name":"nobody","password":"x"}'],
  ['/v3/election/leader', JSON.stringify({ name: key })],
  ['/v3/lock/unlock', JSON.stringify({ key })],
  ['/v3/nothing', '{}'],
];

export const gatewayCalls: readonly GatewayCall[] = [
  ...posts.flatMap(([path, ...bodies]) => bodies.map((body) => ({ path, body }))),
  { method: 'GET', path: '/v3/kv/range', body: '' },
  { method: 'GET', path: '/version', body: '' },
  { method: 'GET', path: '/health', body: '' },
  { method: 'PUT', path: '/v3/kv/put', body: '{}' },
];
