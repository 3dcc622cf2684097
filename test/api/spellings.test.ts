/** Alternative spellings in requests: each accepted spelling has the same effect as the canonical one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeTime } from '../../lambdas/api/schemas/common.ts';
import { storeUnpublishedEvents } from '../../lambdas/store/events.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { NOW_MS, setUpApi, type SentEmail } from './harness.ts';

const EMAIL = { from: 'you@yourdomain.com', to: ['ann@example.com'], subject: 'Hello', text: 'Hi' };
const MESSAGE_ID = '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000';

async function sendEmail(body: object): Promise<SentEmail | undefined> {
  const { sendRequest, emails } = setUpApi();
  const response = await sendRequest({ method: 'POST', path: '/v1/send', body });
  expect(response.status).toBe(202);
  return emails[0];
}

describe('a list of addresses', () => {
  const address = fc.constantFrom('ann@example.com', 'Ann <ann+tag@example.com>', 'ann@b\u00fccher.example');

  it.each(['to', 'cc', 'bcc', 'reply_to'])('in %s may be one string', async (field) => {
    await fc.assert(
      fc.asyncProperty(address, async (recipient) => {
        expect(await sendEmail({ ...EMAIL, [field]: recipient })).toEqual(
          await sendEmail({ ...EMAIL, [field]: [recipient] }),
        );
      }),
    );
  });

  it('is the same request for an idempotency key, as a string or as a list', async () => {
    const { sendRequest, emails } = setUpApi();
    const request = { method: 'POST', path: '/v1/send', headers: { 'idempotency-key': 'order-1' } };
    const first = await sendRequest({ ...request, body: EMAIL });
    const second = await sendRequest({ ...request, body: { ...EMAIL, to: EMAIL.to[0] } });
    expect([second.status, second.body]).toEqual([202, first.body]);
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(emails).toHaveLength(1);
  });
});

describe('the base64 content of an attachment', () => {
  const breaks = fc.constantFrom('\n', '\r\n', ' \r\n', '\t\n', '\n\n', '\n ', '\r');

  it('may contain line breaks anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.array(fc.tuple(fc.nat(300), breaks), { maxLength: 8 }),
        async (bytes, lineBreaks) => {
          const content = Buffer.from(bytes).toString('base64');
          let withLineBreaks = content;
          for (const [at, text] of lineBreaks) {
            const index = at % (withLineBreaks.length + 1);
            withLineBreaks = withLineBreaks.slice(0, index) + text + withLineBreaks.slice(index);
          }
          const file = { filename: 'a.bin', content };
          const unbroken = await sendEmail({ ...EMAIL, attachments: [file] });
          expect(await sendEmail({ ...EMAIL, attachments: [{ ...file, content: withLineBreaks }] })).toEqual(
            unbroken,
          );
        },
      ),
    );
  });

  it('is parsed in linear time, also for 4 MB of spaces or one group per line', async () => {
    const { sendRequest } = setUpApi();
    const send = (content: string) =>
      sendRequest({
        method: 'POST',
        path: '/v1/send',
        body: { ...EMAIL, attachments: [{ filename: 'a', content }] },
      });
    expect((await send(' '.repeat(4_000_000))).status).toBe(422);
    expect((await send(`${' '.repeat(3_900_000)}x`)).status).toBe(422);
    expect((await send('YQ==\n'.repeat(300_000))).status).toBe(422);
    expect((await send('YWFh\n'.repeat(300_000))).status).toBe(202);
  });
});

describe('a date in a time range', () => {
  it('means its midnight in UTC', () => {
    const day = fc
      .date({
        min: new Date('0002-01-01T00:00:00Z'),
        max: new Date('9999-12-31T00:00:00Z'),
        noInvalidDate: true,
      })
      .map((each) => each.toISOString().slice(0, 10));
    fc.assert(
      fc.property(day, (text) => {
        expect(rangeTime.parse(text)).toBe(rangeTime.parse(`${text}T00:00:00Z`));
      }),
    );
  });

  it.each([
    '2026-02-30',
    '2025-02-29',
    '2026-13-01',
    '2026-2-5',
    '0001-01-01',
    '26-02-25',
    '2026-02-25T',
    '2026-02-25 ',
  ])('must be a full calendar date: %j is refused', (text) => {
    expect(rangeTime.safeParse(text).success).toBe(false);
  });

  const RANGES: readonly (readonly [string, string, string, string])[] = [
    ['GET', '/v1/send/logs', 'after', 'before'],
    ['GET', '/v1/send/logs/export', 'after', 'before'],
    ['GET', '/v1/stats', 'after', 'before'],
    ['POST', '/v1/webhooks/{id}/recover', 'since', 'until'],
  ];

  it.each(RANGES)('limits a range: %s %s by %s and %s', async (method, path, from, to) => {
    const { sendRequest, table } = setUpApi();
    const created = await sendRequest({
      method: 'POST',
      path: '/v1/webhooks',
      body: { url: 'https://hooks.example.com/' },
    });
    const timestamps = [
      '2026-02-23T23:59:59Z',
      '2026-02-24T00:00:00Z',
      '2026-02-24T23:59:59Z',
      '2026-02-25T00:00:00Z',
    ];
    const events = timestamps.map((timestamp, index) =>
      anEvent({ timestamp, event_id: `evt_${'a'.repeat(25)}${index + 2}` }),
    );
    await storeUnpublishedEvents(table, events, { retentionDays: 90, receivedAtMs: NOW_MS });
    const responseText = async (start: string, end: string) => {
      const range = { [from]: start, [to]: end };
      const response = await sendRequest({
        method,
        path: path.replace('{id}', created.body.id),
        ...(method === 'GET'
          ? { query: { ...range, ...(path.endsWith('export') && { format: 'csv' }) } }
          : { body: { ...range, dry_run: true } }),
      });
      expect(response.status).toBe(200);
      return response.text;
    };
    const byDate = await responseText('2026-02-24', '2026-02-25');
    expect(byDate).toBe(await responseText('2026-02-24T00:00:00Z', '2026-02-25T00:00:00Z'));
    expect(byDate).not.toBe(await responseText('2026-02-24', '2026-02-26'));
  });
});

describe('a message id', () => {
  it.each([
    `<${MESSAGE_ID}@email.amazonses.com>`,
    `${MESSAGE_ID}@email.amazonses.com`,
    `<${MESSAGE_ID}@eu-central-1.amazonses.com>`,
  ])('may be the value of the Message-ID header: %s', async (headerValue) => {
    const { sendRequest, table } = setUpApi();
    await storeUnpublishedEvents(table, [anEvent({ message_id: MESSAGE_ID })], {
      retentionDays: 90,
      receivedAtMs: NOW_MS,
    });
    const listed = await sendRequest({ path: '/v1/send/logs', query: { message_id: headerValue } });
    expect(listed.body.data).toHaveLength(1);
    expect(listed.text).toBe(
      (await sendRequest({ path: '/v1/send/logs', query: { message_id: MESSAGE_ID } })).text,
    );
    const timeline = await sendRequest({ path: `/v1/send/logs/${encodeURIComponent(headerValue)}` });
    expect(timeline.body.message_id).toBe(MESSAGE_ID);
    expect(timeline.text).toBe((await sendRequest({ path: `/v1/send/logs/${MESSAGE_ID}` })).text);
  });
});
