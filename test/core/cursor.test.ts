import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openCursor, sealCursor, type CursorPosition, type CursorScope } from '../../lambdas/core/cursor.ts';

const KEY = randomBytes(32);
const SCOPE: CursorScope = {
  workspaceId: 'ws_a',
  route: '/v1/send/logs',
  filters: { type: 'send', status: 'sent' },
};
const POSITION: CursorPosition = { key: 'E#2026-02-25T12:00:00.000Z#evt_a', direction: 'next' };

function seal(position = POSITION, scope = SCOPE): string {
  return sealCursor(position, scope, { key: KEY, randomBytes });
}

describe('a cursor does not open', () => {
  it.each([
    ['in another workspace', { ...SCOPE, workspaceId: 'ws_b' }],
    ['on another route', { ...SCOPE, route: '/v1/webhooks' }],
    ['with another filter', { ...SCOPE, filters: { type: 'bounce', status: 'sent' } }],
    ['with one filter less', { ...SCOPE, filters: { type: 'send' } }],
    ['with one more filter', { ...SCOPE, filters: { ...SCOPE.filters, to: 'a@example.com' } }],
  ])('%s', (_label, scope) => {
    expect(openCursor(seal(), scope, KEY)).toBeUndefined();
  });

  it('with another key', () => {
    expect(openCursor(seal(), SCOPE, randomBytes(32))).toBeUndefined();
  });

  it('with one character changed, removed or added', () => {
    const cursor = seal();
    for (let index = 0; index < cursor.length; index += 1) {
      const other = cursor[index] === 'A' ? 'B' : 'A';
      expect(
        openCursor(cursor.slice(0, index) + other + cursor.slice(index + 1), SCOPE, KEY),
      ).toBeUndefined();
      expect(openCursor(cursor.slice(0, index) + cursor.slice(index + 1), SCOPE, KEY)).toBeUndefined();
    }
    for (const suffix of ['A', '=', ' ', '\n', '!'])
      expect(openCursor(cursor + suffix, SCOPE, KEY)).toBeUndefined();
  });

  it('if it is an arbitrary text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.base64String()), (text) => {
        expect(openCursor(text, SCOPE, KEY)).toBeUndefined();
      }),
    );
  });
});

describe('a cursor', () => {
  it('opens to the position that was sealed', () => {
    const position = fc.record({
      key: fc.string({ unit: 'grapheme' }),
      direction: fc.constantFrom('next' as const, 'prev' as const),
    });
    fc.assert(
      fc.property(position, (value) => {
        expect(openCursor(seal(value), SCOPE, KEY)).toEqual(value);
      }),
    );
  });

  it('opens with the filters in any order', () => {
    const reordered = { ...SCOPE, filters: { status: 'sent', type: 'send' } };
    expect(openCursor(seal(), reordered, KEY)).toEqual(POSITION);
  });

  it('does not reveal keys of the table', () => {
    const bytes = Buffer.from(seal(), 'base64url').toString('latin1');
    expect(bytes).not.toContain('evt_');
    expect(bytes).not.toContain('2026');
  });

  it('is a different text each time', () => {
    expect(seal()).not.toBe(seal());
  });
});
