import { describe, expect, it } from 'vitest';
import {
  endpointState,
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

  it('sorts failing endpoints first and keeps the order of the others', () => {
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
