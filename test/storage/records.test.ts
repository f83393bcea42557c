/** The records laid out by hand are the protobuf messages that the .proto file names. */
import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { clusterTime, type Key, keyBytes, keyOf, revision } from '../../src/base/ids.js';
import { seededRandom } from '../../src/base/random.js';
import * as wire from '../../src/proto/record.js';
import { crc32c } from '../../src/storage/files/crc32c.js';
import { RecordBuffer } from '../../src/storage/record-buffer.js';
import {
  checkedValue,
  decodeEntry,
  decodeVersion,
  writeEntry,
  writeLease,
  writeOrigin,
  writeVersion,
} from '../../src/storage/records.js';
import { begin, logKey, versionKey } from '../../src/storage/schema.js';
import { entry, lease, version } from './samples.js';

const random = seededRandom(11);
const below = (limit: number): number => Math.floor(random() * limit);
const numbers = [
  0,
  1,
  127,
  128,
  255,
  16_383,
  16_384,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 49,
  Number.MAX_SAFE_INTEGER,
];
const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)));

function body(write: (out: RecordBuffer) => void): Buffer {
  const out = new RecordBuffer();
  out.start(0);
  out.startValue();
  write(out);
  out.finish();
  return Buffer.from(out.value.subarray(0, -4));
}

describe('versions', () => {
  test('are read alike by protobufjs and by hand, whoever wrote them', () => {
    for (let round = 0; round < 300; round++) {
      const ref = { revision: revision(round + 1), sub: below(3) };
      const one = version(ref.revision, ref.sub, {
        key: keyOf(bytes(below(200))),
        value: bytes(below(400)),
        createRevision: revision(numbers[below(numbers.length)] ?? 0),
        version: numbers[below(numbers.length)] ?? 0,
        lease: lease(below(2) ? '' : below(2 ** 31).toString(16)),
        deleted: below(2) === 1,
      });
      const byHand = body((out) => writeVersion(out, one));
      expect(decodeVersion(byHand, ref)).toEqual(one);
      expect(wire.KeyVersion.decode(byHand)).toMatchObject({
        key: keyBytes(one.key),
        value: one.value,
        createRevision: one.createRevision,
        version: one.version,
        lease: one.lease,
        deleted: one.deleted,
      });
      const { key, value, createRevision, version: count, lease: id, deleted } = one;
      const byLibrary = wire.KeyVersion.encode({
        key: keyBytes(key),
        value,
        createRevision,
        version: count,
        lease: id,
        deleted,
      });
      expect(decodeVersion(byLibrary, ref)).toEqual(one);
    }
  });

  test('cut off anywhere are refused or at least not misread as longer', () => {
    const whole = body((out) => writeVersion(out, version(300, 0, { lease: lease('ab') })));
    const ref = { revision: revision(300), sub: 0 };
    for (let length = 1; length < whole.length; length++) {
      let read: Key | undefined;
      try {
        read = decodeVersion(whole.subarray(0, length), ref).key;
      } catch (error) {
        expect(error).toMatchObject({ name: 'DecodeError' });
      }
      if (read !== undefined) expect(read).toBe(version(300).key);
    }
  });
});

test('leases, origins and entries are the messages of the .proto file', () => {
  const deadline = clusterTime(1_700_000_000_000);
  expect(
    wire.LeaseRecord.decode(
      body((out) => writeLease(out, { ttlMs: 5000, deadline, ofRegistration: true, ofMachine: true })),
    ),
  ).toMatchObject({
    ttlMs: 5000,
    deadlineMs: deadline,
    ofRegistration: true,
    ofMachine: true,
  });
  const origin = { incarnation: 1_700_000_000_001, lastSequence: 2 ** 40 };
  expect(wire.OriginRecord.decode(body((out) => writeOrigin(out, origin)))).toMatchObject(origin);
  const large = entry(5, 3, bytes(200_000));
  expect(
    decodeEntry(
      logKey(1, 5),
      body((out) => writeEntry(out, large)),
    ),
  ).toEqual(large);
});

test('the checksum covers key and value but not the generation', () => {
  const out = new RecordBuffer();
  const stored = [1, 2].map((generation) => {
    begin.version(out, generation, 9, 1);
    writeVersion(out, version(9, 1));
    out.finish();
    return { key: Buffer.from(out.key), value: Buffer.from(out.value) };
  });
  expect(stored[0]?.value).toEqual(stored[1]?.value);
  for (const { key, value } of stored) expect(() => checkedValue(key, value)).not.toThrow();
  expect(() => checkedValue(versionKey(1, 9, 2), stored[0]?.value ?? Buffer.alloc(0))).toThrow(/checksum/);
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});

// The check value of the catalogue of parametrised CRC algorithms for CRC-32/ISCSI.
test('CRC-32C', () => {
  const digits = Buffer.from('123456789');
  expect(crc32c(digits, 0, 9)).toBe(0xe3069283);
  expect(crc32c(digits, 4, 9, crc32c(digits, 0, 4))).toBe(0xe3069283);
});
