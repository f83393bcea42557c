import { describe, expect, test } from 'vitest';
import { checkInstance, instanceFromVersion, instanceJson, isUsable } from '../../../src/api/quorate/instance.js';
import { type Key, type LeaseId, NO_LEASE, revision } from '../../../src/base/ids.js';
import type { KeyVersion } from '../../../src/machine/types.js';
import { Instance, type InstanceIn } from '../../../src/proto/quorate.js';
import { refusal } from '../../support/refusal.js';

const minimal = { namespace: 'prod', service: 'compute', id: 'c-1', address: '10.0.0.1' };

/** As it arrives over the wire. */
function received(instance: InstanceIn): Instance {
  return Instance.decode(Instance.encode(instance));
}

function version(json: string, lease = NO_LEASE): KeyVersion {
  return {
    key: '/quorate/registry/prod/compute/c-1' as Key,
    value: Buffer.from(json),
    createRevision: revision(7),
    modRevision: revision(9),
    sub: 0,
    version: 2,
    lease,
    deleted: false,
  };
}

describe('what is stored', () => {
  test('is proto3 JSON with the defaults filled in and no field that the key has already', () => {
    expect(JSON.parse(instanceJson(received({ ...minimal, lease: 'ab', revision: 5 }), 1234).toString())).toEqual({
      ...minimal,
      weight: 100,
      status: 'UP',
      registeredAtMs: '1234',
    });
  });

  test('has equal bytes for equal instances, whatever the order of the metadata', () => {
    const one = instanceJson(received({ ...minimal, metadata: { b: '2', a: '1', '10': 'x', '9': 'y' } }), 1);
    const other = instanceJson(received({ ...minimal, metadata: { '9': 'y', a: '1', '10': 'x', b: '2' } }), 1);
    expect(one.equals(other)).toBe(true);
  });

  test('keeps its bytes when the machine parses it, sets the status and writes it again', () => {
    const bytes = instanceJson(received({ ...minimal, port: 80, zone: 'z', metadata: { b: '2', a: '1' } }), 1);
    const again = { ...(JSON.parse(bytes.toString()) as Record<string, unknown>), status: 'UP' };
    expect(JSON.stringify(again)).toBe(bytes.toString());
  });

  test('keeps a metadata entry named __proto__ as it is', () => {
    const metadata = JSON.parse('{"__proto__":"x"}') as Record<string, string>;
    const json = instanceJson(received({ ...minimal, metadata }), 1).toString();
    expect(json).toContain('"metadata":{"__proto__":"x"}');
    expect(Object.entries(instanceFromVersion(version(json)).metadata)).toEqual([['__proto__', 'x']]);
  });
});

test('what was stored comes back with lease and revisions of the key', () => {
  const given: InstanceIn = {
    ...minimal,
    port: 8080,
    weight: 5,
    zone: 'eu-1',
    version: '1.2',
    metadata: { lang: 'ts' },
    status: 4,
    checks: [{ grpc: {} }, { http: { path: '/up?deep=1' }, port: 81, intervalMs: 500, fall: 1 }, { tcp: {}, rise: 9 }],
    ports: { metrics: 9100, admin: 81 },
  };
  const pace = { port: 0, intervalMs: 10_000, timeoutMs: 2_000, rise: 2, fall: 3 };
  const json = instanceJson(received(given), 99).toString();
  const lease = 'a1' as LeaseId;
  expect(instanceFromVersion(version(json, lease))).toEqual({
    ...given,
    lease,
    createRevision: 7,
    revision: 9,
    registeredAtMs: 99,
    checks: [
      { ...pace, kind: 'grpc', grpc: { service: '' } },
      { ...pace, kind: 'http', http: { path: '/up?deep=1' }, port: 81, intervalMs: 500, fall: 1 },
      { ...pace, kind: 'tcp', tcp: {}, rise: 9 },
    ],
    health: 1,
    healthReason: '',
    healthChangedAtMs: 99,
    statusReason: '',
    statusChangedAtMs: 99,
  });
});

test('what the machine adds comes back: health, reasons and times, and the lease that has ended', () => {
  const given = JSON.parse(instanceJson(received(minimal), 99).toString()) as Record<string, unknown>;
  const json = JSON.stringify({
    ...given,
    lease: 'b2',
    health: 'SUSPECT',
    healthReason: 'gone',
    healthChangedAtMs: '100',
    statusReason: 'deploy',
    statusChangedAtMs: '101',
  });
  expect(instanceFromVersion(version(json, 'a1' as LeaseId))).toMatchObject({
    lease: 'b2',
    health: 3,
    healthReason: 'gone',
    healthChangedAtMs: 100,
    statusReason: 'deploy',
    statusChangedAtMs: 101,
  });
});

test('checks are stored with their defaults', () => {
  const json = JSON.parse(instanceJson(received({ ...minimal, checks: [{ http: {} }] }), 1).toString()) as object;
  expect(json).toHaveProperty('checks', [
    { http: { path: '/' }, intervalMs: '10000', timeoutMs: '2000', rise: 2, fall: 3 },
  ]);
});

test.each([
  [1, 1, true],
  [1, 3, true],
  [1, 2, false],
  [1, 4, false],
  [2, 1, false],
  [4, 1, false],
] as const)('status %i with health %i is usable: %s', (status, health, usable) => {
  expect(isUsable({ status, health })).toBe(usable);
});

test.each<[Partial<InstanceIn>, string, string]>([
  [{ namespace: 'a b' }, 'INVALID_NAME', 'instance.namespace'],
  [{ service: '' }, 'INVALID_NAME', 'instance.service'],
  [{ id: '' }, 'INVALID_NAME', 'instance.id'],
  [{ address: '' }, 'INVALID_FIELD', 'instance.address'],
  [{ port: 70_000 }, 'INVALID_FIELD', 'instance.port'],
  [{ weight: 10_001 }, 'INVALID_FIELD', 'instance.weight'],
  [{ zone: 'z'.repeat(257) }, 'INVALID_FIELD', 'instance.zone'],
  [{ version: 'v'.repeat(257) }, 'INVALID_FIELD', 'instance.version'],
  [{ metadata: { '': 'x' } }, 'INVALID_FIELD', 'instance.metadata'],
  [{ ports: { Admin: 1 } }, 'INVALID_FIELD', 'instance.ports'],
  [{ ports: { admin: 0 } }, 'INVALID_FIELD', 'instance.ports.admin'],
  [
    { ports: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`p${i}`, 1])) },
    'INVALID_FIELD',
    'instance.ports',
  ],
  [{ checks: [{}] }, 'INVALID_FIELD', 'instance.checks[0]'],
  [{ checks: [{ tcp: {} }, { tcp: {} }, { tcp: {} }, { tcp: {} }, { tcp: {} }] }, 'INVALID_FIELD', 'instance.checks'],
  [{ checks: [{ tcp: {} }, { tcp: {}, port: 70_000 }] }, 'INVALID_FIELD', 'instance.checks[1].port'],
  [{ checks: [{ http: { path: 'up' } }] }, 'INVALID_FIELD', 'instance.checks[0].http.path'],
  [{ checks: [{ http: { path: '/a b' } }] }, 'INVALID_FIELD', 'instance.checks[0].http.path'],
  [{ checks: [{ http: { path: '/\r\nx: y' } }] }, 'INVALID_FIELD', 'instance.checks[0].http.path'],
  [{ checks: [{ grpc: { service: 'a\nb' } }] }, 'INVALID_FIELD', 'instance.checks[0].grpc.service'],
  [{ checks: [{ tcp: {}, intervalMs: 499 }] }, 'INVALID_FIELD', 'instance.checks[0].interval_ms'],
  [{ checks: [{ tcp: {}, timeoutMs: 60_001 }] }, 'INVALID_FIELD', 'instance.checks[0].timeout_ms'],
  [{ checks: [{ tcp: {}, rise: 101 }] }, 'INVALID_FIELD', 'instance.checks[0].rise'],
  [{ checks: [{ tcp: {}, fall: 101 }] }, 'INVALID_FIELD', 'instance.checks[0].fall'],
])('%j is refused', (change, reason, field) => {
  const error = refusal(() => checkInstance(received({ ...minimal, ...change })));
  expect(error.reason).toBe(reason);
  expect(error.metadata).toEqual({ field });
});

test('an unknown status number is refused, an unset one is not', () => {
  const known = received(minimal);
  expect(() => checkInstance(known)).not.toThrow();
  // Field 10, varint 9: what a newer client might send.
  const unknown = Instance.decode(Buffer.concat([Instance.encode(minimal), Buffer.from([0x50, 9])]));
  expect(refusal(() => checkInstance(unknown)).message).toContain('instance.status 9');
});
