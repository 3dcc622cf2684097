import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { api, createHook, delivery, logsOf, stack, until, type Hook } from './client.ts';

const SIMULATOR = 'simulator.amazonses.com';
let hook: Hook;

beforeAll(async () => {
  hook = await createHook(['*']);
});
afterAll(() => hook.remove());

async function send(to: string, changes: Record<string, unknown> = {}) {
  const answer = await api('POST', '/v1/send', {
    from: stack.from,
    to: [to],
    subject: 'Hello',
    text: 'Hello.',
    ...changes,
  });
  return answer;
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

describe('mail to the mailbox simulator', () => {
  it.each([
    ['success', ['delivered', 'sent'], 'delivered', []],
    ['bounce', ['bounced', 'sent'], 'bounced', ['bounce_type', 'bounce_subtype', 'diagnostic_code']],
    ['complaint', ['complained', 'delivered', 'sent'], 'complained', ['feedback_type']],
    ['ooto', ['delivered', 'sent', 'soft_bounced'], 'soft_bounced', ['bounce_type', 'bounce_subtype']],
    ['suppressionlist', ['sent', 'suppressed'], 'suppressed', ['suppression_reason']],
  ])('to %s@ gives what the address names', async (name, statuses, event, fields) => {
    const to = `${name}@${SIMULATOR}`;
    const answer = await send(to);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ accepted: [to], suppressed: [] });

    const logs = await logsOf(answer.body.message_id, statuses.length);
    expect(logs.map((entry) => entry.status).toSorted()).toEqual(statuses);
    const body = await payloadOf(answer.body.message_id, event);
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
    expect(await delivery(hook, answer.body.message_id, ['delivered'])).toMatchObject({ attempt_count: 1 });
  });

  it('carries the sender’s tags to log and webhook, and none of ours', async () => {
    const answer = await send(`success@${SIMULATOR}`, { tags: { campaign: 'spring' } });
    const [entry] = await logsOf(answer.body.message_id, 2);
    expect(entry).toMatchObject({ tags: { campaign: 'spring' } });
    expect(await payloadOf(answer.body.message_id, 'delivered')).toMatchObject({
      tags: { campaign: 'spring' },
    });
  });
});

describe('mail that never reaches SES', () => {
  async function sesCalls(): Promise<number> {
    const response = await fetch(`${stack.ses_endpoint_url}/_simulator/calls`);
    const { calls } = (await response.json()) as { calls: { operation: string }[] };
    return calls.filter((call) => call.operation === 'SendEmail').length;
  }

  it('from an unverified address is refused, logged as failed and told by webhook', async () => {
    const answer = await send('someone@example.com', { from: 'stranger@unverified.example' });
    expect(answer.status).toBe(422);
    expect(answer.body.error.code).toBe('identity_not_verified');
    expect(answer.body.message_id).toMatch(/^ivm_[a-z2-7]{26}$/);
    const logs = await logsOf(answer.body.message_id, 1);
    expect(logs).toMatchObject([{ status: 'failed', type: 'send', to: 'someone@example.com' }]);
    expect(await payloadOf(answer.body.message_id, 'failed')).toMatchObject({
      error_code: 'identity_not_verified',
      error_message: expect.stringContaining('not verified'),
    });
  });

  it('to a listed address is suppressed, whatever its case, without a call to SES', async () => {
    const listed = `listed-${Date.now()}@example.com`;
    expect((await api('POST', '/v1/suppressions', { address: listed })).status).toBe(201);
    const before = await sesCalls();
    const answer = await send(listed.toUpperCase());
    expect(answer).toMatchObject({ status: 202, body: { accepted: [], suppressed: [listed.toUpperCase()] } });
    expect(answer.body.message_id).toMatch(/^ivm_/);
    expect(await payloadOf(answer.body.message_id, 'suppressed')).toMatchObject({
      suppression_reason: 'manual',
    });
    expect(await sesCalls()).toBe(before);
  });

  it('to a listed and an unlisted address goes to the unlisted one, and both are logged under one id', async () => {
    const listed = `half-${Date.now()}@example.com`;
    await api('POST', '/v1/suppressions', { address: listed });
    const answer = await send(listed, { cc: [`success@${SIMULATOR}`] });
    expect(answer.body).toMatchObject({ accepted: [`success@${SIMULATOR}`], suppressed: [listed] });
    const logs = await logsOf(answer.body.message_id, 3);
    expect(logs.map((entry) => `${entry.to} ${entry.status}`).toSorted()).toEqual(
      [`${listed} suppressed`, `success@${SIMULATOR} delivered`, `success@${SIMULATOR} sent`].toSorted(),
    );
  });

  it('while SES throttles is not logged as failed, and is to be tried again', async () => {
    await fetch(`${stack.ses_endpoint_url}/_simulator/fail`, {
      method: 'PUT',
      body: JSON.stringify({ error: 'TooManyRequestsException', times: 1 }),
    });
    const answer = await send(`success@${SIMULATOR}`);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(answer.body.error.code).toBe('unavailable');
  });
});

describe('the log', () => {
  it('answers the two questions of the mission', async () => {
    const bounced = await send(`bounce@${SIMULATOR}`);
    await logsOf(bounced.body.message_id, 2);
    const sends = await api('GET', '/v1/send/logs?limit=10&type=send');
    expect(sends.status).toBe(200);
    expect(sends.body.data.length).toBeGreaterThan(0);
    expect(new Set(sends.body.data.map((entry: { type: string }) => entry.type))).toEqual(new Set(['send']));
    const bounces = await until('the bounce in the list', async () => {
      const answer = await api('GET', '/v1/send/logs?type=bounce&limit=10');
      return answer.body.data.some(
        (entry: { message_id: string }) => entry.message_id === bounced.body.message_id,
      )
        ? answer.body.data
        : undefined;
    });
    expect(bounces[0].error).toMatchObject({ bounce_type: 'Permanent' });
  });

  it('is walked page by page, newest first, each row once', async () => {
    const seen: { event_id: string; timestamp: string }[] = [];
    let cursor: string | null = null;
    do {
      const path: string = `/v1/send/logs?limit=3${cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`}`;
      // oxlint-disable-next-line no-await-in-loop -- each page follows from the last
      const answer = await api('GET', path);
      expect(answer.status).toBe(200);
      seen.push(...answer.body.data);
      cursor = answer.body.next_cursor;
    } while (cursor !== null);
    const times = seen.map((entry) => Date.parse(entry.timestamp));
    expect(times).toEqual(times.toSorted((left, right) => right - left));
    expect(new Set(seen.map((entry) => entry.event_id)).size).toBe(seen.length);
  });

  it('refuses a cursor of other filters, and one that was touched', async () => {
    const answer = await api('GET', '/v1/send/logs?limit=1');
    const cursor = encodeURIComponent(answer.body.next_cursor);
    for (const path of [
      `/v1/send/logs?limit=1&type=bounce&cursor=${cursor}`,
      `/v1/send/logs?limit=1&cursor=${cursor.slice(0, -4)}AAAA`,
    ]) {
      // oxlint-disable-next-line no-await-in-loop
      const refused = await api('GET', path);
      expect(refused).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_cursor', field: 'cursor' } },
      });
    }
  });
});

describe('keys', () => {
  it.each([
    ['no key', undefined, 401, 'missing_api_key'],
    ['a key with a wrong checksum', `ivy_live_${'a'.repeat(36)}`, 403, 'invalid_api_key'],
  ])('are needed: %s answers in our own words', async (_what, key, status, code) => {
    const response = await fetch(`${stack.base_url}/v1/send/logs`, {
      headers: key === undefined ? {} : { 'x-api-key': key },
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code }, request_id: expect.any(String) });
  });
});
