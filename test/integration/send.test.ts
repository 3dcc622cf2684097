import { randomUUID } from 'node:crypto';
import { PutSuppressedDestinationCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { api, createHook, delivery, logsOf, sesSends, stack, until, type Hook } from './client.ts';

const SIMULATOR = 'simulator.amazonses.com';
let hook: Hook;

beforeAll(async () => {
  hook = await createHook(['*']);
});
afterAll(() => hook.remove());

async function send(
  to: string,
  changes: Record<string, unknown> = {},
  headers: Readonly<Record<string, string>> = {},
) {
  const email = { from: stack.from, to: [to], subject: 'Hello', text: 'Hello.', ...changes };
  return api('POST', '/v1/send', email, headers);
}

async function sesFails(error: string): Promise<void> {
  await fetch(`${stack.ses_endpoint_url}/_simulator/fail`, {
    method: 'PUT',
    body: JSON.stringify({ error, times: 1 }),
  });
}

async function payloadOf(messageId: string, event: string): Promise<Record<string, unknown>> {
  const request = await until(`a ${event} webhook of ${messageId}`, async () =>
    (await hook.seen(messageId)).find((each) => JSON.parse(each.raw_body).event === event),
  );
  expect(request.verified).toBe(true);
  new Webhook(hook.secret).verify(request.raw_body, request.headers);
  expect(request.headers['x-ivymail-signature']).toBe(request.headers['webhook-signature']);
  const body = JSON.parse(request.raw_body);
  expect(request.headers['webhook-id']).toBe(body.event_id);
  return body;
}

const COMMON = ['event', 'event_id', 'message_id', 'to', 'from', 'subject', 'timestamp', 'workspace_id'];

describe('an email to the mailbox simulator', () => {
  it.each([
    ['success', ['delivered', 'sent'], 'delivered', []],
    [
      'bounce',
      ['bounced', 'sent'],
      'bounced',
      ['bounce_type', 'bounce_subtype', 'diagnostic_code', 'reason'],
    ],
    ['complaint', ['complained', 'delivered', 'sent'], 'complained', ['feedback_type']],
    [
      'ooto',
      ['delivered', 'sent', 'soft_bounced'],
      'soft_bounced',
      ['bounce_type', 'bounce_subtype', 'reason'],
    ],
    ['suppressionlist', ['sent', 'suppressed'], 'suppressed', ['suppression_reason']],
  ])('to %s@ has the outcome that the address names', async (name, statuses, event, fields) => {
    const to = `${name}@${SIMULATOR}`;
    const response = await send(to);
    expect(response.status).toBe(202);
    expect(response.body).toMatchObject({ accepted: [to], suppressed: [] });

    const logs = await logsOf(response.body.message_id, statuses.length);
    expect(logs.map((entry) => entry.status).toSorted()).toEqual(statuses);
    const body = await payloadOf(response.body.message_id, event);
    expect(body).toMatchObject({
      event,
      to,
      from: stack.from,
      subject: 'Hello',
      workspace_id: stack.workspace_id,
    });
    expect(Object.keys(body)).toEqual(expect.arrayContaining([...COMMON, ...fields]));
    expect(
      Object.keys(body).filter((key) => ![...COMMON, ...fields, 'diagnostic_code'].includes(key)),
    ).toEqual([]);
    expect(await delivery(hook, response.body.message_id, ['delivered'])).toMatchObject({ attempt_count: 1 });
  });

  it('carries the tags of the sender to the log and the webhook, without our internal tags', async () => {
    const response = await send(`success@${SIMULATOR}`, { tags: { campaign: 'spring' } });
    const [entry] = await logsOf(response.body.message_id, 2);
    expect(entry).toMatchObject({ tags: { campaign: 'spring' } });
    expect(await payloadOf(response.body.message_id, 'delivered')).toMatchObject({
      tags: { campaign: 'spring' },
    });
  });
});

describe('an email that SES does not send', () => {
  it('from an unverified address is refused, logged as failed and sent as a webhook', async () => {
    const response = await send('someone@example.com', { from: 'stranger@unverified.example' });
    expect(response.status).toBe(422);
    expect(response.body.error.code).toBe('identity_not_verified');
    expect(response.body.message_id).toMatch(/^ivm_[a-z2-7]{26}$/);
    const logs = await logsOf(response.body.message_id, 1);
    expect(logs).toMatchObject([{ status: 'failed', type: 'send', to: 'someone@example.com' }]);
    expect(await payloadOf(response.body.message_id, 'failed')).toMatchObject({
      error_code: 'identity_not_verified',
      error_message: expect.stringContaining('not verified'),
    });
  });

  it('to a listed address is suppressed in any letter case, without a call to SES', async () => {
    const listed = `listed-${Date.now()}@example.com`;
    expect((await api('POST', '/v1/suppressions', { address: listed })).status).toBe(201);
    const { requested: before } = await sesSends();
    const response = await send(listed.toUpperCase());
    expect(response).toMatchObject({
      status: 202,
      body: { accepted: [], suppressed: [listed.toUpperCase()] },
    });
    expect(response.body.message_id).toMatch(/^ivm_/);
    expect(await payloadOf(response.body.message_id, 'suppressed')).toMatchObject({
      suppression_reason: 'manual',
    });
    expect((await sesSends()).requested).toBe(before);
  });

  it('to a listed and an unlisted address is sent to the unlisted one, and both are logged under one message id', async () => {
    const listed = `half-${Date.now()}@example.com`;
    await api('POST', '/v1/suppressions', { address: listed });
    const response = await send(listed, { cc: [`success@${SIMULATOR}`] });
    expect(response.body).toMatchObject({ accepted: [`success@${SIMULATOR}`], suppressed: [listed] });
    const logs = await logsOf(response.body.message_id, 3);
    expect(logs.map((entry) => `${entry.to} ${entry.status}`).toSorted()).toEqual(
      [`${listed} suppressed`, `success@${SIMULATOR} delivered`, `success@${SIMULATOR} sent`].toSorted(),
    );
  });

  it('is not logged as failed while SES throttles, and the response asks for a retry', async () => {
    await sesFails('TooManyRequestsException');
    const response = await send(`success@${SIMULATOR}`);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(response.body.error.code).toBe('unavailable');
  });
});

describe('an attachment', () => {
  const file = (content: string) => ({
    attachments: [{ filename: 'a.txt', content: Buffer.from(content).toString('base64') }],
  });

  it('is sent', async () => {
    const response = await send(`success@${SIMULATOR}`, file('Hello.'));
    expect(response.status).toBe(202);
    const logs = await logsOf(response.body.message_id, 2);
    expect(logs.map((entry) => entry.status).toSorted()).toEqual(['delivered', 'sent']);
  });

  it('reaches SES unchanged, because the virus scanner of SES finds the test virus in it', async () => {
    const eicar = String.raw`X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`;
    const response = await send(`success@${SIMULATOR}`, file(eicar));
    expect(response.status).toBe(202);
    const logs = await logsOf(response.body.message_id, 2);
    expect(logs.map((entry) => entry.status).toSorted()).toEqual(['failed', 'sent']);
  });

  it('with invalid base64 is refused, and the error names its index', async () => {
    const response = await send(`success@${SIMULATOR}`, {
      attachments: [{ filename: 'a.txt', content: 'no base64' }],
    });
    expect(response).toMatchObject({ status: 422, body: { error: { field: 'attachments[0].content' } } });
  });
});

describe('an idempotency key', () => {
  const keyed = (to: string, key: string) => send(to, {}, { 'Idempotency-Key': key });

  it('used twice sends once, and the second response is the same', async () => {
    const key = randomUUID();
    const { requested: before } = await sesSends();
    const first = await keyed(`success@${SIMULATOR}`, key);
    const second = await keyed(`success@${SIMULATOR}`, key);
    expect(first.status).toBe(202);
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect((await keyed(`bounce@${SIMULATOR}`, key)).status).toBe(409);
    expect((await sesSends()).requested).toBe(before + 1);
  });

  it('used by five requests at once sends once', async () => {
    const key = randomUUID();
    const { requested: before } = await sesSends();
    const responses = await Promise.all(
      Array.from({ length: 5 }, () => keyed(`success+race@${SIMULATOR}`, key)),
    );
    expect(responses.filter(({ status }) => ![202, 409].includes(status))).toEqual([]);
    const ids = responses.filter(({ status }) => status === 202).map(({ body }) => body.message_id);
    expect(new Set(ids).size).toBe(1);
    expect((await keyed(`success+race@${SIMULATOR}`, key)).body.message_id).toBe(ids[0]);
    expect((await sesSends()).requested).toBe(before + 1);
  });

  it('finds an email with unknown outcome by its tag and sends nothing', async () => {
    const key = randomUUID();
    const to = `success+unknown-${Date.now()}@${SIMULATOR}`;
    const { requested: before } = await sesSends();
    await sesFails('no_answer');
    const first = await keyed(to, key);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(first.headers.get('retry-after')).toMatch(/^\d+$/);
    const found = await until('the outcome of the email', async () => {
      const response = await keyed(to, key);
      return response.status === 503 ? undefined : response;
    });
    expect(found).toMatchObject({ status: 202, body: { accepted: [to], suppressed: [] } });
    expect(found.headers.get('idempotency-replayed')).toBe('true');
    const logs = await logsOf(found.body.message_id, 2);
    expect(logs.map((entry) => entry.to)).toEqual([to, to]);
    expect((await sesSends()).requested).toBe(before + 1);
  });
});

describe('the suppression list of SES', () => {
  it('loses an address with ses=true, and the next email is delivered', async () => {
    const to = `Listed-${Date.now()}@example.com`;
    const ses = new SESv2Client({
      endpoint: stack.ses_endpoint_url,
      region: stack.region,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
    await ses.send(new PutSuppressedDestinationCommand({ EmailAddress: to, Reason: 'BOUNCE' }));
    ses.destroy();
    const before = await logsOf((await send(to)).body.message_id, 2);
    expect(before.map((entry) => entry.status).toSorted()).toEqual(['sent', 'suppressed']);

    const path = `/v1/suppressions/${encodeURIComponent(to)}?ses=true`;
    expect((await api('DELETE', path)).status).toBe(204);
    expect((await api('DELETE', path)).status).toBe(404);
    const after = await logsOf((await send(to)).body.message_id, 2);
    expect(after.map((entry) => entry.status).toSorted()).toEqual(['delivered', 'sent']);
  });
});

describe('the log', () => {
  it('returns the last sends and the last bounces', async () => {
    const bounced = await send(`bounce@${SIMULATOR}`);
    await logsOf(bounced.body.message_id, 2);
    const sends = await api('GET', '/v1/send/logs?limit=10&type=send');
    expect(sends.status).toBe(200);
    expect(sends.body.data.length).toBeGreaterThan(0);
    expect(new Set(sends.body.data.map((entry: { type: string }) => entry.type))).toEqual(new Set(['send']));
    const bounces = await until('the bounce in the list', async () => {
      const response = await api('GET', '/v1/send/logs?type=bounce&limit=10');
      return response.body.data.some(
        (entry: { message_id: string }) => entry.message_id === bounced.body.message_id,
      )
        ? response.body.data
        : undefined;
    });
    expect(bounces[0].error).toMatchObject({ bounce_type: 'Permanent' });
  });

  it('is paged newest first, with each entry once', async () => {
    const seen: { event_id: string; timestamp: string }[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/send/logs?limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      const response = await api('GET', path);
      expect(response.status).toBe(200);
      seen.push(...response.body.data);
      cursor = response.body.next_cursor;
    } while (cursor !== null);
    const times = seen.map((entry) => Date.parse(entry.timestamp));
    expect(times).toEqual(times.toSorted((left, right) => right - left));
    expect(new Set(seen.map((entry) => entry.event_id)).size).toBe(seen.length);
  });

  it('refuses a cursor of other filters and a modified cursor', async () => {
    const response = await api('GET', '/v1/send/logs?limit=1');
    const cursor = encodeURIComponent(response.body.next_cursor);
    for (const path of [
      `/v1/send/logs?limit=1&type=bounce&cursor=${cursor}`,
      `/v1/send/logs?limit=1&cursor=${cursor.slice(0, -4)}AAAA`,
    ]) {
      const refused = await api('GET', path);
      expect(refused).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_cursor', field: 'cursor' } },
      });
    }
  });
});

describe('a request without a valid key', () => {
  it.each([
    ['no key', undefined, 401, 'missing_api_key'],
    ['a key with a wrong checksum', `ivy_live_${'a'.repeat(36)}`, 403, 'invalid_api_key'],
  ])('with %s gets our error body', async (_what, key, status, code) => {
    const response = await fetch(`${stack.base_url}/v1/send/logs`, {
      headers: key === undefined ? {} : { 'x-api-key': key },
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code }, request_id: expect.any(String) });
  });
});
