/** Timestamps that no verifier takes, even where they are signed as they stand. */
import { NOW, vector, type Vector } from './vector.ts';

const apart = [301, 3_600, 86_400].flatMap((seconds) => [
  vector(
    `${seconds} s after it was signed`,
    {},
    { now: NOW + seconds },
    { valid: false, reason: 'timestamp_too_old' },
  ),
  vector(
    `${seconds} s before it was signed`,
    {},
    { now: NOW - seconds },
    { valid: false, reason: 'timestamp_too_new' },
  ),
]);

const moved = [
  vector(
    'a timestamp a second later',
    {},
    { timestamp: String(NOW + 1) },
    {
      valid: false,
      reason: 'no_matching_signature',
    },
  ),
  vector(
    'a timestamp made fresh',
    { timestamp: String(NOW - 3_600) },
    { timestamp: String(NOW) },
    {
      valid: false,
      reason: 'no_matching_signature',
    },
  ),
];

/** Some reader of numbers takes each of them for NOW. */
const ALMOST: Readonly<Record<string, string>> = {
  'with letters behind it': `${NOW}abc`,
  'with a plus sign': `+${NOW}`,
  'with a space before it': ` ${NOW}`,
  'with a space behind it': `${NOW} `,
  'with a tab before it': `\t${NOW}`,
  'with a zero before it': `0${NOW}`,
  'with .0 behind it': `${NOW}.0`,
  'with .9 behind it': `${NOW}.9`,
  'with e0 behind it': `${NOW}e0`,
  'with a comma and more behind it': `${NOW},${NOW}`,
  'with an L behind it': `${NOW}L`,
  'with underscores': '1_795_406_143',
};
const almost = Object.entries(ALMOST).flatMap(([what, timestamp]) => [
  vector(
    `a timestamp ${what}, signed so`,
    { timestamp },
    {},
    { valid: false, reason: 'timestamp_malformed' },
  ),
  vector(
    `a timestamp ${what}, signed without`,
    {},
    { timestamp },
    {
      valid: false,
      reason: 'timestamp_malformed',
    },
  ),
]);

const WRONG: Readonly<Record<string, string>> = {
  'that is negative': `-${NOW}`,
  'in milliseconds': `${NOW}000`,
  'in scientific notation': '1.795406143e9',
  'in hex': `0x${NOW.toString(16)}`,
  'in octal': `0o${NOW.toString(8)}`,
  'in letters': 'now',
  'that is no number': 'NaN',
  'without an end': 'Infinity',
  'that is null': 'null',
  'of RFC 3339': '2026-11-23T04:35:43Z',
  'of HTTP': 'Mon, 23 Nov 2026 04:35:43 GMT',
  'of zero': '0',
  'of 1970, with ten digits': '0000000000',
  'of 20 digits': '9'.repeat(20),
  'that is NOW plus 2 to the 64th': String(BigInt(NOW) + 2n ** 64n),
  'of 400 digits': '9'.repeat(400),
  'of 5000 digits': '9'.repeat(5_000),
  'in Arabic digits': String(NOW).replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'.charAt(Number(digit))),
  'in superscript': '¹⁷⁹⁵⁴⁰⁶¹⁴³',
};
const wrong = Object.entries(WRONG).map(([what, timestamp]) =>
  vector(
    `a timestamp ${what}, signed so`,
    { timestamp },
    {},
    {
      valid: false,
      reason: timestamp === '0000000000' ? 'timestamp_too_old' : 'timestamp_malformed',
    },
  ),
);

export const invalidTimes: readonly Vector[] = [...apart, ...moved, ...almost, ...wrong];
