import { describe, expect, it } from 'vitest';
import { MAX_CALLS, mergeRows, startWalk, type WalkPage } from '../../dashboard/state/log-walk.ts';

const LIMIT = 5;

/** A log whose page at cursor `n` contains `rowsAt(n)`. The log ends before cursor `end`. */
function setUp({
  rowsAt = () => [],
  end = Infinity,
}: { readonly rowsAt?: (cursor: number) => readonly string[]; readonly end?: number } = {}) {
  const requests: { cursor: string; limit: number; signal: AbortSignal }[] = [];
  const failures: Error[] = [];
  const pageAt = (cursor: number): WalkPage<string> => ({
    data: rowsAt(cursor),
    next_cursor: cursor + 1 < end ? String(cursor + 1) : null,
    searched_until: `until ${cursor}`,
  });
  const waits: (() => void)[] = [];
  const walk = startWalk<string>({
    first: pageAt(0),
    limit: LIMIT,
    load: async (cursor, limit, signal) => {
      requests.push({ cursor, limit, signal });
      await new Promise<void>((resolve) => waits.push(resolve));
      const failure = failures.shift();
      if (failure) throw failure;
      return pageAt(Number(cursor));
    },
  });
  return {
    walk,
    requests,
    failures,
    cursors: () => requests.map(({ cursor }) => Number(cursor)),
    /** Lets the requests in flight respond, `times` times. */
    respond: async (times = 1): Promise<void> => {
      for (let index = 0; index < times; index += 1) {
        for (const resume of waits.splice(0)) resume();
        // The walk continues after some microtasks.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

describe('the search that fills a page', () => {
  it('makes no request if the first page is full, or if the log ends', () => {
    const full = setUp({ rowsAt: () => ['a', 'b', 'c', 'd', 'e'] });
    const ended = setUp({ rowsAt: () => ['a'], end: 1 });
    for (const { walk, requests } of [full, ended]) {
      expect(walk.state()).toMatchObject({ phase: 'finished', calls: 1 });
      expect(requests).toEqual([]);
    }
  });

  it('continues with the cursor until the page is full, and asks only for the missing rows', async () => {
    const { walk, requests, respond } = setUp({ rowsAt: (cursor) => [`${cursor}a`, `${cursor}b`] });
    expect(walk.state()).toMatchObject({ phase: 'running', rows: ['0a', '0b'] });
    await respond(2);
    expect(requests.map(({ cursor, limit }) => [cursor, limit])).toEqual([
      ['1', 3],
      ['2', 1],
    ]);
    expect(walk.state()).toMatchObject({
      phase: 'finished',
      rows: ['0a', '0b', '1a', '1b', '2a', '2b'],
      nextCursor: '3',
      calls: 3,
    });
  });

  it('continues over empty pages to the end of the log, and reports how far it has looked', async () => {
    const { walk, respond } = setUp({ rowsAt: (cursor) => (cursor === 3 ? ['x'] : []), end: 5 });
    const seen: (string | null)[] = [];
    walk.subscribe(() => seen.push(walk.state().searchedUntil));
    await respond(4);
    expect(walk.state()).toMatchObject({ phase: 'finished', rows: ['x'], nextCursor: null });
    expect([...new Set(seen)]).toEqual(['until 1', 'until 2', 'until 3', 'until 4']);
  });

  it('pauses after 10 requests, the first page included, and continues for 10 more', async () => {
    const { walk, cursors, respond } = setUp();
    await respond(20);
    expect(MAX_CALLS).toBe(10);
    expect(walk.state()).toMatchObject({ phase: 'paused', calls: 10 });
    expect(cursors()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    walk.resume();
    expect(walk.state().phase).toBe('running');
    await respond(20);
    expect(walk.state()).toMatchObject({ phase: 'paused', calls: 20 });
    expect(cursors()).toHaveLength(19);
  });

  it('stops at once, ignores the canceled response, and repeats the canceled request when it continues', async () => {
    const { walk, requests, cursors, respond } = setUp({ rowsAt: (cursor) => [String(cursor)], end: 4 });
    await respond();
    walk.stop();
    expect(requests.at(-1)?.signal.aborted).toBe(true);
    await respond(3);
    expect(walk.state()).toMatchObject({ phase: 'stopped', rows: ['0', '1'] });
    walk.resume();
    await respond(3);
    expect(walk.state()).toMatchObject({ phase: 'finished', rows: ['0', '1', '2', '3'] });
    expect(cursors()).toEqual([1, 2, 2, 3]);
  });

  it('keeps its rows when a request fails, and can continue', async () => {
    const { walk, failures, respond } = setUp({ rowsAt: (cursor) => [String(cursor)], end: 3 });
    failures.push(new Error('down'));
    await respond();
    expect(walk.state()).toMatchObject({ phase: 'failed', rows: ['0'], error: new Error('down') });
    walk.resume();
    await respond(2);
    expect(walk.state()).toMatchObject({ phase: 'finished', rows: ['0', '1', '2'] });
  });

  it('does nothing when a finished search is stopped or continued', async () => {
    const { walk, requests, respond } = setUp({ end: 1 });
    walk.stop();
    walk.resume();
    await respond();
    expect(walk.state().phase).toBe('finished');
    expect(requests).toEqual([]);
  });

  it('no longer calls a listener whose subscription ended', async () => {
    const { walk, respond } = setUp();
    let calls = 0;
    const unsubscribe = walk.subscribe(() => {
      calls += 1;
    });
    await respond();
    unsubscribe();
    const before = calls;
    await respond();
    expect([before > 0, calls]).toEqual([true, before]);
  });
});

it('puts new rows first, and replaces a row that changed', () => {
  const row = (id: string, status: string) => ({ id, status });
  expect(
    mergeRows([row('b', 'bounced'), row('a', 'sent')], [row('a', 'old'), row('z', 'sent')], ({ id }) => id),
  ).toEqual([row('b', 'bounced'), row('a', 'sent'), row('z', 'sent')]);
});
