import { describe, expect, it } from 'vitest';
import type { SESv2Client } from '@aws-sdk/client-sesv2';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { sendEvent, type Mail } from '../../sim/ses/events.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type SentEmail, type ApiResponse, type TestApi } from './harness.ts';

const MAIL = { from: 'you@example.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
const DAY_MS = 24 * 60 * 60 * 1000;

function send(world: TestApi, changes: object = {}, key = 'order-1'): Promise<ApiResponse> {
  return world.sendRequest({
    method: 'POST',
    path: '/v1/send',
    body: { ...MAIL, ...changes },
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
  mail: SentEmail,
  messageId: string,
  atMs = NOW_MS,
): Promise<void> {
  const { ToAddresses, CcAddresses } = mail.Destination;
  const told: Mail = {
    messageId,
    acceptedAtMs: atMs,
    source: mail.FromEmailAddress,
    to: ToAddresses,
    cc: CcAddresses,
    subject: 'Hello',
    tags: Object.fromEntries(mail.EmailTags.map(({ Name, Value }) => [Name, Value])),
    configurationSet: mail.ConfigurationSetName,
    operation: 'SendEmail',
  };
  const ses = sendEvent(told);
  const events = normalize(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
  await putRows(table, eventRows(events, { retentionDays: 90, receivedAtMs: atMs }, JSON.stringify(ses)));
}

function lastMail({ emails }: TestApi): SentEmail {
  const mail = emails.at(-1);
  if (!mail) throw new Error('Nothing was sent');
  return mail;
}

function ownRows(world: TestApi, event: string) {
  return world.rows('event').filter((row) => row['event'] === event);
}

describe('a key is refused', () => {
  it.each(['', 'x'.repeat(256), 'naïve', 'tab\tstop'])('as %j, naming the header', async (key) => {
    const world = setUpApi();
    expect(await send(world, {}, key)).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_parameter', field: 'idempotency-key' } },
    });
    expect(world.emails).toEqual([]);
  });
});

describe('a mail with a key', () => {
  it('carries the id of its send as a tag, and one without carries none', async () => {
    const world = setUpApi();
    await send(world);
    expect(lastMail(world).EmailTags).toContainEqual({
      Name: 'ivymail_send',
      Value: expect.stringMatching(/^ivm_[a-z2-7]{26}$/),
    });
    await world.sendRequest({ method: 'POST', path: '/v1/send', body: MAIL });
    expect(lastMail(world).EmailTags.map(({ Name }) => Name)).toEqual(['ivymail_workspace']);
  });

  it('asked for again is sent once, and answered as the first time', async () => {
    const world = setUpApi();
    await suppress(world, 'bob@example.com');
    const first = await send(world, { cc: ['bob@example.com'] });
    const second = await send(world, { cc: ['bob@example.com'] });
    expect(first).toMatchObject({ status: 202, body: { message_id: '0100019c-1' } });
    expect(second).toMatchObject({ status: 202, body: first.body });
    expect(first.headers).not.toHaveProperty('idempotency-replayed');
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(world.emails).toHaveLength(1);
    expect(ownRows(world, 'suppressed')).toHaveLength(1);
  });

  it('of the longest length, and of any printable characters, is one', async () => {
    const world = setUpApi();
    const key = ` ~${'#'.repeat(251)}"}`;
    await send(world, {}, key);
    expect((await send(world, {}, key)).headers).toHaveProperty('idempotency-replayed');
  });

  it('written otherwise is the same mail', async () => {
    const world = setUpApi();
    await send(world, { tags: { a: '1', b: '2' } });
    const { from, ...rest } = { ...MAIL, tags: { b: '2', a: '1' }, cc: [] };
    const again = await world.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: JSON.stringify({ ...rest, from }, undefined, 2),
      headers: { 'idempotency-key': 'order-1' },
    });
    expect(again.headers).toHaveProperty('idempotency-replayed');
    expect(world.emails).toHaveLength(1);
  });

  it.each([
    ['a recipient', { to: ['eve@example.com'] }],
    ['a text', { text: 'Ho' }],
    ['an attachment', { attachments: [{ filename: 'a.txt', content: 'YQ==' }] }],
  ])('whose key stands for another %s is a conflict', async (_what, changes) => {
    const world = setUpApi();
    await send(world);
    expect(await send(world, changes)).toMatchObject({
      status: 409,
      body: { error: { code: 'idempotency_conflict', field: 'idempotency-key' } },
    });
    expect(world.emails).toHaveLength(1);
  });

  it('has nothing to do with the same key of another workspace', async () => {
    const world = setUpApi();
    await send(world);
    const other = await world.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: MAIL,
      headers: { 'idempotency-key': 'order-1' },
      workspaceId: `ws_${'b'.repeat(26)}`,
    });
    expect(other).toMatchObject({ status: 202, body: { message_id: '0100019c-2' } });
  });

  it('asked for twice at once is sent once: one is told to wait, and then hears the same', async () => {
    const world = setUpApi();
    const told = await Promise.all([send(world), send(world), send(world)]);
    const [sent] = told.filter(({ status }) => status === 202);
    const waiting = told.filter(({ status }) => status === 409);
    expect(waiting).toHaveLength(2);
    expect(waiting[0]).toMatchObject({ body: { error: { code: 'idempotency_conflict' } } });
    expect(waiting[0]?.headers['retry-after']).toBe('30');
    expect(world.emails).toHaveLength(1);
    expect((await send(world)).body).toEqual({ ...sent?.body });
  });

  it('is another mail a day later, also where DynamoDB has not yet removed the row', async () => {
    const world = setUpApi();
    await send(world);
    world.state.nowMs = NOW_MS + DAY_MS - 1000;
    expect((await send(world)).headers).toHaveProperty('idempotency-replayed');
    world.state.nowMs = NOW_MS + DAY_MS;
    expect(await send(world, { text: 'Ho' })).toMatchObject({
      status: 202,
      body: { message_id: '0100019c-2' },
    });
    expect(world.rows('idempotency')).toMatchObject([{ ttl: (NOW_MS + 2 * DAY_MS) / 1000 }]);
  });
});

describe('a mail with a key that SES', () => {
  it('refuses is answered with the same refusal again, and logged once', async () => {
    const world = setUpApi();
    world.state.sesError = named('MessageRejected');
    const first = await send(world);
    delete world.state.sesError;
    const second = await send(world);
    expect(first).toMatchObject({ status: 422, body: { error: { code: 'message_rejected' } } });
    expect(second).toMatchObject({
      status: 422,
      body: { error: first.body.error, message_id: first.body.message_id },
    });
    expect(second.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(world.emails).toHaveLength(1);
    expect(ownRows(world, 'failed')).toHaveLength(1);
  });

  it('refuses while nothing can be logged is answered so; a repeat logs it', async () => {
    const world = setUpApi();
    world.state.sesError = named('MessageRejected');
    world.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw named('ValidationException');
    };
    const first = await send(world);
    expect(first).toMatchObject({
      status: 422,
      body: { error: { code: 'message_rejected', message: expect.stringContaining('could not be stored') } },
    });
    expect(first.loggedError).toBeInstanceOf(Error);
    world.table.before = () => {};
    const second = await send(world);
    expect(second).toMatchObject({ status: 422, body: { message_id: first.body.message_id } });
    expect(ownRows(world, 'failed')).toMatchObject([{ pk: expect.stringContaining(first.body.message_id) }]);
    expect(world.emails).toHaveLength(1);
  });

  it('does not take now is sent when it is asked for again, with another body too', async () => {
    const world = setUpApi();
    world.state.sesError = named('TooManyRequestsException', 429);
    expect(await send(world)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    expect(world.rows('idempotency')).toEqual([]);
    delete world.state.sesError;
    expect(await send(world, { text: 'Ho' })).toMatchObject({ status: 202 });
  });

  it('does not take now, and whose key cannot be freed, is told to try another', async () => {
    const world = setUpApi();
    world.state.sesError = named('TooManyRequestsException', 429);
    world.table.before = (command) => {
      if (command === 'DeleteCommand') throw named('ThrottlingException');
    };
    expect(await send(world)).toMatchObject({
      status: 503,
      body: { error: { code: 'unavailable', message: expect.stringContaining('retry with a new key') } },
    });
  });
});

describe('an intent that was stored, although the store said that it was not', () => {
  it('does not spend the key: nothing was sent', async () => {
    const world = setUpApi();
    world.table.before = (command, { Item }) => {
      if (command !== 'PutCommand' || Item?.['kind'] !== 'idempotency') return;
      world.table.rows.set(`${Item.pk}\n${Item.sk}`, Item);
      throw TIMEOUT;
    };
    expect(await send(world)).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } });
    world.table.before = () => {};
    expect(world.emails).toEqual([]);
    const again = await send(world);
    expect(again.status).toBe(202);
    expect(again.headers).not.toHaveProperty('idempotency-replayed');
  });
});

describe('a mail in doubt', () => {
  async function inDoubt(changes: object = {}) {
    const world = setUpApi();
    await suppress(world, 'bob@example.com');
    world.state.sesError = TIMEOUT;
    const first = await send(world, changes);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    delete world.state.sesError;
    return world;
  }

  it('is never sent again, and stays in doubt while SES has told nothing of it', async () => {
    const world = await inDoubt();
    for (const afterMs of [0, 60_000, DAY_MS - 1000]) {
      world.state.nowMs = NOW_MS + afterMs;
      const told = await send(world);
      expect(told).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
      expect(Number(told.headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(world.emails).toHaveLength(1);
  });

  it.each([
    ['one recipient', {}, ['ann@example.com'], []],
    [
      'several recipients, one suppressed',
      { cc: ['bob@example.com', 'Cy <cy@example.com>'] },
      ['ann@example.com', 'cy@example.com'],
      ['bob@example.com'],
    ],
  ])('to %s is found by its tag once SES has told of it', async (_what, changes, accepted, suppressed) => {
    const world = await inDoubt(changes);
    await sesTells(world, lastMail(world), '0100019c-found', NOW_MS + 2000);
    const told = await send(world, changes);
    expect(told).toMatchObject({
      status: 202,
      body: { message_id: '0100019c-found', accepted, suppressed },
    });
    expect(told.headers).toMatchObject({ 'idempotency-replayed': 'true' });
    expect(ownRows(world, 'suppressed').map((row) => row['to'])).toEqual(suppressed);
    expect(world.emails).toHaveLength(1);

    const reads = world.table.calls.filter((call) => call === 'QueryCommand').length;
    expect((await send(world, changes)).body).toEqual(told.body);
    expect(world.table.calls.filter((call) => call === 'QueryCommand')).toHaveLength(reads);
  });

  it('is told from the other mails of its recipient, however many', async () => {
    const world = await inDoubt();
    const other = {
      ...lastMail(world),
      EmailTags: [{ Name: 'ivymail_send', Value: `ivm_${'a'.repeat(26)}` }],
    };
    for (let index = 0; index < 130; index += 1) {
      await sesTells(world, other, `0100019c-other-${index}`, NOW_MS + index);
    }
    expect((await send(world)).status).toBe(503);
    await sesTells(world, lastMail(world), '0100019c-found', NOW_MS + 131);
    expect(await send(world)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('is found where more mails followed than are looked through', async () => {
    const world = await inDoubt();
    await sesTells(world, lastMail(world), '0100019c-found');
    const other = { ...lastMail(world), EmailTags: [] };
    await Promise.all(
      Array.from({ length: 510 }, (_, index) =>
        sesTells(world, other, `0100019c-other-${index}`, NOW_MS + 1 + index),
      ),
    );
    expect(await send(world)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });

  it('is answered at once by whoever had it in hand, and only half a minute later by others', async () => {
    const world = setUpApi();
    world.state.sesError = TIMEOUT;
    // It died before it could say that it does not know.
    world.table.before = (command) => {
      if (command === 'UpdateCommand') throw named('ThrottlingException');
    };
    await send(world);
    world.table.before = () => {};
    delete world.state.sesError;
    await sesTells(world, lastMail(world), '0100019c-found');
    world.state.nowMs += 29_999;
    const early = await send(world);
    expect(early).toMatchObject({ status: 409, body: { error: { code: 'idempotency_conflict' } } });
    expect(early.headers['retry-after']).toBe('1');
    world.state.nowMs += 1;
    expect(await send(world)).toMatchObject({ status: 202, body: { message_id: '0100019c-found' } });
  });
});

describe('a mail with a key to suppressed recipients only', () => {
  it('is logged once, under one id', async () => {
    const world = setUpApi();
    await suppress(world, 'ann@example.com');
    const first = await send(world);
    world.state.nowMs += 5000;
    const second = await send(world);
    expect(second.body).toEqual(first.body);
    expect(first.body.message_id).toMatch(/^ivm_/);
    expect(ownRows(world, 'suppressed')).toHaveLength(1);
    expect(world.emails).toEqual([]);
  });

  it('that could not be logged in full is logged by a repeat, under the same id', async () => {
    const world = setUpApi();
    await suppress(world, 'ann@example.com');
    world.table.before = (command) => {
      if (command === 'BatchWriteCommand') throw named('ValidationException');
    };
    const first = await send(world);
    expect(first).toMatchObject({ status: 503, body: { error: { code: 'outcome_unknown' } } });
    expect(Number(first.headers['retry-after'])).toBeGreaterThan(0);
    world.table.before = () => {};
    const second = await send(world);
    expect(second.status).toBe(202);
    expect(ownRows(world, 'suppressed')).toMatchObject([
      { pk: expect.stringContaining(second.body.message_id) },
    ]);
  });
});

/** Everything outside that a request touches, in order: from the step on, nothing outside answers any more. */
describe('a crash', () => {
  const BODY = { cc: ['bob@example.com'] };

  async function crashing(step: number, sesRefuses: boolean) {
    const world = setUpApi();
    await suppress(world, 'bob@example.com');
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
    Object.assign(world.deps, { ses: ses as unknown as SESv2Client });
    world.table.before = touch;
    const first = await send(world, BODY);

    const steppedOver = steps <= step;
    steps = -Infinity;
    world.state.nowMs += 31_000;
    if (taken[0]) await sesTells(world, taken[0], '0100019c-1');
    const second = await send(world, BODY);
    return { world, first, second, taken, steppedOver };
  }

  /** For each step: what the first request was told, how many mails SES took, what the repeat was told, what is logged. */
  async function story(sesRefuses: boolean): Promise<string[]> {
    const lines: string[] = [];
    for (let step = 0; ; step += 1) {
      const { world, first, second, taken, steppedOver } = await crashing(step, sesRefuses);
      const logged = [...ownRows(world, 'failed'), ...ownRows(world, 'suppressed')].map(
        (row) => row['event'],
      );
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
