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
const PREV: Position = { key: '2026-02-25T12:05:00Z#evt_b', direction: 'prev' };
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
  it('that is whole has null at both ends, and needs no key', async () => {
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
    ['prev', { prev: PREV }, [null, expect.any(String)]],
    ['next and prev', { next: NEXT, prev: PREV }, [expect.any(String), expect.any(String)]],
  ])('that goes on to %s has a cursor there only', async (_title, ends, cursors) => {
    const { list } = setUp();
    const { next_cursor: next, prev_cursor: prev } = await list({ items: ['a'], ...ends });
    expect([next, prev]).toEqual(cursors);
  });
});

describe('a cursor', () => {
  it.each([NEXT, PREV])('leads to where it was made for: %j', async (position) => {
    const { deps, cursor } = setUp();
    expect(await positionOf(deps, scopeOf(), await cursor(position))).toEqual(position);
  });

  it('that is not given leads nowhere, and needs no key', async () => {
    const { deps, reads } = setUp();
    expect(await positionOf(deps, scopeOf(), undefined)).toBeUndefined();
    expect(reads()).toBe(0);
  });

  it('stays good when the page is of another size', async () => {
    const { deps, cursor } = setUp();
    const scope = scopeOf({ ...QUERY, limit: 5, cursor: 'x' });
    expect(await positionOf(deps, scope, await cursor())).toEqual(NEXT);
  });

  it.each([
    ['another workspace', cursorScope(`ws_${'b'.repeat(26)}`, PATH, QUERY)],
    ['another list', cursorScope(WORKSPACE_ID, '/v1/suppressions', QUERY)],
    ['another value of a filter', scopeOf({ ...QUERY, type: 'send' })],
    ['a filter more', scopeOf({ ...QUERY, status: 'bounced' })],
    ['a filter less', scopeOf({})],
  ])('is refused for %s', async (_title, scope) => {
    const { deps, cursor } = setUp();
    await expect(positionOf(deps, scope, await cursor())).rejects.toMatchObject(REFUSED);
  });

  it('is refused with any one character changed', async () => {
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

  it('is refused as any text that is none', async () => {
    const { deps } = setUp();
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        await expect(positionOf(deps, scopeOf(), text)).rejects.toMatchObject(REFUSED);
      }),
    );
  });

  it('tells nothing of the row it stands at', async () => {
    const { cursor } = setUp();
    const decoded = Buffer.from(await cursor(), 'base64url').toString('latin1');
    expect(decoded).not.toContain('evt_a');
    expect(decoded).not.toContain('2026-02-25');
  });
});
