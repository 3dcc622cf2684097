import fc from 'fast-check';

/** Names that have a special meaning: as properties of JavaScript objects, as numbers, in text, or in a spreadsheet. */
export const ODD_NAMES: readonly string[] = [
  ...Object.getOwnPropertyNames(Object.prototype),
  ...Object.getOwnPropertyNames(Array.prototype),
  'prototype',
  'then',
  'toJSON',
  'length',
  'name',
  'S',
  'M',
  'NULL',
  '0',
  '1',
  '-1',
  '007',
  '1e3',
  '4294967295',
  'NaN',
  '',
  ' ',
  'a.b',
  'a#b',
  '=1+1',
  '\u0000',
  'ünïcödé',
  '例え',
  '\u{1f600}',
  '\ud800',
  'x'.repeat(5_000),
];

/** A name of the list, or a random one. */
export const oddName = fc.oneof(fc.constantFrom(...ODD_NAMES), fc.string({ unit: 'binary', maxLength: 40 }));

/** The names that `POST /v1/send` accepts as the name of a tag. */
export const ODD_TAG_NAMES = ODD_NAMES.filter((name) => /^[A-Za-z0-9_-]{1,256}$/.test(name));
