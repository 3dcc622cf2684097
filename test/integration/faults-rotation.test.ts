/** The fault of the fault table about a secret that is rotated while webhooks are being sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { fault } from '../proof/faults/fault.ts';
import {
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendEmail,
  until,
  type Api,
  type Hook,
  type HookRequest,
} from './client.ts';

/** A slow machine gets a longer overlap, because it must send enough webhooks during it. */
const MIN_OVERLAP_SECONDS = 30;
/** An attempt reads its secrets before it signs. An attempt in progress may have read them before the rotation. */
const IN_PROGRESS_MS = 8_000;
const RECIPIENTS = 5;
const PAUSE_MS = 400;
/** Webhooks needed before, during and after the overlap. Fewer would be no load. */
const MIN_WEBHOOKS = 20;

/** Sends emails with several recipients each, one after another, until `stop` is aborted. Returns the message ids. */
async function load(api: Api, stop: AbortSignal): Promise<readonly string[]> {
  const to = Array.from({ length: RECIPIENTS }, (_, index) => `success+load${index}@simulator.amazonses.com`);
  const ids: string[] = [];
  while (!stop.aborted) {
    ids.push(await sendEmail(api, { to }));
    await sleep(PAUSE_MS);
  }
  return ids;
}

/** The names of the secrets that verify a request, according to the library that receivers use. */
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

/** The requests signed in a range of time. `webhook-timestamp` is a whole second, so a request signed in the second of a boundary is in no range. */
function within(requests: readonly HookRequest[], fromMs: number, toMs: number): readonly HookRequest[] {
  return requests.filter((each) => {
    const ms = secondsOf(each) * 1000;
    return ms >= fromMs && ms + 1000 <= toMs;
  });
}

/** Waits until enough webhooks were signed in a range of time. */
async function signedWithin(hook: Hook, fromMs: number, toMs: () => number): Promise<void> {
  await until('enough webhooks', async () =>
    within(await hook.seen(), fromMs, toMs()).length >= MIN_WEBHOOKS ? true : undefined,
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
    const requestedMs = Date.now();
    const neededMs = IN_PROGRESS_MS + 5 * (requestedMs - startedMs);
    const overlapSeconds = Math.max(MIN_OVERLAP_SECONDS, Math.ceil(neededMs / 1000));
    const rotated = await api('POST', `/v1/webhooks/${hook.endpointId}/rotate-secret`, {
      overlap_seconds: overlapSeconds,
    });
    const respondedMs = Date.now();
    expect(rotated.status).toBe(200);
    const endsMs = Date.parse(rotated.body.previous_expires_at);
    await signedWithin(hook, endsMs, () => Infinity);
    stop.abort();
    const messageIds = await sending;
    const requests = await hook.requests(messageIds.length * RECIPIENTS);

    const secrets = { old: hook.secret, new: rotated.body.secret as string };
    const signed = (fromMs: number, toMs: number): readonly string[] =>
      within(requests, fromMs, toMs).map((each) => verifiedBy(each, secrets));
    const before = signed(0, requestedMs);
    const aroundRotation = signed(requestedMs, respondedMs + IN_PROGRESS_MS);
    const during = signed(respondedMs + IN_PROGRESS_MS, endsMs);
    const after = signed(endsMs, Infinity);
    for (const signedBy of [before, during, after])
      expect(signedBy.length).toBeGreaterThanOrEqual(MIN_WEBHOOKS);
    expect(new Set(before)).toEqual(new Set(['old']));
    expect(aroundRotation.filter((each) => !each.startsWith('old'))).toEqual([]);
    expect(new Set(during)).toEqual(new Set(['old and new']));
    expect(new Set(after)).toEqual(new Set(['new']));
    expect(requests.map((each) => verifiedBy(each, secrets))).not.toContain('');

    // The receiver refused nothing, so it got no webhook twice. The log contains every event.
    expect(new Set(requests.map(({ headers }) => headers['webhook-id'])).size).toBe(requests.length);
    expect(requests).toHaveLength(messageIds.length * RECIPIENTS);
    const logs = await requestEach(messageIds, (messageId) => logsOf(messageId, 2 * RECIPIENTS, api));
    expect(logs.every((entries) => entries.length === 2 * RECIPIENTS)).toBe(true);
    const perSecond =
      requests.length / (Math.max(...requests.map(secondsOf)) - Math.min(...requests.map(secondsOf)));
    return `${requests.length} webhooks, ${perSecond.toFixed(0)} per second: ${before.length} before the rotation verify with the old secret, ${during.length} in the overlap of ${overlapSeconds} s with both, ${after.length} after it with the new secret only; none sent twice, none lost`;
  });
});
