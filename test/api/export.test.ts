import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatOf, toCsv, toNdjson } from '../../lambdas/api/export.ts';
import { anEvent } from '../builders/events.ts';

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

describe('CSV', () => {
  it('has a line of names first, and each field in its column', () => {
    const event = anEvent({ tags: [['campaign', 'spring']] });
    const [names = [], cells = []] = parseCsv(toCsv([event], { withNames: true }));
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
      tags: '{"campaign":"spring"}',
      workspace_id: event.workspace_id,
    });
  });

  it('has no line of names on a later page', () => {
    expect(parseCsv(toCsv([anEvent()], { withNames: false }))).toHaveLength(1);
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '\nx', '=cmd|" /C calc"!A0'])(
    'never begins a cell like a formula: %j',
    (subject) => {
      const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { withNames: false }));
      expect(cells).toContain(`'${subject}`);
    },
  );

  it('keeps any text apart from its neighbours', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (subject) => {
        const [cells = []] = parseCsv(toCsv([anEvent({ subject })], { withNames: false }));
        expect(cells).toHaveLength(19);
        expect([subject, `'${subject}`]).toContain(cells[7]);
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
