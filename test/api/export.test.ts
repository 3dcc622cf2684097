import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, toCsv, toNdjson } from '../../lambdas/api/export.ts';
import { anEvent } from '../../sim/builders/events.ts';

describe('the format of a list', () => {
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

/** RFC 4180, as a spreadsheet reads it. */
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

/** `parseCsv` reads text, not a file. */
function withoutMark(text: string): string {
  expect(text.startsWith('\ufeff')).toBe(true);
  return text.slice(1);
}

describe('CSV', () => {
  it('has a line of names first, and each field in its column', () => {
    const event = anEvent({ tags: [['campaign', 'spring']] });
    const [names = [], cells = []] = parseCsv(withoutMark(toCsv([event], { first: true })));
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
    });
  });

  it('has no line of names on a later page', () => {
    expect(parseCsv(toCsv([anEvent()], { first: false }))).toHaveLength(1);
  });

  it('has the fields of an engagement', () => {
    const event = anEvent({
      event: 'subscription_changed',
      details: {
        contact_list: 'news',
        topics: [{ name: '=1+1', status: 'OptIn' }],
        automated: true,
        link: '=2',
      },
    });
    const [names = [], cells = []] = parseCsv(withoutMark(toCsv([event], { first: true })));
    expect(Object.fromEntries(names.map((name, index) => [name, cells[index]]))).toMatchObject({
      contact_list: 'news',
      topics: '[{"name":"=1+1","status":"OptIn"}]',
      automated: 'true',
      link: "'=2",
    });
  });

  it('has a byte order mark at its beginning alone: Excel reads umlauts, and pages follow each other', () => {
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
  ])('never begins a cell like a formula: %j', (subject) => {
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
  ])('begins no formula where a spreadsheet cuts at ; or a tab or a line break: %j', (subject, expected) => {
    const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { first: false }));
    expect(cells[7]).toBe(expected);
  });

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

  it('neutralizes every cell that a stranger writes, whatever hides the formula', () => {
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

  it('keeps any text apart from its neighbours, and changes it by apostrophes alone', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
        const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { first: false }));
        expect(cells).toHaveLength(24);
        expect(cells[7]?.replaceAll("'", '')).toBe(subject.replaceAll("'", ''));
      }),
    );
  });
});

describe('NDJSON', () => {
  it('is one log entry a line', () => {
    const lines = toNdjson([anEvent(), anEvent({ subject: 'two\nlines' })])
      .trimEnd()
      .split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { subject: string }).subject)).toEqual([
      'Hello',
      'two\nlines',
    ]);
  });
});
