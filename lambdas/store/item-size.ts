/** DynamoDB charges one write unit for each started KiB of a row. */
export const WRITE_UNIT_BYTES = 1024;

/**
 * The size of an item in bytes, as DynamoDB computes it. The size decides how many write units the item costs.
 * Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemSizeBytes(item: Readonly<Record<string, unknown>>): number {
  let size = 0;
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) size += Buffer.byteLength(name) + valueSizeBytes(value);
  }
  return size;
}

/** A map or list has 3 bytes, plus 1 byte for each entry. */
const CONTAINER_BYTES = 3;
const ENTRY_BYTES = 1;

/** A number has 1 byte for every two significant digits, plus 1 byte. */
function numberSizeBytes(value: number): number {
  const digits = String(Math.abs(value))
    .replace('.', '')
    .replace(/^0+|0+$/g, '');
  return Math.ceil(digits.length / 2) + 1;
}

function valueSizeBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return numberSizeBytes(value);
  if (value instanceof Uint8Array) return value.byteLength;
  if (Array.isArray(value)) {
    return value.reduce<number>((size, entry) => size + valueSizeBytes(entry) + ENTRY_BYTES, CONTAINER_BYTES);
  }
  if (typeof value === 'object' && value !== null) {
    return CONTAINER_BYTES + itemSizeBytes({ ...value }) + ENTRY_BYTES * Object.keys(value).length;
  }
  return 1;
}
