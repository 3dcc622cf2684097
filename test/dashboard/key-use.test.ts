import { describe, expect, it } from 'vitest';
import { lastUsedText, revokeAdvice } from '../../dashboard/text/key-use.ts';

const NOW = Date.parse('2026-11-29T12:00:00Z');

describe('the last use of an API key', () => {
  it.each([
    [null, 'Never'],
    ['2026-11-29T11:59:59Z', 'Within the last hour'],
    ['2026-11-29T11:00:01Z', 'Within the last hour'],
    ['2026-11-29T11:00:00Z', '1 hour ago'],
    ['2026-11-28T12:00:01Z', '23 hours ago'],
    ['2026-11-28T12:00:00Z', '1 day ago'],
    ['2026-11-26T09:00:00Z', '3 days ago'],
  ])('of a key with the stored time %s is shown as: %s', (lastUsedAt, text) => {
    expect(lastUsedText({ last_used_at: lastUsedAt }, NOW)).toBe(text);
  });

  it('decides which advice the user gets before a revocation', () => {
    const advice = (lastUsedAt: string | null) => revokeAdvice({ last_used_at: lastUsedAt }, NOW);
    expect(advice(null)).toContain('never used');
    expect(advice('2026-11-29T08:00:00Z')).toContain('in use');
    expect(advice('2026-11-26T09:00:00Z')).toContain('Last used 3 days ago');
  });
});
