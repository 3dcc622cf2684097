/** The cases of `POST /v1/send`, with the responses and the events of SES. */
import { expect } from 'vitest';
import { normalize } from '../../../lambdas/ingest/normalize.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { sendEvent } from '../../../sim/ses/events.ts';
import type { ApiRequest, SentEmail, ApiResponse } from '../../api/harness.ts';
import { WORKSPACE_ID } from '../../../sim/builders/events.ts';
import type { Harness, Write } from './write.ts';

/** Stores the Send event that SES publishes for an email that it accepted. */
async function storeSendEvent({ table, state }: Harness, email: SentEmail): Promise<void> {
  const ses = sendEvent({
    messageId: '0100019c-accepted',
    acceptedAtMs: state.nowMs,
    source: email.FromEmailAddress,
    to: email.Destination.ToAddresses,
    tags: Object.fromEntries(email.EmailTags.map(({ Name, Value }) => [Name, Value])),
    configurationSet: email.ConfigurationSetName,
    operation: 'SendEmail',
  });
  const events = normalize(ses).events.map((event) => ({ ...event, workspace_id: WORKSPACE_ID }));
  await putRows(
    table,
    eventRows(events, { retentionDays: 90, receivedAtMs: state.nowMs }, JSON.stringify(ses)),
  );
}

/** SES works again, and has published the Send event of every email that it accepted. */
async function publishSendEvents(harness: Harness): Promise<void> {
  delete harness.state.sesError;
  for (const email of harness.emails) await storeSendEvent(harness, email);
}

function repairSes({ state }: Harness): void {
  delete state.sesError;
}

/** A send to a deliverable recipient and a suppressed one. If `sesError` is set, SES responds with it. */
async function prepareSend(harness: Harness, sesError?: Error): Promise<ApiRequest> {
  await suppressAddress(harness);
  if (sesError) harness.state.sesError = sesError;
  return sendTo(['ann@example.com', SUPPRESSED]);
}

function sendTo(to: readonly string[]): ApiRequest {
  return {
    method: 'POST',
    path: '/v1/send',
    body: { from: 'you@example.com', to, subject: 'Hello', text: 'Hi' },
    headers: { 'Idempotency-Key': 'order-1' },
  };
}

const SUPPRESSED = 'listed@example.com';

export async function suppressAddress({ sendRequest }: Harness, workspaceId = WORKSPACE_ID): Promise<void> {
  const body = { address: SUPPRESSED };
  await sendRequest({ method: 'POST', path: '/v1/suppressions', body, workspaceId });
}

function errorNamed(name: string): Error {
  return Object.assign(new Error(name), { name });
}

function countEvents({ rows }: Harness, event: string): number {
  return rows('event').filter((row) => row['event'] === event).length;
}

/**
 * SES is called at most once. A 202 means that the email was sent and its suppressed recipient is stored. If the outcome cannot be known,
 * the response is `outcome_unknown`.
 */
function checkSentOnce(harness: Harness, response: ApiResponse): void {
  expect(harness.emails.length).toBeLessThanOrEqual(1);
  if (response.status === 503) expect(response.body.error.code).toBe('outcome_unknown');
  if (response.status === 202)
    expect({ emails: harness.emails.length, stored: countEvents(harness, 'suppressed') }).toEqual({
      emails: 1,
      stored: 1,
    });
}

export const SENDS: Readonly<Record<string, Write>> = {
  'POST /v1/send': {
    prepare: prepareSend,
    beforeRepeat: publishSendEvents,
    statuses: [202, 503],
    check: checkSentOnce,
  },
  'POST /v1/send again, with the key of an email that was sent before a pause': {
    async prepare(harness) {
      const request = await prepareSend(harness);
      await harness.sendRequest(request);
      await harness.sendRequest({ method: 'POST', path: '/v1/reputation/pause', body: {} });
      return request;
    },
    statuses: [202],
    check: checkSentOnce,
  },
  'POST /v1/send when SES does not respond': {
    prepare: (harness) => prepareSend(harness, errorNamed('TimeoutError')),
    beforeRepeat: publishSendEvents,
    statuses: [202, 503],
    check: checkSentOnce,
  },
  'POST /v1/send when SES rejects the email': {
    prepare: (harness) => prepareSend(harness, errorNamed('MessageRejected')),
    statuses: [422, 503],
    check(harness, response) {
      expect(harness.emails.length).toBeLessThanOrEqual(1);
      if (response.status === 503) expect(response.body.error.code).toBe('outcome_unknown');
      if (response.status === 422) expect(countEvents(harness, 'failed')).toBe(1);
    },
  },
  'POST /v1/send when SES throttles': {
    prepare: (harness) => prepareSend(harness, errorNamed('TooManyRequestsException')),
    beforeRepeat: repairSes,
    statuses: [202, 503],
    check(harness, response) {
      // SES did not accept the throttled request, so the repetition may call it again.
      expect(harness.emails.length).toBeLessThanOrEqual(2);
      if (response.status === 503) expect(response.body.error.code).toBe('outcome_unknown');
      if (response.status === 202) expect(countEvents(harness, 'suppressed')).toBe(1);
    },
  },
  'POST /v1/send repeated after SES did not respond': {
    async prepare(harness) {
      const request = await prepareSend(harness, errorNamed('TimeoutError'));
      await harness.sendRequest(request);
      await publishSendEvents(harness);
      return request;
    },
    statuses: [202],
    check: checkSentOnce,
  },
  'POST /v1/send when the idempotency record cannot be stored': {
    async prepare(harness) {
      const request = await prepareSend(harness);
      harness.table.before = (command, input) => {
        if (command === 'PutCommand' && JSON.stringify(input).includes('"kind":"idempotency"'))
          throw errorNamed('InternalServerError');
      };
      return request;
    },
    beforeRepeat({ table }) {
      table.before = () => {};
    },
    statuses: [202],
    check: checkSentOnce,
  },
  'POST /v1/send when all recipients are suppressed': {
    async prepare(harness) {
      await suppressAddress(harness);
      return sendTo([SUPPRESSED]);
    },
    statuses: [202],
    check(harness) {
      expect(harness.emails).toEqual([]);
      expect(harness.rows('event')).toHaveLength(1);
    },
  },
};
