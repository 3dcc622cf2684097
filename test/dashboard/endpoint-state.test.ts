import { describe, expect, it } from 'vitest';
import {
  endpointState,
  errorRateTone,
  failingFirst,
  heldDeliveriesText,
  missedEventsText,
} from '../../dashboard/text/endpoint-state.ts';

describe('the displayed state of an endpoint', () => {
  it.each([
    ['active', 'healthy', 'active'],
    ['active', 'failing', 'failing'],
    ['paused', 'failing', 'paused'],
    ['disabled', 'failing', 'disabled'],
  ] as const)('for status %s and health %s is %s', (status, health, state) => {
    expect(endpointState({ status, health })).toBe(state);
  });

  it('sorts failing endpoints first, then by error rate, and otherwise keeps their order', () => {
    const endpoint = (name: string, status: 'active' | 'paused', health: 'healthy' | 'failing') => ({
      name,
      status,
      health,
    });
    const endpoints = [
      endpoint('a', 'active', 'healthy'),
      endpoint('b', 'paused', 'failing'),
      endpoint('c', 'active', 'failing'),
      endpoint('d', 'active', 'healthy'),
      endpoint('e', 'active', 'failing'),
    ];
    expect(failingFirst(endpoints).map(({ name }) => name)).toEqual(['c', 'e', 'a', 'b', 'd']);
    const rates: Readonly<Record<string, number>> = { a: 0, b: 0.5, d: 0.2, e: 1 };
    const byRate = failingFirst(endpoints, ({ name }) => rates[name] ?? null);
    expect(byRate.map(({ name }) => name)).toEqual(['c', 'e', 'b', 'd', 'a']);
  });

  it.each([
    [null, 'sent'],
    [0, 'good'],
    [0.02, 'warn'],
    [0.1, 'warn'],
    [0.11, 'bad'],
  ])('colors an error rate of %j as %s', (rate, tone) => {
    expect(errorRateTone(rate)).toBe(tone);
  });
});

describe('counts', () => {
  it.each([
    [0, true, undefined],
    [1, true, '1 delivery held'],
    [42, true, '42 deliveries held'],
    [1_000, false, '1,000+ deliveries held'],
    [0, false, undefined],
  ])('shows %i held deliveries (exact: %s)', (held_count, held_count_exact, text) => {
    expect(heldDeliveriesText({ held_count, held_count_exact })).toBe(text);
  });

  it.each([
    [1, true, '1 event'],
    [120, false, 'at least 120 events'],
  ])('shows %i missed events (exact: %s)', (count, exact, text) => {
    expect(missedEventsText({ count, exact })).toBe(text);
  });
});
