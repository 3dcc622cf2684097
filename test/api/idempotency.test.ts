import { describe, expect, it } from 'vitest';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { sendEvent, type AcceptedEmail } from '../../sim/ses/events.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type SentEmail, type ApiResponse, type TestApi } from './harness.ts';

const EMAIL = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
const DAY_MS = 24 * 60 * 60 * 1000;

function send(api: TestApi, changes: object = {}, key = 'order-1'): Promise<ApiResponse> {
  return api.sendRequest({
    method: 'POST',
    path: '/v1/send',
    body: { ...EMAIL, ...changes },
    headers: { 'Idempotency-Key': key },
    scopes: ['send'],
  });
}

async function suppress({ sendRequest }: TestApi, address: string): Promise<void> {
  await sendRequest({ method: 'POST', path: '/v1/suppressions', body: { address } });
}

function awsError(name: string, status = 400): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}
const TIMEOUT = Object.assign(new Error('timed out'), { name: 'TimeoutError' });

/** Stores the rows that ingest writes for the Send event of an email. */
async function ingestSendEvent(
  { table }: TestApi,
  email: SentEmail,
  messageId: string,
  atMs = NOW_MS,
): Promise<void> {
  const { ToAddresses, CcAddresses } = email.Destination;
  const response: AcceptedEmail = {
    messageId,
    acceptedAtMs: atMs,
    source: email.FromEmailAddress,
    to: ToAddresses,
    cc: CcAddresses,
    subject: 'Hello',
    tags: Object.fromEntries(email.EmailTags.map(({ Name, Value }) => [Name, Value])),
    configurationSet: email.ConfigurationSetName,
    operation: 'SendEmail',
  };
  const ses = sendEvent(response);
  const events = normalize(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
  await putRows(table, eventRows(events, { retentionDays: 90, receivedAtMs: atMs }, JSON.stringify(ses)));
}

function lastEmail({ emails }: TestApi): SentEmail {
  const email = emails.at(-1);
  if (!email) throw new Error('No email was sent');
  return email;
}

function eventsNamed(api: TestApi, event: string) {
  return api.rows('event').filter((row) => row['event'] === event);
}

describe('an idempotency key is refused', () => {
  it.each(['', 'x'.repeat(256), 'naïve', 'tab\tstop'])(
    'as %j, and the error names the header',
    async (key) => {
      const api = setUpApi();
      expect(await send(api, {}, key)).toMatchObject({
        status: 400,
        body: { error: { code: 'invalid_parameter', field: 'idempotency-key' } },
      });
      expect(api.emails).toEqual([]);
    },
  );
});

describe('an email with an idempotency key', () => {
  it('has the tag ivymail_send, which an email without a key does not have', async () => {
    const api = setUpApi();
    await send(api);
    expect(lastEmail(api).EmailTags).toContainEqual({
      Name: 'ivymail_send',
      Value: expect.stringMatching(/^ivm_[a-z2-7]{26}$/),
    });
    await api.sendRequest({ method: 'POST', path: '/v1/send', body: EMAIL });
    expect(lastEmail(api).EmailTags.map(({ Name }) => Name)).toEqual(['ivymail_workspace']);
  });

  it('is sent once, and a repeated request returns the first response', async () => {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    const first = await send(api, { cc: ['bob@example.com'] });
    const second = await send(api, { cc: ['bob@example.com'] });
    expect(first).toMatchObject({ status: 202, body: { message_id: '0100019c-1' } });
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(api.emails).toHaveLength(1);
    expect(eventsNamed(api, 'suppressed')).toHaveLength(1);
  });

  it('may have a key of 255 printable characters', async () => {
    const api = setUpApi();
    const key = ` ~${'#'.repeat(251)}"}`;
    await send(api, {}, key);
    expect((await send(api, {}, key)).headers).toHaveProperty('idempotency-replayed');
  });

  it('is the same email if the JSON has another format and field order', async () => {
    const api = setUpApi();
    await send(api, { tags: { a: '1', b: '2' } });
    const { from, ...rest } = { ...EMAIL, tags: { b: '2', a: '1' }, cc: [] };
    const again = await api.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: JSON.stringify({ ...rest, from }, undefined, 2),
      headers: { 'idempotency-key': 'order-1' },
    });
    expect(again.headers).toHaveProperty('idempotency-replayed');
    expect(api.emails).toHaveLength(1);
  });

  it.each([
    ['recipient', { to: ['eve@example.com'] }],
    ['text', { text: 'Ho' }],
    ['attachment', { attachments: [{ filename: 'a.txt', content: 'YQ==' }] }],
  ])('is a conflict if the key was used with another %s', async (_title, changes) => {
    const api = setUpApi();
    await send(api);
    expect(await send(api, changes)).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_conflict', field: 'idempotency-key' } },
    });
    expect(api.emails).toHaveLength(1);
  });

  it('is independent of the same key in another workspace', async () => {
    const api = setUpApi();
    await send(api);
    const other = await api.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: EMAIL,
      headers: { 'idempotency-key': 'order-1' },
      workspaceId: `ws_${'b'.repeat(26)}`,
    });
    expect(other).toMatchObject({ status: 202, body: { message_id: '0100019c-2' } });
  });

  it('is sent once for concurrent requests: the others return 409, and a later one the same response', async () => {
    const api = setUpApi();
    const response = await Promise.all([send(api), send(api), send(api)]);
    const [sent] = response.filter(({ status }) => status === 202);
    const waiting = response.filter(({ status }) => status === 409);
    expect(waiting).toHaveLength(2);
    expect(waiting[0]).toMatchObject({ body: { error: { code: 'idempotency_conflict' } } });
    expect(waiting[0]?.headers['retry-after']).toBe('30');
    expect(api.emails).toHaveLength(1);
    expect((await send(api)).body).toEqual({ ...sent?.body });
  });

  it('is a new email a day later, also if DynamoDB has not yet removed the row', async () => {
    const api = setUpApi();
    await send(api);
    api.state.nowMs = NOW_MS + DAY_MS - 1000;
    expect((await send(api)).headers).toHaveProperty('idempotency-replayed');
    api.state.nowMs = NOW_MS + DAY_MS;
    expect(await send(api, { text: 'Ho' })).toMatchObject({
      status: 202,
      body: { message_id: '0100019c-2' },
    });
    expect(api.rows('idempotency')).toMatchObject([{ ttl: (NOW_MS + 2 * DAY_MS) / 1000 }]);
  });
});

describe('an email with an idempotency key that SES refuses', () => {
  it('returns the same error to a repeated request and is logged once', async () => {
    const api = setUpApi();
    api.state.sesError = awsError('MessageRejected');
    const first = await send(api);
    delete api.state.sesError;
    const second = await send(api);
    expect(first).toMatchObject({ status: 422, body: { error: { code: 'message_rejected' } } });
    expect(second).toMatchObject({
      status: 422,
      body: { error: first.body.error, message_id: first.body.message_id },
    });
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(api.emails).toHaveLength(1);
    expect(eventsNamed(api, 'failed')).toHaveLength(1);
  });

  it('returns the refusal if the log cannot be written, and is logged by a repeated request', async () => {
    const api = setUpApi();
    api.state.sesError = awsError('MessageRejected');
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw awsError('ValidationException');
    };
    const first = await send(api);
    expect(first).toMatchObject({
      status: 422,
      body: { error: { code: 'message_rejected', message: expect.stringContaining('could not be stored') } },
    });
    expect(first.loggedError).toBeInstanceOf(Error);
    api.table.before = () => {};
    const second = await send(api);
    expect(second).toMatchObject({ status: 422, body: { message_id: first.body.message_id } });
    expect(eventsNamed(api, 'failed')).toMatchObject([
      { pk: expect.stringContaining(first.body.message_id) },
    ]);
    expect(api.emails).toHaveLength(1);
  });

  it('is sent by a repeated request, also with another body, if the refusal is temporary', async () => {
    const api = setUpApi();
    api.state.sesError = awsError('TooManyRequestsException', 429);
    expect(await send(api)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(api.rows('idempotency')).toEqual([]);
    delete api.state.sesError;
    expect(await send(api, { text: 'Ho' })).toMatchObject({ status: 202 });
  });

  it('needs another key if the refusal is temporary and its key cannot be released', async () => {
    const api = setUpApi();
    api.state.sesError = awsError('TooManyRequestsException', 429);
    api.table.before = (command) => {
      if (command === 'DeleteCommand') throw awsError('ThrottlingException');
    };
    expect(await send(api)).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', message: expect.stringContaining('retry with a new key') } },
    });
  });
});

describe('a send record that is stored although the write reports an error', () => {
  it('does not use up the key, because no email was sent', async () => {
    const api = setUpApi();
    api.table.before = (command, { Item }) => {
      if (command !== 'PutCommand' || Item?.['kind'] !== 'idempotency') return;
      api.table.rows.set(`${Item.pk}\n${Item.sk}`, Item);
      throw TIMEOUT;
    };
    expect(await send(api)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    api.table.before = () => {};
    expect(api.emails).toEqual([]);
    const again = await send(api);
    expect(again.status).toBe(202);
    expect(again.headers).not.toHaveProperty('idempotency-replayed');
  });
});

describe('an email with an unknown outcome', () => {
  async function sendWithUnknownOutcome(changes: object = {}) {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    api.state.sesError = TIMEOUT;
    const first = await send(api, changes);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    delete api.state.sesError;
    return api;
  }

  it('is never sent again, and stays unknown while no SES event has arrived', async () => {
    const api = await sendWithUnknownOutcome();
    for (const afterMs of [0, 60_000, DAY_MS - 1000]) {
      api.state.nowMs = NOW_MS + afterMs;
      const response = await send(api);
      expect(response).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(api.emails).toHaveLength(1);
  });

  it.each([
    ['one recipient', {}, ['ann@example.com'], []],
    [
      'several recipients, one suppressed',
      { cc: ['bob@example.com', 'Cy <cy@example.com>'] },
      ['ann@example.com', 'cy@example.com'],
      ['bob@example.com'],
    ],
  ])(
    'to %s is found by its tag after its SES event has arrived',
    async (_title, changes, accepted, suppressed) => {
      const api = await sendWithUnknownOutcome(changes);
      await ingestSendEvent(api, lastEmail(api), '0100019c-found', NOW_MS + 2000);
      const response = await send(api, changes);
      expect(response).toMatchObject({
        status: 202,
        body: { message_id: '0100019c-found', accepted, suppressed },
      });
      expect(response.headers).toMatchObject({ 'idempotency-replayed': 'true' });
      expect(eventsNamed(api, 'suppressed').map((row) => row['to'])).toEqual(suppressed);
      expect(api.emails).toHaveLength(1);

      const reads = api.table.calls.filter((call) => call === 'QueryCommand').length;
      expect((await send(api, changes)).body).toEqual(response.body);
      expect(api.table.calls.filter((call) => call === 'QueryCommand')).toHaveLength(reads);
    },
  );

  it('is found among 130 other emails to the same recipient', async () => {
    const api = await sendWithUnknownOutcome();
    const other = {
      ...lastEmail(api),
      EmailTags: [{ Name: 'ivymail_send', Value: `ivm_${'a'.repeat(26)}` }],
    };
    for (let index = 0; index < 130; index += 1) {
      await ingestSendEvent(api, other, `0100019c-other-${index}`, NOW_MS + index);
    }
    expect((await send(api)).status).toBe(503);
    await ingestSendEvent(api, lastEmail(api), '0100019c-found', NOW_MS + 131);
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('is found although more emails followed than the search reads', async () => {
    const api = await sendWithUnknownOutcome();
    await ingestSendEvent(api, lastEmail(api), '0100019c-found');
    const other = { ...lastEmail(api), EmailTags: [] };
    await Promise.all(
      Array.from({ length: 510 }, (_, index) =>
        ingestSendEvent(api, other, `0100019c-other-${index}`, NOW_MS + 1 + index),
      ),
    );
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('returns 409 for 30 seconds if the first request died, and is then found', async () => {
    const api = setUpApi();
    api.state.sesError = TIMEOUT;
    // The first request dies before it can store that the outcome is unknown.
    api.table.before = (command) => {
      if (command === 'UpdateCommand') throw awsError('ThrottlingException');
    };
    await send(api);
    api.table.before = () => {};
    delete api.state.sesError;
    await ingestSendEvent(api, lastEmail(api), '0100019c-found');
    api.state.nowMs += 29_999;
    const early = await send(api);
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    expect(early.headers['retry-after']).toBe('1');
    api.state.nowMs += 1;
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });
});

describe('an email with an idempotency key to suppressed recipients only', () => {
  it('is logged once under one message id', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    const first = await send(api);
    api.state.nowMs += 5000;
    const second = await send(api);
    expect(second.body).toEqual(first.body);
    expect(first.body.message_id).toMatch(/^ivm_/);
    expect(eventsNamed(api, 'suppressed')).toHaveLength(1);
    expect(api.emails).toEqual([]);
  });

  it('is logged by a repeated request under the same message id if the first could not log it', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw awsError('ValidationException');
    };
    const first = await send(api);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    api.table.before = () => {};
    const second = await send(api);
    expect(second.status).toBe(202);
    expect(eventsNamed(api, 'suppressed')).toMatchObject([
      { pk: expect.stringContaining(second.body.message_id) },
    ]);
  });
});

/** Each call to DynamoDB or SES is a step. In these tests every call after the given step fails, as if the function had died. */
describe('a crash of the function', () => {
  const BODY = { cc: ['bob@example.com'] };

  async function sendTwiceWithCrash(step: number, isRefused: boolean) {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    let steps = 0;
    const failAfterStep = (): void => {
      if ((steps += 1) > step) throw new Error('The function died');
    };
    const acceptedEmails: SentEmail[] = [];
    const ses = {
      async send({ input }: { readonly input: SentEmail }) {
        failAfterStep();
        if (isRefused) throw awsError('MessageRejected');
        acceptedEmails.push(input);
        // SES has accepted the email, but the function does not receive the response.
        failAfterStep();
        return { MessageId: `0100019c-${acceptedEmails.length}` };
      },
    };
    Object.assign(api.deps, { ses: ses as unknown as SESv2Client });
    api.table.before = failAfterStep;
    const first = await send(api, BODY);

    const finishedBeforeCrash = steps <= step;
    steps = -Infinity;
    api.state.nowMs += 31_000;
    if (acceptedEmails[0]) await ingestSendEvent(api, acceptedEmails[0], '0100019c-1');
    const second = await send(api, BODY);
    return { api, first, second, acceptedEmails, finishedBeforeCrash };
  }

  /** For a crash after each step: the first response, the number of emails that SES accepted, the repeated response, and the logged events. */
  async function outcomeOfEachStep(isRefused: boolean): Promise<string[]> {
    const outcomes: string[] = [];
    for (let step = 0; ; step += 1) {
      const { api, first, second, acceptedEmails, finishedBeforeCrash } = await sendTwiceWithCrash(
        step,
        isRefused,
      );
      const logged = [...eventsNamed(api, 'failed'), ...eventsNamed(api, 'suppressed')].map(
        (row) => row['event'],
      );
      const id = String(second.body.message_id ?? second.body.error.code).replace(/^ivm_.*/, 'ivm');
      outcomes.push(
        `${first.status}, accepted ${acceptedEmails.length}, ${second.status} ${id}, ${logged.join(' ')}`,
      );
      if (finishedBeforeCrash) return outcomes;
    }
  }

  it('at any step neither sends an email twice nor loses an email that SES accepted', async () => {
    expect(await outcomeOfEachStep(false)).toEqual([
      // Before the send record is stored: the repeated request acts as the first one.
      ...Array<string>(4).fill('503, accepted 1, 202 0100019c-1, suppressed'),
      // Between the send record and SES: the outcome is unknown, so nothing is sent.
      '503, accepted 0, 503 outcome_unknown, ',
      // SES has accepted the email. Its response is lost, not stored, or stored without the events.
      ...Array<string>(3).fill('503, accepted 1, 202 0100019c-1, suppressed'),
      ...Array<string>(2).fill('202, accepted 1, 202 0100019c-1, suppressed'),
    ]);
  });

  it('at any step of a refusal sends nothing, and logs the refusal if it is known', async () => {
    expect(await outcomeOfEachStep(true)).toEqual([
      ...Array<string>(4).fill('503, accepted 0, 422 ivm, failed suppressed'),
      '503, accepted 0, 503 outcome_unknown, ',
      // The client received the refusal, but it could not be stored. SES has no event for it, so the outcome is unknown.
      '422, accepted 0, 503 outcome_unknown, ',
      ...Array<string>(3).fill('422, accepted 0, 422 ivm, failed suppressed'),
    ]);
  });
});
