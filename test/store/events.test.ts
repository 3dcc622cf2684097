import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { packRawEvent, rawContext } from '../../lambdas/core/raw-event.ts';
import { eventRows, type Retention } from '../../lambdas/store/event-rows.ts';
import { getRawEvent } from '../../lambdas/store/events.ts';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { deliveryEvent, sendEvent, type AcceptedEmail, type SesEvent } from '../../sim/ses/events.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedTable } from '../../sim/table.ts';

const ACCEPTED_MS = Date.parse('2026-02-25T12:00:00Z');
const RETENTION: Retention = { retentionDays: 90, receivedAtMs: ACCEPTED_MS };
/** The item size that one write unit covers. */
const WRITE_UNIT_BYTES = 1024;

const EMAIL: AcceptedEmail = {
  messageId: '0100019c1e5b7d2a-6f9e2d1c-8a4b-4c3d-9e8f-7a6b5c4d3e2f-000000',
  acceptedAtMs: ACCEPTED_MS,
  source: 'Åsa <asa@studio.se>',
  to: ['ann@example.com'],
  subject: 'Grüße 🎉',
  configurationSet: 'tracking',
  operation: 'SendEmail',
};
/** Compression cannot reduce this event to less than 1 KB. */
const LARGE = sendEvent({
  ...EMAIL,
  headers: [{ name: 'X', value: createHash('shake256', { outputLength: 900 }).digest('base64') }],
});
const SEVERAL = sendEvent({ ...EMAIL, to: ['ann@example.com', 'ben@example.com', 'cy@example.com'] });

function eventsOf(ses: SesEvent): readonly EmailEvent[] {
  return normalize(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
}

function rowsOf(ses: SesEvent, rawText: string = JSON.stringify(ses)): readonly Row[] {
  return eventRows(eventsOf(ses), RETENTION, rawText);
}

async function storedRaw(ses: SesEvent, rawText: string): Promise<(string | undefined)[]> {
  const table = simulatedTable();
  await putRows(table, rowsOf(ses, rawText));
  return Promise.all(eventsOf(ses).map((event) => getRawEvent(table, event)));
}

describe('the raw SES event', () => {
  it.each([
    ['whitespace', (text: string) => JSON.stringify(JSON.parse(text), undefined, 3)],
    ['escapes', (text: string) => text.replaceAll('a', String.raw`\u0061`)],
    ['unknown fields', (text: string) => text.replace('{', '{"x":"\\ud83c ÿ 日本 \\u0000",')],
  ])(
    'keeps %s as SES wrote it: inside a row, in an item of its own, and for several recipients',
    async (_case, rewrite) => {
      const texts = [sendEvent(EMAIL), LARGE, SEVERAL].map((ses) => ({
        ses,
        text: rewrite(JSON.stringify(ses)),
      }));
      const stored = await Promise.all(texts.map(({ ses, text }) => storedRaw(ses, text)));
      const [one, large, several] = texts.map(({ text }) => text);
      expect(one).not.toBe(JSON.stringify(sendEvent(EMAIL)));
      expect(texts.map(({ ses, text }) => rowsOf(ses, text).length)).toEqual([1, 2, 4]);
      expect(stored).toEqual([[one], [large], [several, several, several]]);
    },
  );

  it('is inside the row of one recipient exactly if the row then fits one write unit', () => {
    const noise = createHash('shake256', { outputLength: 900 }).digest('base64');
    // Each event is a few bytes larger, from well below 1 KB to well above it.
    const growing = Array.from({ length: 300 }, (_, index) =>
      sendEvent({ ...EMAIL, headers: [{ name: 'X', value: noise.slice(0, 4 * index) }] }),
    );
    const sizes = growing.map((ses) => {
      const [event] = eventsOf(ses);
      if (!event) throw new Error('The event has no recipient');
      const [bare] = eventRows([event], RETENTION);
      const raw = packRawEvent(JSON.stringify(ses), rawContext(event));
      return itemSizeBytes({ ...bare, raw });
    });
    expect(Math.min(...sizes)).toBeLessThan(WRITE_UNIT_BYTES);
    expect(Math.max(...sizes)).toBeGreaterThan(WRITE_UNIT_BYTES);
    expect(growing.map((ses) => rowsOf(ses).length)).toEqual(
      sizes.map((size) => (size <= WRITE_UNIT_BYTES ? 1 : 2)),
    );
  });

  it('expires with its event', () => {
    expect(rowsOf(SEVERAL).map((row) => row['ttl'])).toEqual(
      Array.from({ length: 4 }, () => ACCEPTED_MS / 1000 + 90 * 86_400),
    );
  });

  it('is undefined if the event is not stored', async () => {
    const [event] = eventsOf(sendEvent(EMAIL));
    expect(event && (await getRawEvent(simulatedTable(), event))).toBeUndefined();
  });

  it('is stored separately for two events of one message', async () => {
    const table = simulatedTable();
    const email = { ...EMAIL, to: ['ann@example.com', 'ben@example.com'] };
    const all = [sendEvent(email), deliveryEvent(email, email.to, ACCEPTED_MS + 1000)];
    await putRows(
      table,
      all.flatMap((ses) => rowsOf(ses)),
    );
    const expected = all.flatMap((ses) =>
      eventsOf(ses).map((event) => ({ event, text: JSON.stringify(ses) })),
    );
    expect(expected).toHaveLength(4);
    expect(await Promise.all(expected.map(({ event }) => getRawEvent(table, event)))).toEqual(
      expected.map(({ text }) => text),
    );
  });
});
