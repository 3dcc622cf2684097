import { describe, expect, it } from 'vitest';
import { RECOVER_KINDS, defaultRecoverSince, recoverCount } from '../../dashboard/text/recover-kinds.ts';
import { DEFAULT_MISSED_KINDS, MISSED_KINDS } from '../../lambdas/core/missed-kinds.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

describe('the default start of a recovery', () => {
  it.each([
    ['is 24 hours ago without a known failure', '2026-01-01T00:00:00Z', null, '2026-11-28T12:00:00.000Z'],
    [
      'is the creation of a newer endpoint',
      '2026-11-29T11:57:00Z',
      '2026-11-29T11:58:00Z',
      '2026-11-29T11:57:00.000Z',
    ],
    [
      'is 5 minutes before the first failed attempt',
      '2026-01-01T00:00:00Z',
      '2026-11-29T11:00:00Z',
      '2026-11-29T10:55:00.000Z',
    ],
    [
      'covers an outage of more than 24 hours',
      '2026-01-01T00:00:00Z',
      '2026-11-25T11:00:00Z',
      '2026-11-25T10:55:00.000Z',
    ],
  ])('%s', (_name, createdAt, failingSince, since) => {
    expect(defaultRecoverSince({ created_at: createdAt, failing_since: failingSince }, NOW)).toBe(since);
  });
});

describe('the kinds of a recovery', () => {
  const counts = { failed: 3, held: 2, paused: 1, never_sent: 12, before_created: 184 };

  it('are those of the API', () => {
    expect(RECOVER_KINDS).toEqual(MISSED_KINDS);
  });

  it('by default leave out the events that the endpoint was not meant to receive', () => {
    expect(recoverCount(counts, DEFAULT_MISSED_KINDS)).toBe(6);
    expect(recoverCount(counts, RECOVER_KINDS)).toBe(202);
  });
});
