import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSesTimestamp } from '../../lambdas/ingest/ses-timestamps.ts';

describe('parseSesTimestamp returns undefined for', () => {
  it.each([
    undefined,
    null,
    0,
    1_487_000_000_000,
    {},
    '',
    'yesterday',
    '1',
    'May',
    '2016-13-01T00:00:00Z',
    '12/03/2009',
    '99999-01-01T00:00:00Z',
    '2018-10-8',
    'x2018-10-08',
    '(x) 2018-10-08',
    '2018-10-08T14:05:45Zulu',
    '1969-12-31T23:59:59.999Z',
    '9999-12-31T23:59:59.999-00:01',
    '9999-12-31T24:00:00Z',
    '2018-10-08T14:05:45 +0000 (',
  ])('%s', (value) => {
    expect(parseSesTimestamp(value)).toBeUndefined();
  });
});

describe('parseSesTimestamp reads', () => {
  const expected = Date.UTC(2018, 9, 8, 14, 5, 45);
  it.each([
    ['2018-10-08T14:05:45.000Z', expected],
    ['2018-10-08T14:05:45Z', expected],
    ['2018-10-08T14:05:45 +0000', expected],
    ['2018-10-08T16:05:45 +02:00', expected],
    ['2018-10-08T09:05:45.000-05:00', expected],
    ['2018-10-08T14:05:45', expected],
    [' 2018-10-08T14:05:45Z\n', expected],
    ['2018-10-08 14:05:45', expected],
    ['2018-10-08t14:05:45z', expected],
    ['2018-10-08T16:05:45+0200', expected],
    ['2018-10-08 16:05:45 +0200', expected],
    ['2018-10-08T14:05:45.000999Z', expected],
    ['2024-04-25T18:08:04.933666+03:00', Date.UTC(2024, 3, 25, 15, 8, 4, 933)],
    ['2018-10-08T19:50:45+05:45', expected],
    ['2018-10-08T14:05:45 +0000 ', expected],
    ['1970-01-01T00:00:00Z', 0],
    ['9999-12-31T23:59:59.999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    ['2018-10-08', Date.UTC(2018, 9, 8)],
  ])('%s', (text, epochMs) => {
    expect(parseSesTimestamp(text)).toBe(epochMs);
  });

  it('every time in ISO format from 1970 to 9999', () => {
    const dates = fc.date({
      min: new Date(0),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(dates, (date) => {
        expect(parseSesTimestamp(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});
