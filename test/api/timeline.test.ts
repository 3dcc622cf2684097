import { describe, expect, it } from 'vitest';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { deliveryId, deterministicId } from '../../lambdas/core/ids.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { storeAttempt } from '../../sim/builders/deliveries.ts';
import { aClaim, putEndpoint } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const RETENTION = { retentionDays: 90, receivedAtMs: NOW_MS };
const MESSAGE = 'message/with spaces & ü';

function event(name: EmailEvent['event'], minute: number, changes: Partial<EmailEvent> = {}): EmailEvent {
  return anEvent({
    event: name,
    message_id: MESSAGE,
    timestamp: `2026-02-25T12:${String(minute).padStart(2, '0')}:00Z`,
    details: {},
    ...changes,
  });
}

async function setUpTimeline() {
  const api = setUpApi();
  const store = (events: readonly EmailEvent[], raw?: object) =>
    putRows(api.table, eventRows(events, RETENTION, raw && JSON.stringify(raw)));
  const timeline = (query: Record<string, string> = {}, workspaceId?: string) =>
    api.sendRequest({
      path: `/v1/send/logs/${encodeURIComponent(MESSAGE)}`,
      query,
      ...(workspaceId !== undefined && { workspaceId }),
    });
  return { ...api, store, timeline };
}

describe('the timeline of a message', () => {
  it('returns the status and the events of each recipient, oldest first', async () => {
    const { store, timeline } = await setUpTimeline();
    const bob = { to: 'bob@example.com' };
    await store([event('sent', 0), event('sent', 0, bob)]);
    await store([event('bounced', 2, bob)]);
    await store([event('delivered', 1)]);
    const { status, body } = await timeline();
    expect(status).toBe(200);
    expect(body).toMatchObject({
      message_id: MESSAGE,
      from: 'you@yourdomain.com',
      subject: 'Hello',
      truncated: false,
      deliveries: [],
    });
    const response = body.recipients.map(
      (each: { to: string; status: string; events: { status: string }[] }) => [
        each.to,
        each.status,
        each.events.map((entry) => entry.status).join(' '),
      ],
    );
    expect(response).toEqual(
      expect.arrayContaining([
        ['invalid@example.com', 'delivered', 'sent delivered'],
        ['bob@example.com', 'bounced', 'sent bounced'],
      ]),
    );
    expect(body).not.toHaveProperty('raw_events');
  });

  it('returns the webhook deliveries of its events', async () => {
    const { store, timeline, table } = await setUpTimeline();
    const delivered = event('delivered', 1);
    await store([delivered]);
    const task = aTask(delivered, anEndpoint());
    const claim = { task, stored: { event: delivered, ttl: 1 }, execution: 'x', nowMs: NOW_MS };
    await storeAttempt(table, claim, { status: 'exhausted' });
    expect((await timeline()).body.deliveries).toMatchObject([
      { event_id: delivered.event_id, status: 'exhausted', attempt_count: 1, event: 'delivered' },
    ]);
  });

  it('returns a webhook delivery whose first attempt is in progress as pending', async () => {
    const { store, timeline, table } = await setUpTimeline();
    const endpoint = anEndpoint();
    await putEndpoint(table, endpoint);
    const delivered = event('delivered', 1);
    await store([delivered]);
    await putRows(table, [aClaim(delivered, endpoint, { nowMs: NOW_MS })]);
    const { body } = await timeline();
    expect(body.deliveries).toEqual([
      {
        id: deliveryId(delivered.event_id, endpoint.id),
        event_id: delivered.event_id,
        endpoint_id: endpoint.id,
        message_id: MESSAGE,
        event: 'delivered',
        to: delivered.to,
        status: 'pending',
        attempt_count: 0,
        next_attempt_at: null,
        event_timestamp: delivered.timestamp,
        created_at: '2026-02-25T12:00:00Z',
        completed_at: null,
        test: false,
      },
    ]);
    expect(body.truncated).toBe(false);
  });

  it('returns each raw SES event once, with the ids of the events made from it', async () => {
    const { store, timeline } = await setUpTimeline();
    const bob = { to: 'bob@example.com' };
    const shared = [event('sent', 0), event('sent', 0, bob)];
    await store(shared, { eventType: 'Send', mail: { n: 1 } });
    await store([event('delivered', 1)], { eventType: 'Delivery' });
    await store([event('failed', 2)]);
    const { body } = await timeline({ raw: 'true' });
    const ids = shared.map((each) => each.event_id);
    expect(body.raw_events).toHaveLength(2);
    expect(body.raw_events).toEqual(
      expect.arrayContaining([
        {
          event_ids: expect.arrayContaining(ids),
          raw: { eventType: 'Send', mail: { n: 1 } },
        },
        { event_ids: [event('delivered', 1).event_id], raw: { eventType: 'Delivery' } },
      ]),
    );
    expect((await timeline({ raw: 'false' })).body).not.toHaveProperty('raw_events');
  });

  it('is truncated after 500 events, but keeps the last ones, and is marked as truncated', async () => {
    const { store, timeline } = await setUpTimeline();
    await store([event('delivered', 0)]);
    for (let number = 0; number < 500; number += 1) {
      const opened = event('opened', 1, { details: { ip: `192.0.2.${number}` } });
      await store([{ ...opened, event_id: deterministicId('evt', [String(number)]) }]);
    }
    // This event is after the first 500.
    await store([event('complained', 59)]);
    const { body } = await timeline();
    expect(body.truncated).toBe(true);
    const { events, status } = body.recipients[0];
    expect(events.length).toBeLessThan(501 + 100);
    expect(events[0].status).toBe('delivered');
    expect(events.at(-1).status).toBe('complained');
    expect(status).toBe('complained');
  });

  it('omits raw events that do not fit in the response, and is marked as truncated', async () => {
    const { store, timeline } = await setUpTimeline();
    for (const number of [1, 2, 3]) {
      await store([event('sent', number), event('sent', number, { to: 'bob@example.com' })], {
        filler: `${number}`.repeat(1_900_000),
      });
    }
    const response = await timeline({ raw: 'true' });
    expect(response.body.truncated).toBe(true);
    expect(response.body.raw_events).toHaveLength(1);
    expect(response.text.length).toBeLessThan(6_000_000);
  });

  it('measures raw events as Lambda encodes them: a quotation mark takes more than one byte', async () => {
    const { store, timeline } = await setUpTimeline();
    await store([event('sent', 1), event('sent', 1, { to: 'bob@example.com' })], {
      filler: '"'.repeat(1_000_000),
    });
    const response = await timeline({ raw: 'true' });
    expect(response.body).toMatchObject({ truncated: true, raw_events: [] });
  });

  it('returns the same 404 for the message of another workspace as for an unknown message', async () => {
    const { store, timeline, sendRequest } = await setUpTimeline();
    await store([event('sent', 0)]);
    const foreign = await timeline({}, deterministicId('ws', ['other']));
    const unknown = await sendRequest({ path: '/v1/send/logs/nothing' });
    expect(foreign).toMatchObject({ status: 404, body: unknown.body });
  });

  it.each(['x'.repeat(257), '%00', 'a%0Ab'])('returns 404 for the message id %s', async (name) => {
    expect((await setUpApi().sendRequest({ path: `/v1/send/logs/${name}` })).status).toBe(404);
  });

  it('refuses raw=maybe, and the error names the parameter', async () => {
    expect(await (await setUpTimeline()).timeline({ raw: 'maybe' })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'raw' } },
    });
  });
});
