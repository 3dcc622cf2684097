/** The row of the fault table about a secret that is rotated while webhooks are being sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { fault } from '../proof/faults/fault.ts';
import {
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendMail,
  until,
  type Api,
  type Hook,
  type HookRequest,
} from './client.ts';

/** At least so long; a slow machine gets more, since it must send enough webhooks meanwhile. */
const LEAST_OVERLAP_SECONDS = 30;
/** An attempt reads its secrets before it signs: one that was under way may have read them before the rotation. */
const UNDER_WAY_MS = 8_000;
const RECIPIENTS = 5;
const PAUSE_MS = 400;
/** Fewer in one of the three times would be no load. */
const ENOUGH = 20;

/** Mails one after the other, of several recipients each, until it is told to stop; gives their ids. */
async function load(api: Api, stop: AbortSignal): Promise<readonly string[]> {
  const to = Array.from({ length: RECIPIENTS }, (_, index) => `success+load${index}@simulator.amazonses.com`);
  const ids: string[] = [];
  while (!stop.aborted) {
    ids.push(await sendMail(api, { to }));
    await sleep(PAUSE_MS);
  }
  return ids;
}

/** Which of the two secrets verifies a request, by the library that receivers use. */
function verifiedBy(
  { raw_body: body, headers }: HookRequest,
  secrets: { readonly old: string; readonly new: string },
): string {
  const verifies = (secret: string): boolean => {
    try {
      new Webhook(secret).verify(body, headers);
      return true;
    } catch {
      return false;
    }
  };
  return Object.entries(secrets)
    .filter(([, secret]) => verifies(secret))
    .map(([name]) => name)
    .join(' and ');
}

function secondsOf({ headers }: HookRequest): number {
  return Number(headers['webhook-timestamp']);
}

/** A webhook-timestamp is a whole second: what was signed within one that a border lies in is on neither side. */
function within(requests: readonly HookRequest[], fromMs: number, toMs: number): readonly HookRequest[] {
  return requests.filter((each) => {
    const ms = secondsOf(each) * 1000;
    return ms >= fromMs && ms + 1000 <= toMs;
  });
}

/** Waits until there are enough of a time. */
async function signedWithin(hook: Hook, fromMs: number, toMs: () => number): Promise<void> {
  await until('enough webhooks', async () =>
    within(await hook.seen(), fromMs, toMs()).length >= ENOUGH ? true : undefined,
  );
}

describe('a secret', () => {
  fault(22, async () => {
    const { api } = await newTenant('rotation');
    const hook = await createHook(['delivered'], api);
    const stop = new AbortController();
    onTestFinished(() => stop.abort());
    const sending = load(api, stop.signal);
    const startedMs = Date.now();
    await signedWithin(hook, 0, Date.now);
    const askedMs = Date.now();
    const enoughMs = UNDER_WAY_MS + 5 * (askedMs - startedMs);
    const overlapSeconds = Math.max(LEAST_OVERLAP_SECONDS, Math.ceil(enoughMs / 1000));
    const rotated = await api('POST', `/v1/webhooks/${hook.endpointId}/rotate-secret`, {
      overlap_seconds: overlapSeconds,
    });
    const answeredMs = Date.now();
    expect(rotated.status).toBe(200);
    const endsMs = Date.parse(rotated.body.previous_expires_at);
    await signedWithin(hook, endsMs, () => Infinity);
    stop.abort();
    const mails = await sending;
    const requests = await hook.requests(mails.length * RECIPIENTS);

    const secrets = { old: hook.secret, new: rotated.body.secret as string };
    const signed = (fromMs: number, toMs: number): readonly string[] =>
      within(requests, fromMs, toMs).map((each) => verifiedBy(each, secrets));
    const before = signed(0, askedMs);
    const turning = signed(askedMs, answeredMs + UNDER_WAY_MS);
    const during = signed(answeredMs + UNDER_WAY_MS, endsMs);
    const after = signed(endsMs, Infinity);
    for (const some of [before, during, after]) expect(some.length).toBeGreaterThanOrEqual(ENOUGH);
    expect(new Set(before)).toEqual(new Set(['old']));
    expect(turning.filter((each) => !each.startsWith('old'))).toEqual([]);
    expect(new Set(during)).toEqual(new Set(['old and new']));
    expect(new Set(after)).toEqual(new Set(['new']));
    expect(requests.map((each) => verifiedBy(each, secrets))).not.toContain('');

    // Nothing was refused, so nothing came twice; and all of it is in the log.
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(requests.length);
    expect(requests).toHaveLength(mails.length * RECIPIENTS);
    const logs = await requestEach(mails, (messageId) => logsOf(messageId, 2 * RECIPIENTS, api));
    expect(logs.every((entries) => entries.length === 2 * RECIPIENTS)).toBe(true);
    const perSecond =
      requests.length / (Math.max(...requests.map(secondsOf)) - Math.min(...requests.map(secondsOf)));
    return `${requests.length} webhooks, ${perSecond.toFixed(0)} a second: ${before.length} before verify with the old, ${during.length} in the overlap of ${overlapSeconds} s with both, ${after.length} after it with the new alone; none twice, none lost`;
  });
});
