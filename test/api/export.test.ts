import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, toCsv, toNdjson } from '../../lambdas/api/export.ts';
import { anEvent } from '../../sim/builders/events.ts';

describe('the response format of a list', () => {
  it.each([
    [undefined, 'json'],
    ['', 'json'],
    ['*/*', 'json'],
    ['application/json', 'json'],
    ['text/csv', 'csv'],
    ['Text/CSV; charset=utf-8', 'csv'],
    ['application/x-ndjson', 'ndjson'],
    ['text/html, text/csv;q=0.5, application/x-ndjson;q=0.9', 'ndjson'],
    ['text/csv;q=0', 'json'],
    ['text/csv;q=0.1, */*;q=0.2', 'json'],
    ['image/png', 'json'],
    ['constructor', 'json'],
    [';;;,,,q=', 'json'],
  ])('for Accept %s is %s', (accept, format) => {
    expect(formatOf(accept)).toBe(format);
  });
});

/** Parses CSV by RFC 4180, as a spreadsheet does. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const match of text.matchAll(/("(?:[^"]|"")*"|[^,\r\n]*)(,|\r\n)/g)) {
    const [, cell = '', end] = match;
    rows.at(-1)?.push(cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell);
    if (end === '\r\n') rows.push([]);
  }
  rows.pop();
  return rows;
}

/** Removes the byte order mark, because `parseCsv` expects text without one. */
function withoutByteOrderMark(text: string): string {
  expect(text.startsWith('\ufeff')).toBe(true);
  return text.slice(1);
}

describe('CSV', () => {
  it('begins with a header line, and has each field in its column', () => {
    const event = anEvent({ tags: [['campaign', 'spring']] });
    const [names = [], cells = []] = parseCsv(withoutByteOrderMark(toCsv([event], { first: true })));
    expect(Object.fromEntries(names.map((name, index) => [name, cells[index]]))).toEqual({
      event_id: event.event_id,
      message_id: event.message_id,
      timestamp: '2026-02-25T12:00:00Z',
      type: 'bounce',
      status: 'bounced',
      to: 'invalid@example.com',
      from: 'you@yourdomain.com',
      subject: 'Hello',
      bounce_type: 'Permanent',
      bounce_subtype: 'General',
      diagnostic_code: 'smtp; 550 5.1.1 user unknown',
      feedback_type: '',
      suppression_reason: '',
      error_code: '',
      error_message: '',
      delay_type: '',
      expires_at: '',
      link: '',
      automated: '',
      contact_list: '',
      topics: '',
      unsubscribe_all: '',
      tags: '{"campaign":"spring"}',
      workspace_id: event.workspace_id,
      reason: 'unknown_user',
    });
  });

  it('has no header line on later pages', () => {
    expect(parseCsv(toCsv([anEvent()], { first: false }))).toHaveLength(1);
  });

  it('has the fields of engagement events', () => {
    const event = anEvent({
      event: 'subscription_changed',
      details: {
        contact_list: 'news',
        topics: [{ name: '=1+1', status: 'OptIn' }],
        automated: true,
        link: '=2',
      },
    });
    const [names = [], cells = []] = parseCsv(withoutByteOrderMark(toCsv([event], { first: true })));
    expect(Object.fromEntries(names.map((name, index) => [name, cells[index]]))).toMatchObject({
      contact_list: 'news',
      topics: '[{"name":"=1+1","status":"OptIn"}]',
      automated: 'true',
      link: "'=2",
    });
  });

  it('has a byte order mark on the first page only, so that Excel reads UTF-8 and pages can be joined', () => {
    const event = anEvent({ subject: 'Grüße, 你好' });
    const bytes = Buffer.from(toCsv([event], { first: true }));
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    expect(bytes.toString('utf8')).toContain('Grüße, 你好');
    expect(toCsv([event], { first: false })).not.toContain('\ufeff');
  });

  it.each([
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\tx',
    '\rx',
    '\nx',
    '=cmd|" /C calc"!A0',
    '＝1+1',
    '＋1',
    '－1',
    '＠SUM(A1)',
    '﹦1',
    '﹢1',
    '﹣1',
    '﹫x',
    '⁼1',
    '⁺1',
    '⁻1',
    '−1',
    ' =1',
    '\u00a0=1',
    '\u3000＝1',
    '\ufeff=1',
    '\u200b=1',
    '\u0000=1',
    '\u00ad+1',
  ])('prefixes a cell that begins like a formula with an apostrophe: %j', (subject) => {
    const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { first: false }));
    expect(cells).toContain(`'${subject}`);
  });

  it.each([
    ['a;=1+1', "a;'=1+1"],
    ['a\t＝1', "a\t'＝1"],
    ['a\r\n -1', "a\r\n' -1"],
    ['a; @x', "a;' @x"],
    ['a;"=1+1;b', `a;'"=1+1;b`],
    ['a\n" ""＝1', `a\n'" ""＝1`],
    ['a; "b" = c', 'a; "b" = c'],
    ['\t =1', "'\t' =1"],
    ['smtp; 550 5.1.1 user unknown', 'smtp; 550 5.1.1 user unknown'],
    ['a-b=c', 'a-b=c'],
  ])(
    'contains no formula after a delimiter that a spreadsheet may split at (semicolon, tab, line break): %j',
    (subject, expected) => {
      const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { first: false }));
      expect(cells[7]).toBe(expected);
    },
  );

  const FORMULA = ['=', '+', '-', '@', '＝', '＋', '－', '＠', '﹦', '﹢', '﹣', '﹫', '−', '\t', '\r'];
  const HIDDEN = [
    '',
    ' ',
    '\u00a0',
    '\u3000',
    '\ufeff',
    '\u200b',
    '\u200e',
    '\u0000',
    '\u0008',
    '\u00ad',
    '\u2028',
  ];

  it('neutralizes formulas behind invisible characters in every field that a third party controls', () => {
    const risky = fc
      .tuple(fc.array(fc.constantFrom(...HIDDEN)), fc.constantFrom(...FORMULA), fc.string())
      .map(([hidden, begin, rest]) => hidden.join('') + begin + rest);
    fc.assert(
      fc.property(risky, (text) => {
        const event = anEvent({
          to: text,
          from: text,
          subject: text,
          message_id: text,
          tags: [['campaign', text]],
          details: { diagnostic_code: text, bounce_subtype: text },
        });
        const [cells = []] = parseCsv(toCsv([event], { first: false }));
        for (const each of cells) expect(each).not.toMatch(/^[\s\p{Z}\p{C}]*[=+\-@＝＋－＠﹦﹢﹣﹫−]/u);
      }),
    );
  });

  it('keeps every text in its own cell, and adds nothing except apostrophes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
        const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { first: false }));
        expect(cells).toHaveLength(25);
        expect(cells[7]?.replaceAll("'", '')).toBe(subject.replaceAll("'", ''));
      }),
    );
  });
});

describe('NDJSON', () => {
  it('has one log entry per line', () => {
    const lines = toNdjson([anEvent(), anEvent({ subject: 'two\nlines' })])
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { subject: string }).subject)).toEqual([
      'Hello',
      'two\nlines',
    ]);
  });
});
