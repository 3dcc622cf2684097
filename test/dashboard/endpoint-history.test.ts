import { describe, expect, it } from 'vitest';
import type { EndpointHistoryEntry } from '../../dashboard/api/types.ts';
import { ACTION_TEXT, actorText, foldOutages } from '../../dashboard/text/endpoint-history.ts';
import { ENDPOINT_ACTIONS } from '../../lambdas/core/endpoints.ts';

const at = (minute: number): string => `2026-11-29T01:${String(minute).padStart(2, '0')}:00Z`;

function entry(
  minute: number,
  action: EndpointHistoryEntry['action'],
  reason: string | null = null,
): EndpointHistoryEntry {
  return { at: at(minute), action, by: 'ivymail', by_name: null, reason };
}

/** A short form of the rows: outages with their fields, changes with their action. */
function rowsOf(...oldestFirst: EndpointHistoryEntry[]): unknown[] {
  return foldOutages(oldestFirst.toReversed()).map((row) =>
    row.kind === 'outage' ? [row.since, row.until, row.failedAttempts] : row.entry.action,
  );
}

describe('the history of an endpoint', () => {
  it('shows an outage as one row, from its first failed attempt to its end', () => {
    expect(
      rowsOf(
        entry(0, 'created'),
        entry(5, 'failing', '10 consecutive failed attempts; new deliveries are held'),
        entry(
          49,
          'recovered',
          `The receiver accepted a webhook again, after 72 failed attempts since ${at(4)}`,
        ),
      ),
    ).toEqual([[at(4), at(49), 72], 'created']);
  });

  it('shows an outage that has not ended first, with the failures known so far', () => {
    expect(
      rowsOf(
        entry(0, 'created'),
        entry(5, 'failing', `3 consecutive failed attempts since ${at(3)}`),
        entry(9, 'paused'),
      ),
    ).toEqual([[at(3), null, 3], 'paused', 'created']);
  });

  it('shows repeated entries about the same failures as one outage', () => {
    const failing = (minute: number, count: number) =>
      entry(minute, 'failing', `${count} consecutive failed attempts; new deliveries are held`);
    expect(
      rowsOf(failing(1, 10), failing(2, 11), failing(3, 12), entry(4, 'recovered', 'The receiver accepted')),
    ).toEqual([[at(1), at(4), 12]]);
  });

  it('shows two outages as two rows, newest first', () => {
    expect(
      rowsOf(entry(1, 'failing'), entry(2, 'recovered'), entry(3, 'failing'), entry(4, 'recovered')),
    ).toEqual([
      [at(3), at(4), null],
      [at(1), at(2), null],
    ]);
  });

  it.each([
    ['resumed', null],
    ['updated', 'url changed, no longer counted as failing'],
  ] as const)('ends an outage with the change %s, and shows that change too', (action, reason) => {
    expect(rowsOf(entry(1, 'failing'), entry(7, action, reason))).toEqual([action, [at(1), at(7), null]]);
  });

  it('continues an outage over a change that does not affect the health', () => {
    expect(rowsOf(entry(1, 'failing'), entry(2, 'secret_rotated'), entry(3, 'recovered'))).toEqual([
      [at(1), at(3), null],
      'secret_rotated',
    ]);
  });

  it('shows the end of an outage whose start is on an older page', () => {
    expect(rowsOf(entry(3, 'recovered', `after 5 failed attempts since ${at(0)}`))).toEqual([
      [at(0), at(3), 5],
    ]);
    expect(rowsOf(entry(3, 'recovered'))).toEqual(['recovered']);
  });

  it('names every action in words', () => {
    for (const action of ENDPOINT_ACTIONS) expect(ACTION_TEXT[action]).toMatch(/^[A-Z][a-z ]+$/);
  });

  it.each([
    [{ by: 'key_a', by_name: 'Operations' }, 'Operations'],
    [{ by: 'key_a', by_name: null }, 'key_a'],
    [{ by: 'ivymail', by_name: null }, 'automatic'],
  ])('shows who made a change: %j is %s', (actor, text) => {
    expect(actorText(actor)).toBe(text);
  });
});
