import { describe, expect, it } from 'vitest';
import type { DeliveryStatus } from '../../lambdas/core/deliveries.ts';
import type { EndpointPast, EndpointPeriod } from '../../lambdas/core/endpoint-past.ts';
import type { EventName } from '../../lambdas/core/events.ts';
import { FIRST_ATTEMPT_WITHIN_MS, missedKind, type DeliveryState } from '../../lambdas/core/missed-kinds.ts';

const CREATED_MS = 1_000_000;
const CHANGED_MS = 10_000_000;

const ACTIVE: Omit<EndpointPeriod, 'fromMs'> = { active: true, events: ['bounced'] };
const INACTIVE = { ...ACTIVE, active: false };
const WITHOUT_BOUNCES = { ...ACTIVE, events: ['delivered'] as const };
const ALL_EVENTS = { ...ACTIVE, events: ['*'] as const };
const UNKNOWN_FILTER = { active: true };

/** The first period, and the periods that begin at CHANGED_MS and later. */
function past(first: typeof UNKNOWN_FILTER, ...later: readonly EndpointPeriod[]): EndpointPast {
  return [{ fromMs: -Infinity, ...first }, ...later];
}

const changed = (state: typeof UNKNOWN_FILTER, fromMs = CHANGED_MS): EndpointPeriod => ({ fromMs, ...state });

function kindAt(
  atMs: number,
  periods: EndpointPast,
  { delivery, name = 'bounced' }: { readonly delivery?: DeliveryState; readonly name?: EventName } = {},
) {
  return missedKind(
    { name, atMs, ...(delivery && { delivery }) },
    { createdAtMs: CREATED_MS, past: periods },
  );
}

describe('the kind of an event with a delivery', () => {
  it.each<[DeliveryStatus, string | undefined]>([
    ['pending', undefined],
    ['retrying', undefined],
    ['delivered', undefined],
    ['exhausted', 'failed'],
    ['blocked', 'failed'],
    ['cancelled', 'failed'],
    ['held', 'held'],
  ])('that is %s is %s', (status, kind) => {
    expect(kindAt(CHANGED_MS, past(ACTIVE), { delivery: { status, overdue: false } })).toBe(kind);
  });

  it.each(['pending', 'retrying'] as const)('that is %s is failed if an attempt is overdue', (status) => {
    expect(kindAt(CHANGED_MS, past(ACTIVE), { delivery: { status, overdue: true } })).toBe('failed');
  });

  it.each([
    ['the event is older than the endpoint', 0, past(ACTIVE)],
    ['the endpoint was paused', CHANGED_MS, past(ACTIVE, changed(INACTIVE))],
    ['the filter did not include the event', CHANGED_MS, past(WITHOUT_BOUNCES)],
  ])('depends only on the delivery, also if %s', (_case, atMs, periods) => {
    expect(kindAt(atMs, periods, { delivery: { status: 'exhausted', overdue: false } })).toBe('failed');
    expect(kindAt(atMs, periods, { delivery: { status: 'pending', overdue: false } })).toBeUndefined();
  });
});

describe('the kind of an event without a delivery', () => {
  it.each([
    ['before the endpoint was created', CREATED_MS - 1, 'before_created'],
    ['when the endpoint was created', CREATED_MS, 'failed'],
  ])('that arrived %s (%i) is %s', (_case, atMs, kind) => {
    expect(kindAt(atMs, past(ACTIVE))).toBe(kind);
  });

  it.each([
    ['includes', ACTIVE, 'failed'],
    ['includes, among all events', ALL_EVENTS, 'failed'],
    ['does not include', WITHOUT_BOUNCES, 'never_sent'],
  ])('that the filter of that time %s is %s', (_case, state, kind) => {
    expect(kindAt(CHANGED_MS, past(state))).toBe(kind);
  });

  it('is never_sent if the filter of that time is unknown', () => {
    expect(kindAt(CHANGED_MS, past(UNKNOWN_FILTER))).toBe('never_sent');
    expect(kindAt(CHANGED_MS, past({ active: false }))).toBe('never_sent');
  });

  it('is never_sent for the event `unknown`, which no filter includes', () => {
    expect(kindAt(CHANGED_MS, past(ALL_EVENTS), { name: 'unknown' })).toBe('never_sent');
  });

  it.each([
    ['just before the filter included the event', CHANGED_MS - 1, WITHOUT_BOUNCES, ACTIVE, 'never_sent'],
    ['when the filter included the event', CHANGED_MS, WITHOUT_BOUNCES, ACTIVE, 'failed'],
    ['just before the filter excluded the event', CHANGED_MS - 1, ACTIVE, WITHOUT_BOUNCES, 'failed'],
    ['when the filter excluded the event', CHANGED_MS, ACTIVE, WITHOUT_BOUNCES, 'never_sent'],
  ])('that arrived %s has the filter of its own time', (_case, atMs, before, after, kind) => {
    expect(kindAt(atMs, past(before, changed(after)))).toBe(kind);
  });

  it('is never_sent if the filter left the event out, also during a pause', () => {
    const periods = past(WITHOUT_BOUNCES, changed({ ...WITHOUT_BOUNCES, active: false }));
    expect(kindAt(CHANGED_MS, periods)).toBe('never_sent');
  });

  const RESUMED_MS = CHANGED_MS + 60_000;
  const PAUSE = past(ACTIVE, changed(INACTIVE), changed(ACTIVE, RESUMED_MS));
  it.each([
    ['earlier than five minutes before a pause', CHANGED_MS - FIRST_ATTEMPT_WITHIN_MS - 1, 'failed'],
    ['five minutes before a pause', CHANGED_MS - FIRST_ATTEMPT_WITHIN_MS, 'paused'],
    ['when the pause began', CHANGED_MS, 'paused'],
    ['just before the resume', RESUMED_MS - 1, 'paused'],
    ['when the endpoint was resumed', RESUMED_MS, 'failed'],
  ])('that arrived %s (%i) is %s', (_case, atMs, kind) => {
    expect(kindAt(atMs, PAUSE)).toBe(kind);
  });

  it('is paused while a pause lasts', () => {
    expect(kindAt(CHANGED_MS * 100, past(ACTIVE, changed(INACTIVE)))).toBe('paused');
    expect(kindAt(CHANGED_MS, past(INACTIVE))).toBe('paused');
  });
});
