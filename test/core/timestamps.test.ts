import { describe, expect, it } from 'vitest';
import { expiresAtSeconds, formatTimestamp, sortableTimestamp } from '../../lambdas/core/timestamps.ts';

const DAY = 86_400;
const AT = Date.parse('2026-02-25T12:00:00Z');

describe('a timestamp', () => {
  it('has milliseconds only if they are not zero', () => {
    expect(formatTimestamp(AT)).toBe('2026-02-25T12:00:00Z');
    expect(formatTimestamp(AT + 7)).toBe('2026-02-25T12:00:00.007Z');
  });

  it('in a sort key sorts as text in the order of times', () => {
    expect(sortableTimestamp('2026-02-25T12:00:00Z')).toBe('2026-02-25T12:00:00.000Z');
    expect(sortableTimestamp('2026-02-25T12:00:00Z') < sortableTimestamp('2026-02-25T12:00:00.001Z')).toBe(
      true,
    );
  });
});

describe('a row expires', () => {
  it('after the retention from the time of its event, in whole seconds', () => {
    const event = { timestamp: '2026-02-25T12:00:00.900Z', receivedAtMs: AT, retentionDays: 90 };
    expect(expiresAtSeconds(event)).toBe(AT / 1000 + 90 * DAY);
  });

  it('no earlier than a week after its arrival, even if the event is old', () => {
    const event = { timestamp: '2020-01-01T00:00:00Z', receivedAtMs: AT, retentionDays: 90 };
    expect(expiresAtSeconds(event)).toBe(AT / 1000 + 7 * DAY);
  });
});
