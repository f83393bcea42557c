/** CRC-32C (Castagnoli), as LevelDB stores it. Node's zlib only has the other polynomial. */

/** Eight tables of 256, so that eight bytes are taken at once. */
const tables = new Int32Array(8 * 256);
for (let i = 0; i < 256; i++) {
  let value = i;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  tables[i] = value;
}
for (let i = 256; i < tables.length; i++) {
  const shorter = at(i - 256);
  tables[i] = (shorter >>> 8) ^ at(shorter & 0xff);
}

function at(index: number): number {
  return tables[index] as number;
}

/** Continues a checksum (or begins one) over bytes from `from` to `to` (exclusive). */
export function crc32c(bytes: Uint8Array, from: number, to: number, before = 0): number {
  let crc = ~before;
  let i = from;
  for (; i + 8 <= to; i += 8) {
    const low =
      crc ^
      ((bytes[i] as number) |
        ((bytes[i + 1] as number) << 8) |
        ((bytes[i + 2] as number) << 16) |
        ((bytes[i + 3] as number) << 24));
    crc =
      at(1792 + (low & 0xff)) ^
      at(1536 + ((low >>> 8) & 0xff)) ^
      at(1280 + ((low >>> 16) & 0xff)) ^
      at(1024 + (low >>> 24)) ^
      at(768 + (bytes[i + 4] as number)) ^
      at(512 + (bytes[i + 5] as number)) ^
      at(256 + (bytes[i + 6] as number)) ^
      at(bytes[i + 7] as number);
  }
  for (; i < to; i++) crc = (crc >>> 8) ^ at((crc ^ (bytes[i] as number)) & 0xff);
  return ~crc >>> 0;
}

/** The checksum that a stored (rotated and shifted) one stands for. */
export function unmask(stored: number): number {
  const rotated = (stored - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0;
}
