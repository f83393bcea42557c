import { describe, expect, test } from 'vitest';
import { checkInstance, instanceFromVersion, instanceJson } from '../../../src/api/quorate/instance.js';
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
    status: 2,
  };
  const json = instanceJson(received(given), 99).toString();
  const lease = 'a1' as LeaseId;
  expect(instanceFromVersion(version(json, lease))).toEqual({
    ...given,
    lease,
    createRevision: 7,
    revision: 9,
    registeredAtMs: 99,
  });
});

test.each([
  [{ namespace: 'a b' }, 'INVALID_NAME', 'instance.namespace'],
  [{ service: '' }, 'INVALID_NAME', 'instance.service'],
  [{ id: '' }, 'INVALID_NAME', 'instance.id'],
  [{ address: '' }, 'INVALID_FIELD', 'instance.address'],
  [{ port: 70_000 }, 'INVALID_FIELD', 'instance.port'],
  [{ weight: 10_001 }, 'INVALID_FIELD', 'instance.weight'],
  [{ zone: 'z'.repeat(257) }, 'INVALID_FIELD', 'instance.zone'],
  [{ version: 'v'.repeat(257) }, 'INVALID_FIELD', 'instance.version'],
  [{ metadata: { '': 'x' } }, 'INVALID_FIELD', 'instance.metadata'],
] as const)('%j is refused', (change, reason, field) => {
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
