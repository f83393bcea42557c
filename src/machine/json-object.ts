/** JSON that the doors wrote: the machine changes single fields of it. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Undefined: it is not a JSON object (applying a command must not throw for it). */
export function parseObject(json: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Fields that are undefined are left out. */
export function objectBytes(value: JsonObject): Uint8Array {
  return Buffer.from(JSON.stringify(value));
}
