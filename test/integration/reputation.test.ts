import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createHook, newTenant, sendEmail, sesSends, stack, until, type HookRequest } from './client.ts';

interface Announcement {
  readonly event: string;
  readonly workspace_id: string;
  readonly configuration_set?: string;
  readonly reasons: readonly { readonly metric: string; readonly severity: string; readonly count: number }[];
}

function announcementOf({ verified, raw_body: body }: HookRequest): Announcement {
  expect(verified).toBe(true);
  return JSON.parse(body) as Announcement;
}

it('the guard warns, pauses POST /v1/send, announces both as signed webhooks, and a resume sends again', async () => {
  const tenant = await newTenant('reputation');
  const label = randomUUID();
  // The mailbox simulator is not counted. The local SES simulates the same outcomes at domains below `example`.
  const recipients = (name: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${name}+${label}-${index}@customer.example`);
  const stateOf = async () => (await tenant.api('GET', '/v1/reputation')).body.scopes[0];
  const stateIs = (state: string) =>
    until(`the state ${state}`, async () => {
      const scope = await stateOf();
      return scope.state === state ? scope : undefined;
    });
  const hook = await createHook(
    ['reputation.warning', 'reputation.paused', 'reputation.resumed'],
    tenant.api,
  );
  const all = await createHook(['*'], tenant.api);
  expect(await stateOf()).toMatchObject({ state: 'ok', since: null, windows: [{ sent: 0 }, { sent: 0 }] });

  const bounce = { warning: 0.2, pause: 0.5, min_count: 1 };
  const limits = { hour: { min_sent: 5, bounce }, day: { min_sent: 5, bounce } };
  expect((await tenant.api('PATCH', '/v1/reputation', { mode: 'pause', limits })).body.mode).toBe('pause');

  await sendEmail(tenant.api, { to: [...recipients('success', 4), 'bounce@first.example'] });
  expect(await stateIs('warning')).toMatchObject({ changed_by: 'guard' });
  await sendEmail(tenant.api, { to: recipients('bounce', 4), tags: { campaign: 'import' } });
  await stateIs('paused');
  // The bounces can be counted before the emails, so the pause can be earlier than the last count.
  const paused = await until('the counts of both emails', async () => {
    const scope = await stateOf();
    return scope.windows[0].sent === 9 && scope.windows[0].bounced === 5 ? scope : undefined;
  });
  expect(paused.windows[0].bounce_rate).toBe(5 / 9);
  expect(paused.contributors.tag[0]).toMatchObject({ value: 'campaign:import', bounced: 4 });

  const send = () =>
    tenant.api(
      'POST',
      '/v1/send',
      { from: stack.from, to: 'success@customer.example', subject: 'Hello', text: 'Hello.' },
      { 'idempotency-key': label },
    );
  const { requested } = await sesSends();
  const refused = await send();
  expect([refused.status, refused.body.error.code]).toEqual([409, 'reputation_paused']);
  expect(refused.body.error.message).toContain('The bounce rate');
  expect((await sesSends()).requested).toBe(requested);

  const resumed = await tenant.api('POST', '/v1/reputation/resume', { grace_hours: 1 });
  expect(resumed.body).toMatchObject({ state: 'ok', reasons: [] });
  expect((await send()).status).toBe(202);

  // All emails have the same configuration set. So the set is no scope, and each change is announced and stored once.
  const { scopes } = (await tenant.api('GET', '/v1/reputation')).body;
  expect(scopes).toHaveLength(1);
  const { data } = (await tenant.api('GET', '/v1/reputation/history')).body;
  expect(
    data.map(({ configuration_set: set, to }: { configuration_set: string | null; to: string }) => [set, to]),
  ).toEqual([
    [null, 'ok'],
    [null, 'paused'],
    [null, 'warning'],
  ]);
  const announcements = (await hook.requests(3)).map(announcementOf);
  expect(announcements.map(({ event }) => event).toSorted()).toEqual([
    'reputation.paused',
    'reputation.resumed',
    'reputation.warning',
  ]);
  expect(announcements.filter(({ configuration_set: set }) => set !== undefined)).toEqual([]);
  const announced = announcements.find(({ event }) => event === 'reputation.paused');
  expect(announced?.workspace_id).toBe(tenant.id);
  expect(announced?.reasons).toContainEqual(
    expect.objectContaining({ metric: 'bounce', severity: 'pause', limit: bounce.pause }),
  );
  // Webhooks that get every event of emails get no event of the guard.
  expect((await all.seen()).filter(({ raw_body: body }) => body.includes('"reputation.'))).toEqual([]);
  await Promise.all([hook.remove(), all.remove()]);
});
