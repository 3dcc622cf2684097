import { describe, expect, it } from 'vitest';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { sendEvent, type Mail } from '../../sim/ses/events.ts';
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

function named(name: string, status = 400): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}
const TIMEOUT = Object.assign(new Error('timed out'), { name: 'TimeoutError' });

/** What ingest stores once SES has told that it took a mail. */
async function sesTells(
  { table }: TestApi,
  email: SentEmail,
  messageId: string,
  atMs = NOW_MS,
): Promise<void> {
  const { ToAddresses, CcAddresses } = email.Destination;
  const response: Mail = {
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

function lastMail({ emails }: TestApi): SentEmail {
  const email = emails.at(-1);
  if (!email) throw new Error('Nothing was sent');
  return email;
}

function ownRows(api: TestApi, event: string) {
  return api.rows('event').filter((row) => row['event'] === event);
}

describe('a key is refused', () => {
  it.each(['', 'x'.repeat(256), 'naïve', 'tab\tstop'])('as %j, naming the header', async (key) => {
    const api = setUpApi();
    expect(await send(api, {}, key)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'idempotency-key' } },
    });
    expect(api.emails).toEqual([]);
  });
});

describe('a mail with a key', () => {
  it('carries the id of its send as a tag, and one without carries none', async () => {
    const api = setUpApi();
    await send(api);
    expect(lastMail(api).EmailTags).toContainEqual({
      Name: 'ivymail_send',
      Value: expect.stringMatching(/^ivm_[a-z2-7]{26}$/),
    });
    await api.sendRequest({ method: 'POST', path: '/v1/send', body: EMAIL });
    expect(lastMail(api).EmailTags.map(({ Name }) => Name)).toEqual(['ivymail_workspace']);
  });

  it('asked for again is sent once, and answered as the first time', async () => {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    const first = await send(api, { cc: ['bob@example.com'] });
    const second = await send(api, { cc: ['bob@example.com'] });
    expect(first).toMatchObject({ status: 202, body: { message_id: '0100019c-1' } });
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(api.emails).toHaveLength(1);
    expect(ownRows(api, 'suppressed')).toHaveLength(1);
  });

  it('of the longest length, and of any printable characters, is one', async () => {
    const api = setUpApi();
    const key = ` ~${'#'.repeat(251)}"}`;
    await send(api, {}, key);
    expect((await send(api, {}, key)).headers).toHaveProperty('idempotency-replayed');
  });

  it('written otherwise is the same mail', async () => {
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
    ['a recipient', { to: ['eve@example.com'] }],
    ['a text', { text: 'Ho' }],
    ['an attachment', { attachments: [{ filename: 'a.txt', content: 'YQ==' }] }],
  ])('whose key stands for another %s is a conflict', async (_title, changes) => {
    const api = setUpApi();
    await send(api);
    expect(await send(api, changes)).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_conflict', field: 'idempotency-key' } },
    });
    expect(api.emails).toHaveLength(1);
  });

  it('has nothing to do with the same key of another workspace', async () => {
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

  it('asked for twice at once is sent once: one is told to wait, and then hears the same', async () => {
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

  it('is another mail a day later, also where DynamoDB has not yet removed the row', async () => {
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

describe('a mail with a key that SES', () => {
  it('refuses is answered with the same refusal again, and logged once', async () => {
    const api = setUpApi();
    api.state.sesError = named('MessageRejected');
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
    expect(ownRows(api, 'failed')).toHaveLength(1);
  });

  it('refuses while nothing can be logged is answered so; a repeat logs it', async () => {
    const api = setUpApi();
    api.state.sesError = named('MessageRejected');
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw named('ValidationException');
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
    expect(ownRows(api, 'failed')).toMatchObject([{ pk: expect.stringContaining(first.body.message_id) }]);
    expect(api.emails).toHaveLength(1);
  });

  it('does not take now is sent when it is asked for again, with another body too', async () => {
    const api = setUpApi();
    api.state.sesError = named('TooManyRequestsException', 429);
    expect(await send(api)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(api.rows('idempotency')).toEqual([]);
    delete api.state.sesError;
    expect(await send(api, { text: 'Ho' })).toMatchObject({ status: 202 });
  });

  it('does not take now, and whose key cannot be freed, is told to try another', async () => {
    const api = setUpApi();
    api.state.sesError = named('TooManyRequestsException', 429);
    api.table.before = (command) => {
      if (command === 'DeleteCommand') throw named('ThrottlingException');
    };
    expect(await send(api)).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', message: expect.stringContaining('retry with a new key') } },
    });
  });
});

describe('an intent that was stored, although the store said that it was not', () => {
  it('does not spend the key: nothing was sent', async () => {
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

describe('a mail in doubt', () => {
  async function inDoubt(changes: object = {}) {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    api.state.sesError = TIMEOUT;
    const first = await send(api, changes);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    delete api.state.sesError;
    return api;
  }

  it('is never sent again, and stays in doubt while SES has told nothing of it', async () => {
    const api = await inDoubt();
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
  ])('to %s is found by its tag once SES has told of it', async (_title, changes, accepted, suppressed) => {
    const api = await inDoubt(changes);
    await sesTells(api, lastMail(api), '0100019c-found', NOW_MS + 2000);
    const response = await send(api, changes);
    expect(response).toMatchObject({
      status: 202,
      body: { message_id: '0100019c-found', accepted, suppressed },
    });
    expect(response.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(ownRows(api, 'suppressed').map((row) => row['to'])).toEqual(suppressed);
    expect(api.emails).toHaveLength(1);

    const reads = api.table.calls.filter((call) => call === 'QueryCommand').length;
    expect((await send(api, changes)).body).toEqual(response.body);
    expect(api.table.calls.filter((call) => call === 'QueryCommand')).toHaveLength(reads);
  });

  it('is told from the other mails of its recipient, however many', async () => {
    const api = await inDoubt();
    const other = {
      ...lastMail(api),
      EmailTags: [{ Name: 'ivymail_send', Value: `ivm_${'a'.repeat(26)}` }],
    };
    for (let index = 0; index < 130; index += 1) {
      await sesTells(api, other, `0100019c-other-${index}`, NOW_MS + index);
    }
    expect((await send(api)).status).toBe(503);
    await sesTells(api, lastMail(api), '0100019c-found', NOW_MS + 131);
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('is found where more mails followed than are looked through', async () => {
    const api = await inDoubt();
    await sesTells(api, lastMail(api), '0100019c-found');
    const other = { ...lastMail(api), EmailTags: [] };
    await Promise.all(
      Array.from({ length: 510 }, (_, index) =>
        sesTells(api, other, `0100019c-other-${index}`, NOW_MS + 1 + index),
      ),
    );
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('is answered at once by whoever had it in hand, and only half a minute later by others', async () => {
    const api = setUpApi();
    api.state.sesError = TIMEOUT;
    // It died before it could say that it does not know.
    api.table.before = (command) => {
      if (command === 'UpdateCommand') throw named('ThrottlingException');
    };
    await send(api);
    api.table.before = () => {};
    delete api.state.sesError;
    await sesTells(api, lastMail(api), '0100019c-found');
    api.state.nowMs += 29_999;
    const early = await send(api);
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    expect(early.headers['retry-after']).toBe('1');
    api.state.nowMs += 1;
    expect(await send(api)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });
});

describe('a mail with a key to suppressed recipients only', () => {
  it('is logged once, under one id', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    const first = await send(api);
    api.state.nowMs += 5000;
    const second = await send(api);
    expect(second.body).toEqual(first.body);
    expect(first.body.message_id).toMatch(/^ivm_/);
    expect(ownRows(api, 'suppressed')).toHaveLength(1);
    expect(api.emails).toEqual([]);
  });

  it('that could not be logged in full is logged by a repeat, under the same id', async () => {
    const api = setUpApi();
    await suppress(api, 'ann@example.com');
    api.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw named('ValidationException');
    };
    const first = await send(api);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    api.table.before = () => {};
    const second = await send(api);
    expect(second.status).toBe(202);
    expect(ownRows(api, 'suppressed')).toMatchObject([
      { pk: expect.stringContaining(second.body.message_id) },
    ]);
  });
});

/** Everything outside that a request touches, in order: from the step on, nothing outside answers any more. */
describe('a crash', () => {
  const BODY = { cc: ['bob@example.com'] };

  async function crashing(step: number, sesRefuses: boolean) {
    const api = setUpApi();
    await suppress(api, 'bob@example.com');
    let steps = 0;
    const touch = (): void => {
      if ((steps += 1) > step) throw new Error('The function has died');
    };
    const taken: SentEmail[] = [];
    const ses = {
      async send({ input }: { readonly input: SentEmail }) {
        touch();
        if (sesRefuses) throw named('MessageRejected');
        taken.push(input);
        // SES has the mail; nobody hears it.
        touch();
        return { MessageId: `0100019c-${taken.length}` };
      },
    };
    Object.assign(api.deps, { ses: ses as unknown as SESv2Client });
    api.table.before = touch;
    const first = await send(api, BODY);

    const steppedOver = steps <= step;
    steps = -Infinity;
    api.state.nowMs += 31_000;
    if (taken[0]) await sesTells(api, taken[0], '0100019c-1');
    const second = await send(api, BODY);
    return { api, first, second, taken, steppedOver };
  }

  /** For each step: what the first request was told, how many mails SES took, what the repeat was told, what is logged. */
  async function story(sesRefuses: boolean): Promise<string[]> {
    const lines: string[] = [];
    for (let step = 0; ; step += 1) {
      const { api, first, second, taken, steppedOver } = await crashing(step, sesRefuses);
      const logged = [...ownRows(api, 'failed'), ...ownRows(api, 'suppressed')].map((row) => row['event']);
      const id = String(second.body.message_id ?? second.body.error.code).replace(/^ivm_.*/, 'ivm');
      lines.push(`${first.status}, took ${taken.length}, ${second.status} ${id}, ${logged.join(' ')}`);
      if (steppedOver) return lines;
    }
  }

  it('at any step neither sends a mail twice nor loses what SES took', async () => {
    expect(await story(false)).toEqual([
      // Before the intent is stored: the repeat is the first.
      ...Array<string>(3).fill('503, took 1, 202 0100019c-1, suppressed'),
      // Between the intent and SES: nobody can know, so nothing is sent.
      '503, took 0, 503 outcome_unknown, ',
      // SES has it, and its answer is lost, not kept, or kept without the events.
      ...Array<string>(3).fill('503, took 1, 202 0100019c-1, suppressed'),
      ...Array<string>(2).fill('202, took 1, 202 0100019c-1, suppressed'),
    ]);
  });

  it('at any step of a refusal sends nothing, and logs it whole where it is known', async () => {
    expect(await story(true)).toEqual([
      ...Array<string>(3).fill('503, took 0, 422 ivm, failed suppressed'),
      '503, took 0, 503 outcome_unknown, ',
      // The refusal was told and could not be kept: SES has nothing to find, and the repeat cannot know it.
      '422, took 0, 503 outcome_unknown, ',
      ...Array<string>(3).fill('422, took 0, 422 ivm, failed suppressed'),
    ]);
  });
});
