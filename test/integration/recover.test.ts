/** Deliveries after failures: the breaker, recover, redeliver, a rotated secret and the test event. */
import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { createHook, delivery, newTenant, sendEmail, until, type Hook } from './client.ts';

/** Runs a test with a webhook in a workspace of its own, so that emails of other tests create no deliveries. The tests run at the same time. */
async function withHook(run: (hook: Hook) => Promise<void>): Promise<void> {
  const { api } = await newTenant('recovery');
  const hook = await createHook(['delivered'], api);
  try {
    await run(hook);
  } finally {
    await hook.remove();
  }
}

function send({ api }: Hook): Promise<string> {
  return sendEmail(api, { subject: 'For a receiver that is down' });
}

function post(hook: Hook, action: string, body?: unknown) {
  return hook.api('POST', `/v1/webhooks/${hook.endpointId}/${action}`, body);
}

async function statusesOf(hook: Hook): Promise<string[]> {
  const { body } = await hook.api('GET', `/v1/webhooks/${hook.endpointId}/deliveries?limit=100`);
  return body.data.map((each: { status: string }) => each.status);
}

async function endpointOf(hook: Hook) {
  const { body } = await hook.api('GET', `/v1/webhooks/${hook.endpointId}`);
  return body;
}

async function historyOf(hook: Hook): Promise<string[]> {
  const { body } = await hook.api('GET', `/v1/webhooks/${hook.endpointId}/changes?limit=100`);
  return body.data.map((each: { action: string }) => each.action);
}

describe.concurrent('a receiver that was down', () => {
  it('gets each missed event once with its webhook-id, and a dry run counts the missed events', async () => {
    await withHook(async (hook) => {
      const since = new Date(Date.now() - 1000).toISOString();
      await hook.behave({ status: 500 });
      const missed = await Promise.all([send(hook), send(hook), send(hook)]);
      await Promise.all(missed.map((messageId) => delivery(hook, messageId, ['exhausted'])));
      // Twelve consecutive failures open the breaker. A new delivery is now held without a request.
      await until('the breaker to open', async () =>
        (await historyOf(hook)).includes('failing') ? true : undefined,
      );
      const held = await send(hook);
      await delivery(hook, held, ['held', 'retrying', 'exhausted']);

      const dry = await post(hook, 'recover', { since, dry_run: true });
      expect(dry).toMatchObject({ status: 200, body: { recovery_id: null, exact: true } });
      // A probe may be sending the held delivery at this moment.
      expect([3, 4]).toContain(dry.body.count);

      const healedAt = new Date().toISOString();
      await hook.behave({ status: 200 });
      const recovery = await post(hook, 'recover', { since });
      expect(recovery.status).toBe(202);
      const path = `/v1/recoveries/${recovery.body.recovery_id}`;
      const progress = await until('the recovery to complete', async () => {
        const { body } = await hook.api('GET', path);
        return body.status === 'running' ? undefined : body;
      });
      expect(progress).toMatchObject({
        status: 'completed',
        endpoint_id: hook.endpointId,
        completed_at: expect.any(String),
      });
      await until('every delivery to succeed', async () => {
        const statuses = await statusesOf(hook);
        return statuses.length === 4 && statuses.every((status) => status === 'delivered') ? true : undefined;
      });
      const { body: again } = await post(hook, 'recover', { since, dry_run: true });
      expect(again).toMatchObject({ count: 0, exact: true });

      for (const messageId of [...missed, held]) {
        const requests = await hook.seen(messageId);
        const taken = requests.filter((request) => request.status === 200);
        expect(taken).toHaveLength(1);
        expect((taken[0]?.time ?? '') >= healedAt).toBe(true);
        expect(new Set(requests.map((request) => request.headers['webhook-id'])).size).toBe(1);
        for (const { raw_body: body, headers } of taken) new Webhook(hook.secret).verify(body, headers);
      }
      expect(await historyOf(hook)).toEqual(expect.arrayContaining(['failing', 'recovered']));
    });
  });
});

describe.concurrent('the breaker', () => {
  it('delivers the held deliveries after a successful probe', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 500 });
      const early = await Promise.all([send(hook), send(hook), send(hook)]);
      await until('the breaker to open', async () =>
        (await historyOf(hook)).includes('failing') ? true : undefined,
      );
      const held = await Promise.all([send(hook), send(hook)]);
      await Promise.all(held.map((messageId) => delivery(hook, messageId, ['held', 'retrying'])));
      const failing = await endpointOf(hook);
      expect(failing).toMatchObject({
        status: 'active',
        health: 'failing',
        failing_since: expect.any(String),
        held_count_exact: true,
      });
      expect(failing.consecutive_failures).toBeGreaterThanOrEqual(10);
      // A probe may be sending one of them at this moment.
      expect([1, 2]).toContain(failing.held_count);
      await hook.behave({ status: 200 });
      await Promise.all(held.map((messageId) => delivery(hook, messageId, ['delivered'])));
      expect((await historyOf(hook)).filter((action) => action !== 'created')).toEqual([
        'recovered',
        'failing',
      ]);
      const healthy = { health: 'healthy', failing_since: null, consecutive_failures: 0, held_count: 0 };
      expect(await endpointOf(hook)).toMatchObject(healthy);
      for (const messageId of held) {
        const taken = (await hook.seen(messageId)).filter((request) => request.status === 200);
        expect(taken).toHaveLength(1);
      }
      await Promise.all(early.map((messageId) => delivery(hook, messageId, ['exhausted', 'delivered'])));
    });
  });
});

describe.concurrent('events during a pause', () => {
  it('create no delivery, and can be recovered', async () => {
    await withHook(async (hook) => {
      const since = new Date(Date.now() - 1000).toISOString();
      const status = (value: string) =>
        hook.api('PATCH', `/v1/webhooks/${hook.endpointId}`, { status: value });
      expect((await status('paused')).body).toMatchObject({ status: 'paused', missed: null });
      const other = await createHook(['delivered'], hook.api);
      const messageId = await send(hook);
      await other.requests(1, messageId);
      await other.remove();
      expect(await statusesOf(hook)).toEqual([]);
      const resumed = await status('active');
      expect(resumed.body).toMatchObject({ status: 'active', missed: { count: 1, exact: true } });
      const dry = await post(hook, 'recover', { since, dry_run: true });
      expect(dry.body).toMatchObject({ count: 1, exact: true });
      await post(hook, 'recover', { since });
      expect(await hook.requests(1, messageId)).toMatchObject([{ verified: true }]);
      expect(await delivery(hook, messageId, ['delivered'])).toMatchObject({ attempt_count: 1 });
    });
  });
});

describe.concurrent('a delivery', () => {
  it('is redelivered on request with the same id and the next attempt number', async () => {
    await withHook(async (hook) => {
      const messageId = await send(hook);
      const { id } = await delivery(hook, messageId, ['delivered']);
      expect((await hook.api('POST', `/v1/deliveries/${String(id)}/redeliver`)).status).toBe(202);
      const requests = await hook.requests(2, messageId);
      expect(new Set(requests.map((request) => request.headers['webhook-id'])).size).toBe(1);
      expect(requests.map((request) => request.headers['x-ivymail-attempt'])).toEqual(['1', '2']);
      const attempts = await until('the second attempt to be recorded', async () => {
        const { body } = await hook.api('GET', `/v1/deliveries/${String(id)}`);
        return body.attempts.length === 2 && body.attempt_count === 2 ? body.attempts : undefined;
      });
      expect(attempts.map((attempt: { trigger: string }) => attempt.trigger)).toEqual(['auto', 'manual']);
    });
  });
});

describe.concurrent('a secret', () => {
  it('that was rotated still verifies during the overlap, beside the new secret', async () => {
    await withHook(async (hook) => {
      const rotated = await post(hook, 'rotate-secret', { overlap_seconds: 600 });
      expect(rotated.status).toBe(200);
      const messageId = await send(hook);
      const [request] = await hook.requests(1, messageId);
      if (!request) throw new Error('No request');
      for (const secret of [hook.secret, rotated.body.secret])
        new Webhook(secret).verify(request.raw_body, request.headers);
      const shown = await hook.api('GET', `/v1/webhooks/${hook.endpointId}/secret`);
      expect(shown.body).toEqual({ secret: rotated.body.secret });
      const history = await historyOf(hook);
      for (const action of ['created', 'secret_rotated', 'secret_shown']) expect(history).toContain(action);
    });
  });
});

describe.concurrent('a test event', () => {
  it('is signed, the response contains the attempt, and no row is stored', async () => {
    await withHook(async (hook) => {
      const response = await post(hook, 'test', { event: 'complained' });
      expect(response).toMatchObject({
        status: 200,
        body: { event: 'complained', attempt: { trigger: 'test', status_code: 200, error_class: null } },
      });
      const [request] = await hook.seen(response.body.event_id);
      expect(request).toMatchObject({ verified: true });
      expect(JSON.parse(request?.raw_body ?? '')).toEqual(response.body.payload);
      expect(await statusesOf(hook)).toEqual([]);
      const logs = await hook.api('GET', `/v1/send/logs?message_id=${response.body.payload.message_id}`);
      expect(logs.body.data).toEqual([]);
    });
  });
});
