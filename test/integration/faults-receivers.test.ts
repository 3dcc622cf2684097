/** The rows of the fault table about receivers, on the deployed stack. Each test has its own workspace. */
import { describe, expect, onTestFinished } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { startServer, type Handler } from '../../local/http.ts';
import { fault } from '../proof/faults/fault.ts';
import {
  createHook,
  delivery,
  logsOf,
  newTenant,
  scheduledWaitsMs,
  sendEmail,
  until,
  type Api,
  type Hook,
  type HookRequest,
} from './client.ts';

interface Attempt {
  readonly trigger: string;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly status_code: number | null;
  readonly error_class: string | null;
  readonly error_detail: string | null;
}

/** Starts a receiver and returns its URL. */
async function startReceiver(handle: Handler): Promise<string> {
  const server = await startServer(handle);
  onTestFinished(() => server.close());
  return server.url;
}

/** Creates an endpoint with this URL that receives `delivered` events. */
async function createEndpoint(api: Api, url: string): Promise<Pick<Hook, 'api' | 'endpointId'>> {
  const created = await api('POST', '/v1/webhooks', { url, events: ['delivered'] });
  expect(created.status).toBe(201);
  return { api, endpointId: created.body.id };
}

async function attemptsOf(api: Api, delivered: Record<string, unknown>): Promise<readonly Attempt[]> {
  return (await api('GET', `/v1/deliveries/${String(delivered['id'])}`)).body.attempts;
}

function statusesOf(requests: readonly HookRequest[]): string {
  return requests.map(({ status }) => status).join(' ');
}

/** Checks that both events of the email are in the log exactly once. The behavior of the receiver must not change this. */
async function expectLogged(api: Api, messageId: string): Promise<void> {
  const entries = await logsOf(messageId, 2, api);
  expect(entries.map(({ status }) => status).toSorted()).toEqual(['delivered', 'sent']);
}

/** Verifies every signature. Counts the distinct webhook ids, signatures and seconds of signing. */
function verifySignatures(hook: Hook, requests: readonly HookRequest[]) {
  for (const { raw_body: body, headers } of requests) new Webhook(hook.secret).verify(body, headers);
  const countDistinct = (name: string): number => new Set(requests.map(({ headers }) => headers[name])).size;
  return {
    ids: countDistinct('webhook-id'),
    signatures: countDistinct('webhook-signature'),
    seconds: countDistinct('webhook-timestamp'),
  };
}

describe.concurrent('receivers', () => {
  fault(11, async () => {
    const { api } = await newTenant('redirects');
    let redirectedRequests = 0;
    const targetUrl = await startReceiver(async (_request, response) => {
      redirectedRequests += 1;
      response.writeHead(200).end();
    });
    let isHealthy = false;
    const redirectingUrl = await startReceiver(async ({ url = '' }, response) => {
      if (isHealthy) response.writeHead(200).end();
      else response.writeHead(Number(url.slice(1)), { location: `${targetUrl}${url}` }).end();
    });
    const statuses = [301, 302, 307, 308];
    const endpoints = await Promise.all(
      statuses.map((status) => createEndpoint(api, `${redirectingUrl}/${status}`)),
    );
    const messageId = await sendEmail(api);

    const classes = await Promise.all(
      endpoints.map(async (endpoint) => {
        const [attempt] = await attemptsOf(api, await delivery(endpoint, messageId, ['retrying']));
        return `${attempt?.status_code} ${attempt?.error_class}`;
      }),
    );
    expect(classes).toEqual(statuses.map((status) => `${status} redirect_not_followed`));
    isHealthy = true;
    const ended = await Promise.all(
      endpoints.map((endpoint) => delivery(endpoint, messageId, ['delivered'])),
    );
    const followed = redirectedRequests;
    expect(followed).toBe(0);
    await expectLogged(api, messageId);

    // A client that follows redirects reaches the target. Without this check, a target that never works would also count 0.
    isHealthy = false;
    await Promise.all(
      statuses.map((status) => fetch(`${redirectingUrl}/${status}`, { method: 'POST', body: 'x' })),
    );
    expect(redirectedRequests).toBe(statuses.length);
    return `${classes.join(', ')}; ${followed} requests to the redirect target; ${ended.length} delivered after the receiver responded 200`;
  });

  fault(12, async () => {
    const { api } = await newTenant('silence');
    const ids: unknown[] = [];
    const requestedMs: number[] = [];
    // The wait between two attempts is too short to observe reliably. So the second response waits until the test has seen the retrying delivery.
    const retrySeen = Promise.withResolvers<undefined>();
    const url = await startReceiver(async ({ headers }, response) => {
      ids.push(headers['webhook-id']);
      requestedMs.push(Date.now());
      if (ids.length === 1) return;
      await retrySeen.promise;
      response.writeHead(200).end();
    });
    const endpoint = await createEndpoint(api, url);
    const messageId = await sendEmail(api);
    const waiting = await delivery(endpoint, messageId, ['retrying']);
    const seenMs = Date.now();
    const [attempt] = await attemptsOf(api, waiting);
    retrySeen.resolve(undefined);
    expect(attempt).toMatchObject({ error_class: 'timeout', status_code: null });
    // Fault 13 proves on a virtual clock that the deadline is exactly 15 s. This test checks the deployed deadline.
    expect(attempt?.error_detail).toBe('No response within 15000 ms');
    const seconds = (attempt?.duration_ms ?? 0) / 1000;
    expect(seconds).toBeGreaterThan(14.9);
    // The wait begins between the end of the attempt and the moment when this test saw it. Its length follows the retry settings,
    // and no request is sent before `next_attempt_at`.
    const endedMs = Date.parse(attempt?.started_at ?? '') + seconds * 1000;
    const nextMs = Date.parse(String(waiting['next_attempt_at']));
    const { shortestMs, longestMs } = (await scheduledWaitsMs())(1);
    // The duration and the timestamps come from different clocks, so 100 ms of difference are allowed.
    expect(nextMs).toBeGreaterThanOrEqual(endedMs + shortestMs - 100);
    expect(nextMs).toBeLessThanOrEqual(seenMs + longestMs);
    const wait = Math.round((nextMs - endedMs) / 1000);

    const { attempt_count: count } = await delivery(endpoint, messageId, ['delivered']);
    expect([count, ids.length, new Set(ids).size]).toEqual([2, 2, 1]);
    expect(requestedMs[1]).toBeGreaterThanOrEqual(nextMs);
    await expectLogged(api, messageId);
    return `timeout after ${seconds.toFixed(1)} s, the next attempt ${wait} s later; delivered by attempt ${String(count)}, ${new Set(ids).size} webhook-id`;
  });

  fault(18, async () => {
    const { api } = await newTenant('gone');
    const since = new Date(Date.now() - 1000).toISOString();
    const [hook, witness] = await Promise.all([
      createHook(['delivered'], api),
      createHook(['delivered'], api),
    ]);
    await hook.behave({ status: 410 });
    const first = await sendEmail(api);
    expect(await delivery(hook, first, ['exhausted'])).toMatchObject({ attempt_count: 1 });
    const endpoint = await until('the endpoint to be disabled', async () => {
      const { body } = await api('GET', `/v1/webhooks/${hook.endpointId}`);
      return body.status === 'disabled' ? body : undefined;
    });
    expect(endpoint.status_reason).toContain('410');
    const history = await api('GET', `/v1/webhooks/${hook.endpointId}/changes`);
    const actions = history.body.data.map(({ action }: { action: string }) => action);
    expect(actions).toEqual(['disabled', 'created']);

    const later = await Promise.all([sendEmail(api), sendEmail(api)]);
    await Promise.all(later.map((messageId) => delivery(witness, messageId, ['delivered'])));
    const deliveries = await api('GET', `/v1/webhooks/${hook.endpointId}/deliveries`);
    expect(deliveries.body.data).toMatchObject([{ message_id: first }]);
    const before = await hook.seen();
    expect(statusesOf(before)).toBe('410');

    await hook.behave({ status: 200 });
    await api('PATCH', `/v1/webhooks/${hook.endpointId}`, { status: 'active' });
    const recovery = await api('POST', `/v1/webhooks/${hook.endpointId}/recover`, { since });
    expect(recovery).toMatchObject({ status: 202, body: { count: 3, exact: true } });
    const recovered = await Promise.all(
      [first, ...later].map((messageId) => delivery(hook, messageId, ['delivered'])),
    );
    // The recovery makes the first attempt of the later emails, because they had no delivery before.
    const triggers = await Promise.all(
      recovered.map(async (each) => (await attemptsOf(api, each)).map(({ trigger }) => trigger).join(' ')),
    );
    expect(triggers).toEqual(['auto recover', 'recover', 'recover']);
    expect(statusesOf(await hook.seen())).toBe('410 200 200 200');
    await Promise.all([first, ...later].map((messageId) => expectLogged(api, messageId)));
    return `disabled by attempt 1 (${endpoint.status_reason}), ${deliveries.body.data.length - 1} deliveries for ${later.length} later emails; recover: ${recovery.body.count} missed, ${recovered.length} delivered`;
  });

  fault(19, async () => {
    const { api } = await newTenant('recovers after 3 failures');
    const hook = await createHook(['delivered'], api);
    await hook.behave({ status: 500, times: 3 });
    const messageId = await sendEmail(api);
    const ended = await delivery(hook, messageId, ['delivered']);
    expect(ended).toMatchObject({ attempt_count: 4 });
    const requests = await hook.seen();
    expect(statusesOf(requests)).toBe('500 500 500 200');
    const { ids, signatures, seconds } = verifySignatures(hook, requests);
    // The local run shortens the waits. Two attempts in the same second have the same signature.
    expect({ ids, signatures }).toEqual({ ids: 1, signatures: seconds });
    expect(seconds).toBeGreaterThan(1);
    await expectLogged(api, messageId);
    return `${requests.length} attempts: ${statusesOf(requests)}; ${ids} webhook-id, ${signatures} signatures, all verified; ${String(ended['status'])}`;
  });

  fault(20, async () => {
    const { api } = await newTenant('broken');
    const hook = await createHook(['delivered'], api);
    await hook.behave({ status: 500 });
    const messageId = await sendEmail(api);
    const ended = await delivery(hook, messageId, ['exhausted']);
    expect(ended).toMatchObject({ attempt_count: 4, next_attempt_at: null });
    const failed = await hook.seen();
    expect(statusesOf(failed)).toBe('500 500 500 500');

    await hook.behave({ status: 200 });
    const redeliver = await api('POST', `/v1/deliveries/${String(ended['id'])}/redeliver`);
    expect(redeliver.status).toBe(202);
    const redelivered = await delivery(hook, messageId, ['delivered']);
    expect(redelivered).toMatchObject({ id: ended['id'], attempt_count: 5 });
    const attempts = await attemptsOf(api, redelivered);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['auto', 'auto', 'auto', 'auto', 'manual']);
    const requests = await hook.seen();
    const { ids, signatures, seconds } = verifySignatures(hook, requests);
    expect({ ids, signatures }).toEqual({ ids: 1, signatures: seconds });
    expect(seconds).toBeGreaterThan(1);
    await expectLogged(api, messageId);
    return `${failed.length} attempts: ${statusesOf(failed)}, exhausted; redelivered: ${requests.at(-1)?.status}, delivered by attempt ${attempts.length}`;
  });
});
