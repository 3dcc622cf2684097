/** A delivery whose first attempt is in progress, on the deployed stack. Its claim is then its only row. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { startServer } from '../../local/http.ts';
import { delivery, newTenant, sendEmail } from './client.ts';

/** A receiver that does not respond before `release` is called. `requested` resolves when it gets the first request. */
async function startWaitingReceiver() {
  const [requested, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const server = await startServer(async (_request, response) => {
    requested.resolve();
    await released.promise;
    response.writeHead(200).end('ok');
  });
  onTestFinished(() => server.close());
  return { url: server.url, requested: requested.promise, release: released.resolve };
}

describe('a first attempt in progress', () => {
  it('is a pending delivery by its id and in the timeline, is not missed, and then has one attempt', async () => {
    const { api } = await newTenant('first attempt');
    const since = new Date(Date.now() - 60_000).toISOString();
    const receiver = await startWaitingReceiver();
    const created = await api('POST', '/v1/webhooks', { url: receiver.url, events: ['delivered'] });
    const { id: endpointId } = created.body;
    const messageId = await sendEmail(api);
    await receiver.requested;

    const { body: timeline } = await api('GET', `/v1/send/logs/${messageId}`);
    expect(timeline).toMatchObject({
      deliveries: [
        { endpoint_id: endpointId, message_id: messageId, status: 'pending', attempt_count: 0, test: false },
      ],
      truncated: false,
    });
    const [pending] = timeline.deliveries;
    const byId = await api('GET', `/v1/deliveries/${pending.id}`);
    expect(byId.body).toMatchObject({ ...pending, attempts: [] });
    expect(byId.body.payload).toMatchObject({ event: 'delivered' });
    const missed = await api('POST', `/v1/webhooks/${endpointId}/recover`, { since, dry_run: true });
    expect(missed.body).toMatchObject({ count: 0, exact: true });

    receiver.release();
    const delivered = await delivery({ api, endpointId }, messageId, ['delivered']);
    expect(delivered).toMatchObject({ id: pending.id, created_at: pending.created_at, attempt_count: 1 });
    const { body: ended } = await api('GET', `/v1/deliveries/${pending.id}`);
    expect(ended).toMatchObject(delivered);
    expect(ended.attempts).toMatchObject([
      { number: 1, trigger: 'auto', status_code: 200, response_excerpt: 'ok' },
    ]);
    const { body: after } = await api('GET', `/v1/send/logs/${messageId}`);
    expect(after.deliveries).toMatchObject([delivered]);
  });
});
