import { describe, expect, it } from 'vitest';
import { endpointPast } from '../../lambdas/core/endpoint-past.ts';
import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../../lambdas/core/endpoints.ts';

type Filter = EndpointHistoryEntry['filter'];

const NARROW: Endpoint['events'] = ['bounced'];
const WIDE: Endpoint['events'] = ['*'];
const UNCHANGED = null;

/** An entry `minute` minutes after the epoch. Without `filter`, it is an entry of v0.1.0. */
function entry(minute: number, action: EndpointAction, filter?: Filter): EndpointHistoryEntry {
  const at = new Date(minute * 60_000).toISOString();
  return { id: `req_${minute}`, at, action, by: 'key_a', ...(filter !== undefined && { filter }) };
}

/** The periods as text, oldest first: `minute active|inactive filter`. `oldestFirst` is the history. */
function periods(
  oldestFirst: readonly EndpointHistoryEntry[],
  endpoint: Pick<Endpoint, 'status' | 'events'> = { status: 'active', events: NARROW },
  complete = true,
): readonly string[] {
  const past = endpointPast(endpoint, { history: oldestFirst.toReversed(), complete });
  return past.map(
    ({ fromMs, active, events }) =>
      `${fromMs / 60_000} ${active ? 'active' : 'inactive'} ${events?.join(' ') ?? 'unknown'}`,
  );
}

describe('the past of an endpoint', () => {
  it('without a history is its present state', () => {
    expect(periods([])).toEqual(['-Infinity active bounced']);
    expect(periods([], { status: 'paused', events: WIDE })).toEqual(['-Infinity inactive *']);
  });

  it('has the pauses and the times when the endpoint was disabled', () => {
    const history = [
      entry(1, 'created'),
      entry(2, 'paused', UNCHANGED),
      entry(3, 'resumed', UNCHANGED),
      entry(4, 'disabled'),
    ];
    expect(periods(history, { status: 'disabled', events: NARROW })).toEqual([
      '-Infinity active bounced',
      '1 active bounced',
      '2 inactive bounced',
      '3 active bounced',
      '4 inactive bounced',
    ]);
  });

  it('stays inactive if a disabled endpoint is paused', () => {
    const history = [entry(1, 'disabled'), entry(2, 'paused', UNCHANGED), entry(3, 'resumed', UNCHANGED)];
    expect(periods(history).slice(1)).toEqual([
      '1 inactive bounced',
      '2 inactive bounced',
      '3 active bounced',
    ]);
  });

  it.each([
    ['resumed', 'inactive'],
    ['paused', 'active'],
    ['disabled', 'active'],
  ] as const)('begins before an oldest entry %s as %s', (action, before) => {
    const status = action === 'resumed' ? 'active' : action;
    expect(periods([entry(1, action)], { status, events: NARROW })[0]).toBe(`-Infinity ${before} bounced`);
  });

  it.each(['failing', 'recovered', 'secret_rotated', 'secret_shown'] as const)(
    'does not change with an entry %s',
    (action) => {
      const paused = { status: 'paused', events: NARROW } as const;
      expect(periods([entry(1, 'paused', UNCHANGED), entry(2, action)], paused).slice(1)).toEqual([
        '1 inactive bounced',
        '2 inactive bounced',
      ]);
    },
  );

  it('has the filter of each time', () => {
    const history = [
      entry(1, 'created'),
      entry(2, 'updated', { before: WIDE, after: ['opened'] }),
      entry(3, 'updated', UNCHANGED),
      entry(4, 'paused', { before: ['opened'], after: NARROW }),
    ];
    expect(periods(history, { status: 'paused', events: NARROW })).toEqual([
      '-Infinity active *',
      '1 active *',
      '2 active opened',
      '3 active opened',
      '4 inactive bounced',
    ]);
  });

  it('does not know the filter before an updated entry of v0.1.0, until a newer entry names it', () => {
    const history = [
      entry(1, 'updated'),
      entry(2, 'updated'),
      entry(3, 'updated', { before: WIDE, after: NARROW }),
    ];
    expect(periods(history)).toEqual([
      '-Infinity active unknown',
      '1 active unknown',
      '2 active *',
      '3 active bounced',
    ]);
  });

  it.each(['paused', 'resumed'] as const)('knows the filter before an entry %s of v0.1.0', (action) => {
    expect(periods([entry(1, action)])[0]).toContain('bounced');
  });

  it('knows the filter before an unknown time if an older entry names it', () => {
    const history = [entry(1, 'updated', { before: WIDE, after: NARROW }), entry(2, 'updated')];
    expect(periods(history)).toEqual(['-Infinity active *', '1 active bounced', '2 active bounced']);
  });

  it('does not know the filter before the oldest entry if the history is not complete', () => {
    expect(periods([entry(1, 'secret_shown')], { status: 'active', events: WIDE }, false)).toEqual([
      '-Infinity active unknown',
      '1 active *',
    ]);
  });
});
