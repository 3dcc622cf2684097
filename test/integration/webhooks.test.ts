import { describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import {
  api,
  createHook,
  delivery,
  scheduledWaitsMs,
  stack,
  until,
  type Hook,
  type HookRequest,
} from './client.ts';

async function sendTo(hook: Hook): Promise<string> {
  const response = await api('POST', '/v1/send', {
    from: stack.from,
    to: ['success@simulator.amazonses.com'],
    subject: `For ${hook.endpointId}`,
    text: 'Hello.',
  });
  expect(response.status).toBe(202);
  return response.body.message_id;
}

async function withHook(run: (hook: Hook) => Promise<void>): Promise<void> {
  const hook = await createHook(['delivered']);
  try {
    await run(hook);
  } finally {
    await hook.remove();
  }
}

function gaps(requests: readonly HookRequest[]): number[] {
  const times = requests.map((request) => Date.parse(request.time));
  return times.slice(1).map((time, index) => time - (times[index] ?? 0));
}

/** The next attempt that the API showed while a delivery was retried. */
interface ReportedTime {
  /** Epoch milliseconds. */
  readonly nextAttemptMs: number;
  /** Epoch milliseconds at which the API showed it. */
  readonly seenMs: number;
}

/** Waits for the delivery to be exhausted. Returns it, and each `next_attempt_at` that the API showed, by the number of attempts. */
async function watch(
  hook: Hook,
  messageId: string,
): Promise<{ ended: Record<string, unknown>; reportedTimes: ReadonlyMap<number, ReportedTime> }> {
  const reportedTimes = new Map<number, ReportedTime>();
  for (;;) {
    const now = await delivery(hook, messageId, ['pending', 'retrying', 'exhausted']);
    if (now['status'] === 'exhausted') return { ended: now, reportedTimes };
    const { next_attempt_at: nextAttemptAt } = now;
    if (typeof nextAttemptAt === 'string')
      reportedTimes.set(Number(now['attempt_count']), {
        nextAttemptMs: Date.parse(nextAttemptAt),
        seenMs: Date.now(),
      });
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}

/**
 * Checks every reported `next_attempt_at`. It follows the retry settings, and no attempt was made before it.
 * No limit in this check depends on the speed of the machine.
 */
async function expectCorrectTimes(
  reportedTimes: ReadonlyMap<number, ReportedTime>,
  requests: readonly HookRequest[],
): Promise<void> {
  const waits = await scheduledWaitsMs();
  for (const [attempt, { nextAttemptMs, seenMs }] of reportedTimes) {
    const { shortestMs, longestMs } = waits(attempt);
    expect(nextAttemptMs).toBeGreaterThanOrEqual(Date.parse(requests[attempt - 1]?.time ?? '') + shortestMs);
    expect(nextAttemptMs).toBeLessThanOrEqual(seenMs + longestMs);
    expect(Date.parse(requests[attempt]?.time ?? '')).toBeGreaterThanOrEqual(nextAttemptMs);
  }
}

describe('a receiver that always fails', () => {
  it('gets 4 requests with one id, growing gaps and 4 valid signatures, and the delivery is exhausted', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 500 });
      const messageId = await sendTo(hook);
      const { ended, reportedTimes } = await watch(hook, messageId);
      expect(ended).toMatchObject({ attempt_count: 4, next_attempt_at: null });

      const { body } = await api('GET', `/v1/deliveries/${String(ended['id'])}`);
      expect(body).toMatchObject(ended);
      expect(
        body.attempts.map((attempt: Record<string, unknown>) => [attempt['number'], attempt['status_code']]),
      ).toEqual([
        [1, 500],
        [2, 500],
        [3, 500],
        [4, 500],
      ]);

      const requests = await hook.seen(messageId);
      expect(requests).toHaveLength(4);
      expect(new Set(requests.map((request) => request.headers['webhook-id'])).size).toBe(1);
      const countDistinct = (name: string) => new Set(requests.map(({ headers }) => headers[name])).size;
      // The local run shortens the waits. Two attempts in the same second have the same signature.
      expect(countDistinct('webhook-signature')).toBe(countDistinct('webhook-timestamp'));
      expect(requests.map((request) => request.headers['x-ivymail-attempt'])).toEqual(['1', '2', '3', '4']);
      for (const request of requests) {
        expect(request.verified).toBe(true);
        new Webhook(hook.secret).verify(request.raw_body, request.headers);
      }
      // The wait before the last attempt is 30 s, so the API has reported it at least once.
      expect(reportedTimes.has(3)).toBe(true);
      await expectCorrectTimes(reportedTimes, requests);
      const [first = 0, second = 0, third = 0] = gaps(requests);
      expect(second).toBeGreaterThan(first);
      expect(third).toBeGreaterThan(second);
    });
  });
});

describe('a receiver that recovers', () => {
  it('after two failures gets 3 requests, and the delivery is delivered', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 503, times: 2 });
      const messageId = await sendTo(hook);
      expect(await delivery(hook, messageId, ['delivered'])).toMatchObject({ attempt_count: 3 });
      expect((await hook.seen(messageId)).map((request) => request.status)).toEqual([503, 503, 200]);
    });
  });
});

describe('a receiver that responds with 410', () => {
  it('gets 1 request, and its endpoint is disabled with a reason and a time', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 410 });
      const messageId = await sendTo(hook);
      await delivery(hook, messageId, ['exhausted']);
      const endpoint = await until('the endpoint to be disabled', async () => {
        const response = await api('GET', `/v1/webhooks/${hook.endpointId}`);
        return response.body.status === 'disabled' ? response.body : undefined;
      });
      expect(endpoint).toMatchObject({
        status_reason: expect.any(String),
        status_changed_at: expect.any(String),
      });
      expect(await hook.seen(messageId)).toHaveLength(1);
    });
  });
});

describe('Retry-After', () => {
  it('postpones the next attempt', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 429, retry_after: 600, times: 1 });
      const messageId = await sendTo(hook);
      const waiting = await delivery(hook, messageId, ['retrying']);
      const seenMs = Date.now();
      const [request] = await hook.requests(1, messageId);
      // The 600 s begin after the request, and before the delivery is seen to wait. Times in the API are whole seconds.
      const nextMs = Date.parse(String(waiting['next_attempt_at']));
      expect(nextMs).toBeGreaterThan(Date.parse(request?.time ?? '') + 599_000);
      expect(nextMs).toBeLessThanOrEqual(seenMs + 600_000);
    });
  });
});

describe('a short Retry-After', () => {
  it('is respected in real seconds, although the schedule of this stack is shortened', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 503, retry_after: 8, times: 1 });
      const messageId = await sendTo(hook);
      const waiting = await delivery(hook, messageId, ['retrying']);
      const nextMs = Date.parse(String(waiting['next_attempt_at']));
      const [first, second] = await hook.requests(2, messageId);
      expect(nextMs).toBeGreaterThanOrEqual(Date.parse(first?.time ?? '') + 8_000);
      expect(Date.parse(second?.time ?? '')).toBeGreaterThanOrEqual(nextMs);
    });
  });
});

describe('an endpoint', () => {
  it('that redirects causes no request to the other address', async () => {
    await withHook(async (hook) => {
      await hook.behave({ status: 302, times: 1 });
      const messageId = await sendTo(hook);
      expect(await delivery(hook, messageId, ['delivered'])).toMatchObject({ attempt_count: 2 });
    });
  });

  it('gets no request while it is paused', async () => {
    await withHook(async (hook) => {
      const paused = await api('PATCH', `/v1/webhooks/${hook.endpointId}`, { status: 'paused' });
      expect(paused).toMatchObject({ status: 200, body: { status: 'paused' } });
      const other = await createHook(['delivered']);
      const messageId = await sendTo(hook);
      await other.requests(1, messageId);
      expect(await hook.seen(messageId)).toEqual([]);
      await other.remove();
    });
  });
});

describe('POST /v1/webhooks', () => {
  it.each([
    ['file:///etc/passwd', 422],
    ['https://169.254.169.254/latest/meta-data', 422],
    ['https://10.0.0.1/', 422],
    ['not a url', 422],
  ])('refuses %s and names the field', async (url, status) => {
    const response = await api('POST', '/v1/webhooks', { url });
    expect(response.status).toBe(status);
    expect(response.body.error.field).toBe('url');
  });

  it('subscribes to the five default events, and shows the secret once', async () => {
    const created = await api('POST', '/v1/webhooks', { url: `${stack.inbox_url}/hooks/five` });
    expect(created.body.events).toEqual(['delivered', 'bounced', 'complained', 'suppressed', 'failed']);
    expect(created.body.secret).toMatch(/^whsec_/);
    const read = await api('GET', `/v1/webhooks/${created.body.id}`);
    expect(read.body).not.toHaveProperty('secret');
    const { secret: _secret, ...shown } = created.body;
    expect(read.body).toEqual(shown);
    expect((await api('DELETE', `/v1/webhooks/${created.body.id}`)).status).toBe(204);
    expect((await api('GET', `/v1/webhooks/${created.body.id}`)).status).toBe(404);
  });
});
