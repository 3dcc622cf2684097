/** Sends, and what SES has to say to them. */
import { expect } from 'vitest';
import { normalize } from '../../../lambdas/ingest/normalize.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { sendEvent } from '../../../sim/ses/events.ts';
import type { Ask, SentMail, ApiResponse } from '../../api/harness.ts';
import { WORKSPACE_ID } from '../../../sim/builders/events.ts';
import type { World, Write } from './write.ts';

/** What SES says of a mail that it took. */
async function sesTells({ table, world }: World, mail: SentMail): Promise<void> {
  const ses = sendEvent({
    messageId: '0100019c-told',
    acceptedAtMs: world.nowMs,
    source: mail.FromEmailAddress,
    to: mail.Destination.ToAddresses,
    tags: Object.fromEntries(mail.EmailTags.map(({ Name, Value }) => [Name, Value])),
    configurationSet: mail.ConfigurationSetName,
    operation: 'SendEmail',
  });
  const events = normalize(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
  await putRows(
    table,
    eventRows(events, { retentionDays: 90, receivedAtMs: world.nowMs }, JSON.stringify(ses)),
  );
}

/** SES is well again, and has told of every mail that it took. */
async function sesTellsOfAll(world: World): Promise<void> {
  delete world.world.sesError;
  for (const mail of world.mails) await sesTells(world, mail);
}

function sesIsWell({ world }: World): void {
  delete world.sesError;
}

/** To one who gets it, and one who is on the list. */
async function mailOf(world: World, sesError?: Error): Promise<Ask> {
  await suppressed(world);
  if (sesError) world.world.sesError = sesError;
  return mailTo(['ann@example.com', 'listed@example.com']);
}

function mailTo(to: readonly string[]): Ask {
  return {
    method: 'POST',
    path: '/v1/send',
    body: { from: 'you@example.com', to, subject: 'Hello', text: 'Hi' },
    headers: { 'Idempotency-Key': 'order-1' },
  };
}

export async function suppressed({ ask }: World, workspaceId = WORKSPACE_ID): Promise<void> {
  const body = { address: 'listed@example.com' };
  await ask({ method: 'POST', path: '/v1/suppressions', body, workspaceId });
}

function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function eventsOf({ rows }: World, event: string): number {
  return rows('event').filter((row) => row['event'] === event).length;
}

/** Whatever happens, SES takes it once; what nobody can know is said, and what is answered is stored. */
function isSentOnce(world: World, told: ApiResponse): void {
  expect(world.mails.length).toBeLessThanOrEqual(1);
  if (told.status === 503) expect(told.body.error.code).toBe('outcome_unknown');
  if (told.status === 202)
    expect({ mails: world.mails.length, stored: eventsOf(world, 'suppressed') }).toEqual({
      mails: 1,
      stored: 1,
    });
}

export const SENDS: Readonly<Record<string, Write>> = {
  'POST /v1/send': {
    ask: mailOf,
    meanwhile: sesTellsOfAll,
    answers: [202, 503],
    check: isSentOnce,
  },
  'POST /v1/send, to which SES says nothing': {
    ask: (world) => mailOf(world, named('TimeoutError')),
    meanwhile: sesTellsOfAll,
    answers: [202, 503],
    check: isSentOnce,
  },
  'POST /v1/send, which SES refuses': {
    ask: (world) => mailOf(world, named('MessageRejected')),
    answers: [422, 503],
    check(world, told) {
      expect(world.mails.length).toBeLessThanOrEqual(1);
      if (told.status === 503) expect(told.body.error.code).toBe('outcome_unknown');
      if (told.status === 422) expect(eventsOf(world, 'failed')).toBe(1);
    },
  },
  'POST /v1/send, which SES throttles': {
    ask: (world) => mailOf(world, named('TooManyRequestsException')),
    meanwhile: sesIsWell,
    answers: [202, 503],
    check(world, told) {
      // What SES throttled it did not take: the second one is the first.
      expect(world.mails.length).toBeLessThanOrEqual(2);
      if (told.status === 503) expect(told.body.error.code).toBe('outcome_unknown');
      if (told.status === 202) expect(eventsOf(world, 'suppressed')).toBe(1);
    },
  },
  'POST /v1/send, again, of which SES had said nothing': {
    async ask(world) {
      const mail = await mailOf(world, named('TimeoutError'));
      await world.ask(mail);
      await sesTellsOfAll(world);
      return mail;
    },
    answers: [202],
    check: isSentOnce,
  },
  'POST /v1/send, whose key cannot be written down': {
    async ask(world) {
      const mail = await mailOf(world);
      world.table.before = (command, input) => {
        if (command === 'PutCommand' && JSON.stringify(input).includes('"kind":"idempotency"'))
          throw named('InternalServerError');
      };
      return mail;
    },
    meanwhile({ table }) {
      table.before = () => {};
    },
    answers: [202],
    check: isSentOnce,
  },
  'POST /v1/send, all suppressed': {
    async ask(world) {
      await suppressed(world);
      return mailTo(['listed@example.com']);
    },
    answers: [202],
    check(world) {
      expect(world.mails).toEqual([]);
      expect(world.rows('event')).toHaveLength(1);
    },
  },
};
