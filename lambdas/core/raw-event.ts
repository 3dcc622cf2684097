import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { EmailEvent } from './events.ts';
import { RAW_DICTIONARIES } from './raw-dictionary.ts';

/** The version of the dictionary for new events. Each packed event begins with the version of its dictionary. */
const VERSION = 1;

function dictionary(version: number, context: string): Buffer {
  const words = RAW_DICTIONARIES.get(version);
  if (words === undefined) throw new Error(`No dictionary for version ${version} of a packed raw event`);
  // Deflate needs fewer bits to refer to near text than to distant text, and the end of the dictionary is nearest to the event.
  // So `context` is at the end: it contains the values of the event's row, and most of them occur in the raw event.
  return Buffer.from(words + context, 'utf8');
}

function byName(pairs: readonly (readonly [string, unknown])[]): readonly (readonly [string, unknown])[] {
  return pairs.toSorted(([left], [right]) => (left < right ? -1 : 1));
}

/** Converts objects at every depth to lists of pairs, ordered by name. */
function toOrderedPairs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toOrderedPairs);
  if (typeof value !== 'object' || value === null) return value;
  return byName(Object.entries(value)).map(([name, each]) => [name, toOrderedPairs(each)]);
}

/**
 * The values of an event's row, as an addition to the dictionary: the packed raw event then does not repeat them. Objects
 * are ordered by name, because DynamoDB returns the entries of a map in any order.
 */
export function rawContext(event: EmailEvent): string {
  const { message_id, to, from, subject, details, tags } = event;
  return JSON.stringify([tags && byName(tags), toOrderedPairs(details), subject, from, to, message_id]);
}

/**
 * An event has one or two KiB, so a window of 16 KiB holds the dictionary and the event. With zlib's defaults, each call
 * would clear 256 KiB and allocate 16 KiB for output. These settings give the same bytes in a third less time.
 */
const DEFLATE = { level: 6, windowBits: 14, memLevel: 7, chunkSize: 1024 } as const;

/** The version and a checksum. Without the checksum, inflating with a wrong dictionary would silently give a wrong text. */
const HEADER_BYTES = 1 + 4;

/** Compresses the text of an SES event without loss. `context` is '' or `rawContext(event)`, and unpacking needs the same context. */
export function packRawEvent(text: string, context: string): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION);
  header.writeUInt32BE(crc32(text), 1);
  const packed = deflateRawSync(text, { ...DEFLATE, dictionary: dictionary(VERSION, context) });
  return Buffer.concat([header, packed]);
}

/** Restores the text of an SES event byte for byte. Throws if the checksum does not match. */
export function unpackRawEvent(packed: Uint8Array, context: string): string {
  const header = Buffer.from(packed.subarray(0, HEADER_BYTES));
  const text = inflateRawSync(packed.subarray(HEADER_BYTES), {
    dictionary: dictionary(header.readUInt8(), context),
  }).toString('utf8');
  if (crc32(text) !== header.readUInt32BE(1))
    throw new Error('The checksum of a raw event does not match: its context is wrong');
  return text;
}
