/** The rows of the fault table about receivers, each on the deployed stack with a workspace of its own. */
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
  sendMail,
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

/** A receiver of our own making; its address. */
async function receiver(handle: Handler): Promise<string> {
  const server = await startServer(handle);
  onTestFinished(() => server.close());
  return server.url;
}

/** A webhook for `delivered` at an address. */
async function endpointAt(api: Api, url: string): Promise<Pick<Hook, 'api' | 'endpointId'>> {
  const created = await api('POST', '/v1/webhooks', { url, events: ['delivered'] });
  expect(created.status).toBe(201);
  return { api, endpointId: created.body.id };
}

async function attemptsOf(api: Api, delivered: Record<string, unknown>): Promise<readonly Attempt[]> {
  return (await api('GET', `/v1/deliveries/${String(delivered['id'])}`)).body.attempts;
}

function statusesOf(answers: readonly HookRequest[]): string {
  return answers.map(({ status }) => status).join(' ');
}

/** Whatever the receiver did, both events of the mail are in the log, each once. */
async function expectLogged(api: Api, messageId: string): Promise<void> {
  const entries = await logsOf(messageId, 2, api);
  expect(entries.map(({ status }) => status).toSorted()).toEqual(['delivered', 'sent']);
}

/** How many webhook-ids and signatures the requests have, and seconds they were signed in; each must be good. */
function signedWith(hook: Hook, requests: readonly HookRequest[]) {
  for (const { raw_body: body, headers } of requests) new Webhook(hook.secret).verify(body, headers);
  const different = (name: string): number => new Set(requests.map(({ headers }) => headers[name])).size;
  return {
    ids: different('webhook-id'),
    signatures: different('webhook-signature'),
    seconds: different('webhook-timestamp'),
  };
}

describe.concurrent('a receiver that', () => {
  fault(11, async () => {
    const { api } = await newTenant('redirects');
    let heard = 0;
    const second = await receiver(async (_request, response) => {
      heard += 1;
      response.writeHead(200).end();
    });
    let healed = false;
    const first = await receiver(async ({ url = '' }, response) => {
      if (healed) response.writeHead(200).end();
      else response.writeHead(Number(url.slice(1)), { location: `${second}${url}` }).end();
    });
    const statuses = [301, 302, 307, 308];
    const endpoints = await Promise.all(statuses.map((status) => endpointAt(api, `${first}/${status}`)));
    const messageId = await sendMail(api);

    const classes = await Promise.all(
      endpoints.map(async (endpoint) => {
        const [attempt] = await attemptsOf(api, await delivery(endpoint, messageId, ['retrying']));
        return `${attempt?.status_code} ${attempt?.error_class}`;
      }),
    );
    expect(classes).toEqual(statuses.map((status) => `${status} redirect_not_followed`));
    healed = true;
    const ended = await Promise.all(
      endpoints.map((endpoint) => delivery(endpoint, messageId, ['delivered'])),
    );
    const followed = heard;
    expect(followed).toBe(0);
    await expectLogged(api, messageId);

    // Who does follow is heard.
    healed = false;
    await Promise.all(statuses.map((status) => fetch(`${first}/${status}`, { method: 'POST', body: 'x' })));
    expect(heard).toBe(statuses.length);
    return `${classes.join(', ')}; ${followed} requests at the second; ${ended.length} delivered once they answered 200`;
  });

  fault(12, async () => {
    const { api } = await newTenant('silence');
    const ids: unknown[] = [];
    const requestedMs: number[] = [];
    // The wait between the attempts is too short here to be sure of a look at it.
    const seen = Promise.withResolvers<undefined>();
    const url = await receiver(async ({ headers }, response) => {
      ids.push(headers['webhook-id']);
      requestedMs.push(Date.now());
      if (ids.length === 1) return;
      await seen.promise;
      response.writeHead(200).end();
    });
    const endpoint = await endpointAt(api, url);
    const messageId = await sendMail(api);
    const waiting = await delivery(endpoint, messageId, ['retrying']);
    const seenMs = Date.now();
    const [attempt] = await attemptsOf(api, waiting);
    seen.resolve(undefined);
    expect(attempt).toMatchObject({ error_class: 'timeout', status_code: null });
    // That the deadline is exactly 15 s is proven on a virtual clock (fault 13). Here it is the one that was deployed.
    expect(attempt?.error_detail).toBe('No response within 15000 ms');
    const seconds = (attempt?.duration_ms ?? 0) / 1000;
    expect(seconds).toBeGreaterThan(14.9);
    // The wait begins between the end of the attempt and the moment at which it was seen here. It is the one of the
    // settings, and no request is made before the time that is shown.
    const endedMs = Date.parse(attempt?.started_at ?? '') + seconds * 1000;
    const nextMs = Date.parse(String(waiting['next_attempt_at']));
    const { shortestMs, longestMs } = (await scheduledWaitsMs())(1);
    // The duration is measured on another clock than the times are.
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
    const first = await sendMail(api);
    expect(await delivery(hook, first, ['exhausted'])).toMatchObject({ attempt_count: 1 });
    const endpoint = await until('the endpoint to be disabled', async () => {
      const { body } = await api('GET', `/v1/webhooks/${hook.endpointId}`);
      return body.status === 'disabled' ? body : undefined;
    });
    expect(endpoint.status_reason).toContain('410');
    const history = await api('GET', `/v1/webhooks/${hook.endpointId}/changes`);
    const changes = history.body.data.map(({ action }: { action: string }) => action);
    expect(changes).toEqual(['disabled', 'created']);

    const later = await Promise.all([sendMail(api), sendMail(api)]);
    await Promise.all(later.map((messageId) => delivery(witness, messageId, ['delivered'])));
    const made = await api('GET', `/v1/webhooks/${hook.endpointId}/deliveries`);
    expect(made.body.data).toMatchObject([{ message_id: first }]);
    const before = await hook.seen();
    expect(statusesOf(before)).toBe('410');

    await hook.behave({ status: 200 });
    await api('PATCH', `/v1/webhooks/${hook.endpointId}`, { status: 'active' });
    const recovery = await api('POST', `/v1/webhooks/${hook.endpointId}/recover`, { since });
    expect(recovery).toMatchObject({ status: 202, body: { count: 3, exact: true } });
    const recovered = await Promise.all(
      [first, ...later].map((messageId) => delivery(hook, messageId, ['delivered'])),
    );
    // The first attempt of what came later is the recovery's: there was no delivery before.
    const triggers = await Promise.all(
      recovered.map(async (each) => (await attemptsOf(api, each)).map(({ trigger }) => trigger).join(' ')),
    );
    expect(triggers).toEqual(['auto recover', 'recover', 'recover']);
    expect(statusesOf(await hook.seen())).toBe('410 200 200 200');
    await Promise.all([first, ...later].map((messageId) => expectLogged(api, messageId)));
    return `disabled by attempt 1 (${endpoint.status_reason}), ${made.body.data.length - 1} deliveries of ${later.length} later mails; recover: ${recovery.body.count} missed, ${recovered.length} delivered`;
  });

  fault(19, async () => {
    const { api } = await newTenant('slow to heal');
    const hook = await createHook(['delivered'], api);
    await hook.behave({ status: 500, times: 3 });
    const messageId = await sendMail(api);
    const ended = await delivery(hook, messageId, ['delivered']);
    expect(ended).toMatchObject({ attempt_count: 4 });
    const requests = await hook.seen();
    expect(statusesOf(requests)).toBe('500 500 500 200');
    const { ids, signatures, seconds } = signedWith(hook, requests);
    // The waits are shortened here: two attempts may fall into one second, and have one signature.
    expect({ ids, signatures }).toEqual({ ids: 1, signatures: seconds });
    expect(seconds).toBeGreaterThan(1);
    await expectLogged(api, messageId);
    return `${requests.length} attempts: ${statusesOf(requests)}; ${ids} webhook-id, ${signatures} signatures, all verified; ${String(ended['status'])}`;
  });

  fault(20, async () => {
    const { api } = await newTenant('broken');
    const hook = await createHook(['delivered'], api);
    await hook.behave({ status: 500 });
    const messageId = await sendMail(api);
    const ended = await delivery(hook, messageId, ['exhausted']);
    expect(ended).toMatchObject({ attempt_count: 4, next_attempt_at: null });
    const failed = await hook.seen();
    expect(statusesOf(failed)).toBe('500 500 500 500');

    await hook.behave({ status: 200 });
    const asked = await api('POST', `/v1/deliveries/${String(ended['id'])}/redeliver`);
    expect(asked.status).toBe(202);
    const healed = await delivery(hook, messageId, ['delivered']);
    expect(healed).toMatchObject({ id: ended['id'], attempt_count: 5 });
    const attempts = await attemptsOf(api, healed);
    expect(attempts.map(({ trigger }) => trigger)).toEqual(['auto', 'auto', 'auto', 'auto', 'manual']);
    const requests = await hook.seen();
    const { ids, signatures, seconds } = signedWith(hook, requests);
    expect({ ids, signatures }).toEqual({ ids: 1, signatures: seconds });
    expect(seconds).toBeGreaterThan(1);
    await expectLogged(api, messageId);
    return `${failed.length} attempts: ${statusesOf(failed)}, exhausted; redelivered: ${requests.at(-1)?.status}, delivered by attempt ${attempts.length}`;
  });
});
