import { describe, expect, it } from 'vitest';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { normalize } from '../../lambdas/ingest/normalize.ts';
import { eventRows, rawEventOf, toEmailEvent } from '../../lambdas/store/event-rows.ts';
import { getEvent, getRawEvent } from '../../lambdas/store/events.ts';
import { itemSizeBytes } from '../../lambdas/store/item-size.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { simulatedTable } from '../../sim/table.ts';
import { anEvent } from '../../sim/builders/events.ts';
import { randomSesEvents } from '../../sim/ses/random-events.ts';
import { SAMPLES } from '../../sim/ses/samples.ts';

const RETENTION = { retentionDays: 90, receivedAtMs: 0 };

function ownedEvents(ses: object): EmailEvent[] {
  return normalize({ ...ses }).events.map((event) => ({ ...event, workspace_id: DEFAULT_WORKSPACE_ID }));
}

describe('the rows of SES events', () => {
  it('return each event and its raw SES event, byte for byte', async () => {
    const table = simulatedTable();
    for (const ses of [...randomSesEvents({ seed: 31, count: 200 }), ...Object.values(SAMPLES)]) {
      const text = JSON.stringify(ses);
      const events = ownedEvents(ses);
      await putRows(table, eventRows(events, RETENTION, text));
      for (const event of events) {
        expect((await getEvent(table, event))?.event).toEqual(event);
        expect(await getRawEvent(table, event)).toBe(text);
      }
    }
  });

  it('have the same key only if they have the same event id', () => {
    const rows = randomSesEvents({ seed: 32, count: 500 }).flatMap((ses) =>
      eventRows(ownedEvents(ses), RETENTION),
    );
    const ids = new Map(rows.map((row) => [`${row.pk} ${row.sk}`, toEmailEvent(row).event_id]));
    expect(ids.size).toBe(new Set(rows.map((row) => toEmailEvent(row).event_id)).size);
  });
});

describe('a lone surrogate', () => {
  it.each(['\ud800', '\udc00 tail', 'head \ud83d'])(
    'in subject, details and tags (%j) is stored as the replacement character, and the raw event is unchanged',
    async (surrogate) => {
      const ses = {
        ...SAMPLES.bounce,
        mail: {
          ...SAMPLES.bounce.mail,
          commonHeaders: { subject: surrogate },
          tags: { campaign: [surrogate], [surrogate]: ['x'] },
        },
        bounce: {
          ...SAMPLES.bounce.bounce,
          bouncedRecipients: [{ emailAddress: 'ann@example.com', diagnosticCode: surrogate }],
        },
      };
      const table = simulatedTable();
      const [event] = ownedEvents(ses);
      if (!event) throw new Error('No event');
      await putRows(table, eventRows([event], RETENTION, JSON.stringify(ses)));
      const stored = (await getEvent(table, event))?.event as EmailEvent | undefined;
      expect(stored?.subject).toBe(surrogate.toWellFormed());
      expect(stored?.details.diagnostic_code).toBe(surrogate.toWellFormed());
      expect(stored?.tags).toEqual([
        ['campaign', surrogate.toWellFormed()],
        [surrogate.toWellFormed(), 'x'],
      ]);
      expect(await getRawEvent(table, event)).toBe(JSON.stringify(ses));
    },
  );
});

describe('a raw event', () => {
  it('of one recipient is in the row if both fit into 1 KB', () => {
    const rows = eventRows(ownedEvents(SAMPLES.send), RETENTION, JSON.stringify(SAMPLES.send));
    expect(rows).toHaveLength(1);
    expect(rows[0] && rawEventOf(rows[0])).toBe(JSON.stringify(SAMPLES.send));
    expect(itemSizeBytes(rows[0] ?? {})).toBeLessThanOrEqual(1024);
  });

  it('has an item of its own if it does not fit', () => {
    const noise = Array.from({ length: 400 }, (_, index) => ((index * 7919) % 1013).toString(36)).join('');
    const ses = {
      ...SAMPLES.send,
      mail: { ...SAMPLES.send.mail, headers: [{ name: 'X-Noise', value: noise }] },
    };
    const rows = eventRows(ownedEvents(ses), RETENTION, JSON.stringify(ses));
    expect(rows.map((row) => row['kind'])).toEqual(['event', 'raw']);
    expect(rows[0]?.['raw_ref']).toBe(rows[1]?.sk);
    expect(itemSizeBytes(rows[0] ?? {})).toBeLessThanOrEqual(1024);
  });

  it('of several recipients is stored once', () => {
    const rows = eventRows(ownedEvents(SAMPLES.bounce), RETENTION, JSON.stringify(SAMPLES.bounce));
    expect(rows.map((row) => row['kind'])).toEqual(['event', 'event', 'raw']);
    expect(new Set(rows.slice(0, 2).map((row) => row['raw_ref']))).toEqual(new Set([rows[2]?.sk]));
  });

  it('is undefined for an event that IvyMail itself created', async () => {
    const table = simulatedTable();
    const event = anEvent();
    await putRows(table, eventRows([event], RETENTION));
    expect(await getRawEvent(table, event)).toBeUndefined();
  });
});

describe('the row of a bounce of a version without reasons', () => {
  const ses = {
    ...SAMPLES.bounce,
    bounce: {
      ...SAMPLES.bounce.bounce,
      bouncedRecipients: [
        { emailAddress: 'ann@example.com', diagnosticCode: 'smtp; 552 5.2.2 mailbox full' },
      ],
    },
  };

  /** The row that such a version wrote: neither the details nor the dictionary of the raw event contain a reason. */
  function oldRow() {
    const [event] = ownedEvents(ses);
    if (!event) throw new Error('No event');
    const { reason: _reason, ...details } = event.details;
    const [row, ...others] = eventRows([{ ...event, details }], RETENTION, JSON.stringify(ses));
    if (!row) throw new Error('No row');
    return { row, others };
  }

  it('has its reason when it is read', () => {
    const { row } = oldRow();
    expect(row['details']).not.toHaveProperty('reason');
    expect(toEmailEvent(row).details.reason).toBe('mailbox_full');
  });

  it('gives its raw SES event without a change', () => {
    const { row, others } = oldRow();
    expect(others).toEqual([]);
    expect(rawEventOf(row)).toBe(JSON.stringify(ses));
  });

  it('keeps the reason that ingest stored, even if the rules would now decide otherwise', () => {
    const { row } = oldRow();
    const stored = { ...row, details: { ...(row['details'] as object), reason: 'policy' } };
    expect(toEmailEvent(stored).details.reason).toBe('policy');
  });
});
