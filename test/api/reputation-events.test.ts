import { describe, expect, it } from 'vitest';
import { deliveryId } from '../../lambdas/core/ids.ts';
import { REPUTATION_EVENTS } from '../../lambdas/core/reputation/event-names.ts';
import { webhookPayload } from '../../lambdas/delivery/payload.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { reputationEventRow } from '../../lambdas/store/reputation-events.ts';
import { aReputationEvent, aTask, anEndpoint } from '../../sim/builders/events.ts';
import { storeAttempt } from '../../sim/builders/deliveries.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { NOW_MS, setUpApi } from './harness.ts';

const event = aReputationEvent('reputation.paused', { configurationSet: 'newsletter' });
const endpoint = anEndpoint({ events: ['reputation.paused'] });
const ID = deliveryId(event.event_id, endpoint.id);

/** A stored reputation event, and its delivery, which succeeded at the first attempt. */
async function withDelivery() {
  const api = setUpApi();
  await putEndpoint(api.table, endpoint);
  const row = reputationEventRow(event, 90);
  await putRows(api.table, [row]);
  const stored = { event, ttl: Number(row['ttl']) };
  const claim = { task: aTask(event, endpoint), stored, execution: 'one', nowMs: NOW_MS };
  await storeAttempt(api.table, claim, { status: 'delivered' });
  return api;
}

describe('the delivery of a reputation event', () => {
  it('is shown with its payload, without a recipient', async () => {
    const { sendRequest } = await withDelivery();
    const { body } = await sendRequest({ path: `/v1/deliveries/${ID}` });
    expect(body).toMatchObject({ event: 'reputation.paused', to: null, status: 'delivered' });
    expect(body.payload).toEqual(JSON.parse(webhookPayload(event)));
  });

  it('is in the list of its endpoint', async () => {
    const { sendRequest } = await withDelivery();
    const { body } = await sendRequest({ path: `/v1/webhooks/${endpoint.id}/deliveries` });
    expect(body.data).toEqual([expect.objectContaining({ id: ID, message_id: event.message_id })]);
  });

  it('can be redelivered', async () => {
    const { sendRequest, table } = await withDelivery();
    const { status } = await sendRequest({ method: 'POST', path: `/v1/deliveries/${ID}/redeliver` });
    expect(status).toBe(202);
    const command = [...table.rows.values()].find((row) => row['command'] === 'redeliver');
    expect(command?.['task']).toMatchObject({ event_id: event.event_id, message_id: event.message_id });
  });
});

describe('a reputation event', () => {
  it.each([
    '/v1/send/logs',
    `/v1/send/logs?message_id=${event.message_id}`,
    '/v1/messages',
    `/v1/messages?q=${event.message_id}`,
    '/v1/send/logs?q=reputation',
  ])('is not in %s', async (path) => {
    const { sendRequest } = await withDelivery();
    const [pathname = '', search] = path.split('?');
    const query = Object.fromEntries(new URLSearchParams(search));
    const { status, body } = await sendRequest({ path: pathname, query });
    expect([status, body.data]).toEqual([200, []]);
  });

  it('has no timeline, because it is about no message', async () => {
    const { sendRequest } = await withDelivery();
    const { status } = await sendRequest({ path: `/v1/send/logs/${event.message_id}` });
    expect(status).toBe(404);
  });

  it.each(REPUTATION_EVENTS)('is no status by which the log can be filtered: %s', async (name) => {
    const { sendRequest } = setUpApi();
    const { status, body } = await sendRequest({ path: '/v1/send/logs', query: { status: name } });
    expect([status, body.error.field]).toEqual([400, 'status']);
  });
});

describe('the events of an endpoint', () => {
  const url = 'https://example.com/hooks';

  it.each([
    [['reputation.paused']],
    [['bounced', 'reputation.warning', 'reputation.resumed']],
    [['*', 'reputation.warning']],
  ])('can be %j', async (events) => {
    const { sendRequest } = setUpApi();
    const created = await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url, events } });
    expect([created.status, created.body.events]).toEqual([201, events]);
    const path = `/v1/webhooks/${created.body.id}`;
    await sendRequest({ method: 'PATCH', path, body: { events: ['delivered'] } });
    const changed = await sendRequest({ method: 'PATCH', path, body: { events } });
    expect([changed.status, changed.body.events]).toEqual([200, events]);
  });

  it.each([[['*', 'bounced']], [['reputation.ok']], [['reputation.*']]])('cannot be %j', async (events) => {
    const { sendRequest } = setUpApi();
    const { status, body } = await sendRequest({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url, events },
    });
    expect([status, body.error.field]).toEqual([422, expect.stringMatching(/^events/)]);
  });

  it('contain no reputation event by default', async () => {
    const { sendRequest } = setUpApi();
    const { body } = await sendRequest({ method: 'POST', path: '/v1/webhooks', body: { url } });
    expect(body.events.filter((name: string) => name.startsWith('reputation.'))).toEqual([]);
  });
});

describe('POST /v1/webhooks/{id}/test', () => {
  /** Sends a test event to an endpoint that names one reputation event. */
  async function sendTest(body?: object, events: readonly string[] = ['reputation.paused']) {
    const { sendRequest } = setUpApi();
    const { id } = (
      await sendRequest({
        method: 'POST',
        path: '/v1/webhooks',
        body: { url: 'https://example.com/hooks', events },
      })
    ).body;
    return sendRequest({ method: 'POST', path: `/v1/webhooks/${id}/test`, body });
  }

  it.each(REPUTATION_EVENTS)('sends a sample of %s', async (name) => {
    const { status, body } = await sendTest({ event: name });
    expect([status, body.payload.event]).toEqual([200, name]);
    expect(body.payload.reasons).toHaveLength(name === 'reputation.resumed' ? 0 : 1);
    expect(body.payload).not.toHaveProperty('message_id');
  });

  it('sends the reputation event that the endpoint names, if the request names no event', async () => {
    expect((await sendTest()).body.event).toBe('reputation.paused');
  });

  it('sends an event of an email to an endpoint of all events, also if it names a reputation event', async () => {
    expect((await sendTest({}, ['*', 'reputation.paused'])).body.event).toBe('delivered');
  });
});
