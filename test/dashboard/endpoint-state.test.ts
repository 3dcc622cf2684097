import { describe, expect, it } from 'vitest';
import {
  endpointState,
  failingFirst,
  heldDeliveriesText,
  missedEventsText,
} from '../../dashboard/text/endpoint-state.ts';

describe('the state of an endpoint', () => {
  it.each([
    ['active', 'healthy', 'active'],
    ['active', 'failing', 'failing'],
    ['paused', 'failing', 'paused'],
    ['disabled', 'failing', 'disabled'],
  ] as const)('of one that is %s and %s is %s', (status, health, state) => {
    expect(endpointState({ status, health })).toBe(state);
  });

  it('puts failing endpoints first, and leaves the others in their order', () => {
    const of = (name: string, status: 'active' | 'paused', health: 'healthy' | 'failing') => ({
      name,
      status,
      health,
    });
    const all = [
      of('a', 'active', 'healthy'),
      of('b', 'paused', 'failing'),
      of('c', 'active', 'failing'),
      of('d', 'active', 'healthy'),
      of('e', 'active', 'failing'),
    ];
    expect(failingFirst(all).map(({ name }) => name)).toEqual(['c', 'e', 'a', 'b', 'd']);
  });
});

describe('numbers', () => {
  it.each([
    [0, true, undefined],
    [1, true, '1 delivery held'],
    [42, true, '42 deliveries held'],
    [1_000, false, '1,000+ deliveries held'],
    [0, false, undefined],
  ])('of %i held deliveries, exact: %s', (held_count, held_count_exact, text) => {
    expect(heldDeliveriesText({ held_count, held_count_exact })).toBe(text);
  });

  it.each([
    [1, true, '1 event'],
    [120, false, 'more than 120 events'],
  ])('of %i missed events, exact: %s', (count, exact, text) => {
    expect(missedEventsText({ count, exact })).toBe(text);
  });
});
