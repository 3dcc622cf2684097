/** Timestamps that every verifier must refuse, even if the signature is over the same text. */
import { NOW, vector, type Vector } from './vector.ts';

const outsideTolerance = [301, 3_600, 86_400].flatMap((seconds) => [
  vector(
    `verified ${seconds} s after signing`,
    {},
    { now: NOW + seconds },
    { valid: false, reason: 'timestamp_too_old' },
  ),
  vector(
    `verified ${seconds} s before signing`,
    {},
    { now: NOW - seconds },
    { valid: false, reason: 'timestamp_too_new' },
  ),
]);

const replaced = [
  vector(
    'a timestamp that is one second later',
    {},
    { timestamp: String(NOW + 1) },
    {
      valid: false,
      reason: 'no_matching_signature',
    },
  ),
  vector(
    'an old timestamp replaced by the current time',
    { timestamp: String(NOW - 3_600) },
    { timestamp: String(NOW) },
    {
      valid: false,
      reason: 'no_matching_signature',
    },
  ),
];

/** Some number parser reads each of these texts as NOW. */
const LOOSE_NUMBERS: Readonly<Record<string, string>> = {
  'followed by letters': `${NOW}abc`,
  'with a plus sign': `+${NOW}`,
  'with a leading space': ` ${NOW}`,
  'followed by a space': `${NOW} `,
  'with a leading tab': `\t${NOW}`,
  'with a leading zero': `0${NOW}`,
  'followed by .0': `${NOW}.0`,
  'followed by .9': `${NOW}.9`,
  'followed by e0': `${NOW}e0`,
  'followed by a comma and a number': `${NOW},${NOW}`,
  'followed by an L': `${NOW}L`,
  'with underscores': '1_795_406_143',
};
const looseNumbers = Object.entries(LOOSE_NUMBERS).flatMap(([variant, timestamp]) => [
  vector(
    `a timestamp ${variant}, signed as sent`,
    { timestamp },
    {},
    { valid: false, reason: 'timestamp_malformed' },
  ),
  vector(
    `a timestamp ${variant}, signed without it`,
    {},
    { timestamp },
    {
      valid: false,
      reason: 'timestamp_malformed',
    },
  ),
]);

const OTHER_FORMATS: Readonly<Record<string, string>> = {
  'that is negative': `-${NOW}`,
  'in milliseconds': `${NOW}000`,
  'in scientific notation': '1.795406143e9',
  'in hex': `0x${NOW.toString(16)}`,
  'in octal': `0o${NOW.toString(8)}`,
  'that is a word': 'now',
  'that is NaN': 'NaN',
  'that is Infinity': 'Infinity',
  'that is null': 'null',
  'in RFC 3339': '2026-11-23T04:35:43Z',
  'as an HTTP date': 'Mon, 23 Nov 2026 04:35:43 GMT',
  'of zero': '0',
  'of 1970, with ten digits': '0000000000',
  'of 20 digits': '9'.repeat(20),
  'that is the current time plus 2^64': String(BigInt(NOW) + 2n ** 64n),
  'of 400 digits': '9'.repeat(400),
  'of 5000 digits': '9'.repeat(5_000),
  'in Arabic digits': String(NOW).replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'.charAt(Number(digit))),
  'in superscript': '¹⁷⁹⁵⁴⁰⁶¹⁴³',
};
const otherFormats = Object.entries(OTHER_FORMATS).map(([variant, timestamp]) =>
  vector(
    `a timestamp ${variant}, signed as sent`,
    { timestamp },
    {},
    {
      valid: false,
      reason: timestamp === '0000000000' ? 'timestamp_too_old' : 'timestamp_malformed',
    },
  ),
);

export const invalidTimes: readonly Vector[] = [
  ...outsideTolerance,
  ...replaced,
  ...looseNumbers,
  ...otherFormats,
];
