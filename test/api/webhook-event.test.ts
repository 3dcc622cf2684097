/** Compares the webhook body in the OpenAPI document with the bodies that the code writes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DELIVERED_EVENTS, webhookEventJson } from '../../lambdas/api/schemas/events.ts';
import type { EventDetails } from '../../lambdas/core/events.ts';
import { REPUTATION_EVENTS } from '../../lambdas/core/reputation/event-names.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { sampleEvent } from '../../lambdas/core/sample-events.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { WORKSPACE_ID, aReputationEvent, anEvent } from '../../sim/builders/events.ts';
import { randomSesEvents } from '../../sim/ses/random-events.ts';
import { LEGACY_SAMPLES, SAMPLES } from '../../sim/ses/samples.ts';

type Json = Readonly<Record<string, unknown>>;

/** The webhook bodies of an SES event. Events of type `unknown` are never delivered. */
function bodiesOf(ses: object): readonly Json[] {
  return normalize({ ...ses })
    .events.filter(({ event }) => event !== 'unknown')
    .map((event) => JSON.parse(webhookPayload({ ...event, workspace_id: WORKSPACE_ID })) as Json);
}

const identity = {
  event_id: 'evt_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  message_id: 'ivm_kq7zq5h3m2x4c6v7b2n3m4a5s6',
  workspace_id: WORKSPACE_ID,
  timestamp: '2026-02-25T12:00:00Z',
};
const testEvents = DELIVERED_EVENTS.map(
  (event) => JSON.parse(webhookPayload(sampleEvent(event, identity))) as Json,
);
const samples = [...Object.values(SAMPLES), ...Object.values(LEGACY_SAMPLES)] as readonly object[];
/** Events that the API writes without Amazon SES, and fields that no sample contains. */
const apiEvents = [
  { event: 'failed', details: { error_code: 'quota_exceeded', error_message: 'Daily quota exceeded' } },
  { event: 'suppressed', details: { suppression_reason: 'manual' } },
  { event: 'opened', details: { automated: true } },
  { event: 'clicked', details: { automated: true } },
  { event: 'unsubscribed', details: { contact_list: 'News', topics: [], unsubscribe_all: true } },
] as const satisfies readonly { readonly event: string; readonly details: EventDetails }[];
const reputationEvents = REPUTATION_EVENTS.flatMap((name) => [
  aReputationEvent(name),
  aReputationEvent(name, { configurationSet: 'newsletter' }),
]);
const bodies = [
  ...testEvents,
  ...reputationEvents.map((event) => JSON.parse(webhookPayload(event)) as Json),
  ...samples.flatMap(bodiesOf),
  ...randomSesEvents({ seed: 7, count: 2_000 }).flatMap(bodiesOf),
  ...apiEvents.map(
    (changes) => JSON.parse(webhookPayload(anEvent({ ...changes, tags: [['a', 'b']] }))) as Json,
  ),
];

describe('the webhook body in the OpenAPI document', () => {
  it('accepts every body that the code writes', () => {
    expect(bodies.length).toBeGreaterThan(2_000);
    for (const body of bodies)
      expect([body, webhookEventJson.safeParse(body).error?.issues]).toEqual([body, undefined]);
  });

  it.each(DELIVERED_EVENTS)('describes only fields that occur in bodies: %s', (event) => {
    const shape = webhookEventJson.def.options.find(({ shape: each }) => each.event.def.values[0] === event)
      ?.shape as object;
    const seen = new Set(bodies.filter((body) => body['event'] === event).flatMap(Object.keys));
    expect(Object.keys(shape).filter((field) => field !== 'tags' && !seen.has(field))).toEqual([]);
  });

  it('accepts the bodies of SES events with missing fields', () => {
    const aSample = fc.constantFrom(...samples).chain((sample) => {
      const paths = Object.entries(sample).flatMap(([part, value]: [string, unknown]) =>
        typeof value === 'object' && value !== null
          ? Object.keys(value).map((field) => [part, field] as const)
          : [],
      );
      return fc.subarray(paths, { maxLength: 3 }).map((removed) => {
        const copy = structuredClone(sample) as Record<string, Record<string, unknown>>;
        for (const [part, field] of removed) delete copy[part]?.[field];
        return copy;
      });
    });
    let sent = 0;
    fc.assert(
      fc.property(aSample, (ses) => {
        let eventBodies: readonly Json[] = [];
        try {
          eventBodies = bodiesOf(ses);
        } catch {
          // Ingest quarantines an event without a message id or a sender.
          return;
        }
        sent += eventBodies.length;
        for (const body of eventBodies)
          expect([body, webhookEventJson.safeParse(body).error?.issues]).toEqual([body, undefined]);
      }),
      { numRuns: 500 },
    );
    expect(sent).toBeGreaterThan(50);
  });
});
