import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cursorScope, positionOf, toList } from '../../lambdas/api/pages.ts';
import type { Page, Position } from '../../lambdas/store/pages.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';

const KEY = Buffer.alloc(32, 7);
const PATH = '/v1/send/logs';
const QUERY = { type: 'bounce', to: undefined, limit: 20 };
const NEXT: Position = { key: '2026-02-25T12:00:00Z#evt_a', direction: 'next' };
const PREVIOUS: Position = { key: '2026-02-25T12:05:00Z#evt_b', direction: 'prev' };
const REFUSED = { code: 'invalid_cursor', extras: { field: 'cursor' } };

const scopeOf = (query: Readonly<Record<string, unknown>> = QUERY) => cursorScope(WORKSPACE_ID, PATH, query);

function setUp() {
  let reads = 0;
  const deps = {
    async cursorKey() {
      reads += 1;
      return KEY;
    },
    randomBytes,
  };
  const list = (page: Page<string>) => toList(deps, scopeOf(), { page, toJson: (item) => ({ id: item }) });
  const cursor = async (position: Position = NEXT): Promise<string> =>
    (await list({ items: ['a'], next: position })).next_cursor ?? '';
  return { deps, list, cursor, reads: () => reads };
}

describe('a list', () => {
  it('on one page has no cursors and does not read the cursor key', async () => {
    const { list, reads } = setUp();
    expect(await list({ items: ['a', 'b'] })).toEqual({
      data: [{ id: 'a' }, { id: 'b' }],
      next_cursor: null,
      prev_cursor: null,
    });
    expect(reads()).toBe(0);
  });

  it.each([
    ['next', { next: NEXT }, [expect.any(String), null]],
    ['prev', { prev: PREVIOUS }, [null, expect.any(String)]],
    ['next and prev', { next: NEXT, prev: PREVIOUS }, [expect.any(String), expect.any(String)]],
  ])('with more items (%s) has a cursor in that direction only', async (_title, ends, cursors) => {
    const { list } = setUp();
    const { next_cursor: next, prev_cursor: prev } = await list({ items: ['a'], ...ends });
    expect([next, prev]).toEqual(cursors);
  });
});

describe('a cursor', () => {
  it.each([NEXT, PREVIOUS])('returns the position it was created for: %j', async (position) => {
    const { deps, cursor } = setUp();
    expect(await positionOf(deps, scopeOf(), await cursor(position))).toEqual(position);
  });

  it('that is missing returns no position and does not read the cursor key', async () => {
    const { deps, reads } = setUp();
    expect(await positionOf(deps, scopeOf(), undefined)).toBeUndefined();
    expect(reads()).toBe(0);
  });

  it('is valid for another page size', async () => {
    const { deps, cursor } = setUp();
    const scope = scopeOf({ ...QUERY, limit: 5, cursor: 'x' });
    expect(await positionOf(deps, scope, await cursor())).toEqual(NEXT);
  });

  it.each([
    ['another workspace', cursorScope(`ws_${'b'.repeat(26)}`, PATH, QUERY)],
    ['another list', cursorScope(WORKSPACE_ID, '/v1/suppressions', QUERY)],
    ['another value of a filter', scopeOf({ ...QUERY, type: 'send' })],
    ['an additional filter', scopeOf({ ...QUERY, status: 'bounced' })],
    ['fewer filters', scopeOf({})],
  ])('is refused for %s', async (_title, scope) => {
    const { deps, cursor } = setUp();
    await expect(positionOf(deps, scope, await cursor())).rejects.toMatchObject(REFUSED);
  });

  it('is refused if any character is changed', async () => {
    const { deps, cursor } = setUp();
    const text = await cursor();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('A', 'z', '0', '-', '_', '=', '+', '/', ' ', 'é'),
        async (at, other) => {
          fc.pre(text[at] !== other);
          const changed = text.slice(0, at) + other + text.slice(at + 1);
          await expect(positionOf(deps, scopeOf(), changed)).rejects.toMatchObject(REFUSED);
        },
      ),
    );
  });

  it('is refused if it is any other text', async () => {
    const { deps } = setUp();
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(positionOf(deps, scopeOf(), text)).rejects.toMatchObject(REFUSED);
      }),
    );
  });

  it('does not reveal the row that it points to', async () => {
    const { cursor } = setUp();
    const decoded = Buffer.from(await cursor(), 'base64url').toString('latin1');
    expect(decoded).not.toContain('evt_a');
    expect(decoded).not.toContain('2026-02-25');
  });
});
