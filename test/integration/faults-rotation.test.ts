/** The row of the fault table about a secret that is rotated while webhooks are being sent. */
import { describe, expect } from 'vitest';
import { Webhook } from 'standardwebhooks';
import { fault } from '../proof/faults/fault.ts';
import { createHook, logsOf, newTenant, sendMail, until, type Api, type HookRequest } from './client.ts';

const OVERLAP_SECONDS = 12;
/** An attempt reads its secrets before it signs: one that was under way may have read them before the rotation. */
const UNDER_WAY_MS = 2_000;
const RECIPIENTS = 5;
const PAUSE_MS = 200;
/** Fewer in one of the three times would be no load. */
const ENOUGH = 20;

function sleepUntil(epochMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, Math.max(0, epochMs - Date.now()));
  });
}

/** Mails one after the other, of several recipients each, until it is told to stop; gives their ids. */
function startLoad(api: Api): { stop(): Promise<readonly string[]> } {
  const to = Array.from({ length: RECIPIENTS }, (_, index) => `success+load${index}@simulator.amazonses.com`);
  let stopped = false;
  const sent = (async () => {
    const ids: string[] = [];
    while (!stopped) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other
      ids.push(await sendMail(api, { to }));
      // oxlint-disable-next-line no-await-in-loop
      await sleepUntil(Date.now() + PAUSE_MS);
    }
    return ids;
  })();
  return {
    stop() {
      stopped = true;
      return sent;
    },
  };
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

describe('a secret', () => {
  fault(22, async () => {
    const { api } = await newTenant('rotation');
    const hook = await createHook(['delivered'], api);
    const load = startLoad(api);
    await hook.requests(ENOUGH);
    const askedMs = Date.now();
    const rotated = await api('POST', `/v1/webhooks/${hook.endpointId}/rotate-secret`, {
      overlap_seconds: OVERLAP_SECONDS,
    });
    const answeredMs = Date.now();
    expect(rotated.status).toBe(200);
    const endsMs = Date.parse(rotated.body.previous_expires_at);
    const signedAfterwards = (requests: readonly HookRequest[]) =>
      requests.filter((request) => secondsOf(request) * 1000 >= endsMs);
    await until('webhooks after the overlap', async () =>
      signedAfterwards(await hook.seen()).length >= ENOUGH ? true : undefined,
    );
    const mails = await load.stop();
    const requests = await hook.requests(mails.length * RECIPIENTS);

    // A webhook-timestamp is a whole second: what was signed within one that a border lies in is on neither side.
    const secrets = { old: hook.secret, new: rotated.body.secret as string };
    const signed = (fromMs: number, toMs: number): readonly string[] =>
      requests
        .filter((each) => secondsOf(each) * 1000 >= fromMs && secondsOf(each) * 1000 + 1000 <= toMs)
        .map((each) => verifiedBy(each, secrets));
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
    const logs = await Promise.all(mails.map((messageId) => logsOf(messageId, 2 * RECIPIENTS, api)));
    expect(logs.every((entries) => entries.length === 2 * RECIPIENTS)).toBe(true);
    const perSecond =
      requests.length / (Math.max(...requests.map(secondsOf)) - Math.min(...requests.map(secondsOf)));
    return `${requests.length} webhooks, ${perSecond.toFixed(0)} a second: ${before.length} before verify with the old, ${during.length} in the overlap of ${OVERLAP_SECONDS} s with both, ${after.length} after it with the new alone; none twice, none lost`;
  });
});
