/** What comes over the API: paths, queries, headers and bodies. */
import { STATUS_OF_CODE, type ErrorCode } from '../../../lambdas/api/errors.ts';
import { bareAddress } from '../../../lambdas/core/addresses.ts';
import { sealCursor } from '../../../lambdas/core/cursor.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { openProbe } from '../../../lambdas/store/probes.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { NOW_MS, setUpApi, type ApiRequest, type SentEmail } from '../../api/harness.ts';
import { WORKSPACE_ID, anEvent } from '../../../sim/builders/events.ts';
import { SAMPLES } from '../../../sim/ses/samples.ts';
import type { Dice } from '../../../sim/random.ts';
import { damageValue, damageText, noise, damageJson } from './damage.ts';
import { assertThat, type Parser, type ParseResult } from './parser.ts';

const EVENT = anEvent();
const ROWS = eventRows([EVENT], { retentionDays: 90, receivedAtMs: NOW_MS }, JSON.stringify(SAMPLES.bounce));
const TOKEN = 'a'.repeat(52);
/** Good for the list of bounces, whatever its limit. */
const CURSOR = sealCursor(
  { key: 'E#2026-02-25T12:30:00.000Z#evt_a', direction: 'next' },
  { workspaceId: WORKSPACE_ID, route: '/v1/send/logs', filters: { status: 'bounced' } },
  { key: Buffer.alloc(32, 1), randomBytes: (size) => Buffer.alloc(size, 7) },
);

const MAIL = {
  from: 'You <you@yourdomain.com>',
  to: ['ann@example.com', '"Ben, \\"Dr.\\"" <ben@example.com>'],
  cc: ['Jürgen <cc@example.com>'],
  reply_to: ['you@yourdomain.com'],
  subject: 'Hello',
  html: '<p>Hello</p>',
  text: 'Hello',
  tags: { campaign: 'spring' },
  headers: { 'X-Entity': '1' },
  attachments: [
    { filename: 'a.txt', content: 'aGVsbG8=', content_type: 'text/plain; charset=utf-8', content_id: 'a' },
  ],
};
const WEBHOOK = { url: 'https://hooks.example.com/ivymail', events: ['bounced'], description: 'CRM' };

/** `{id}` is the endpoint's. */
const WRITES: readonly ApiRequest[] = [
  { method: 'POST', path: '/v1/send', body: MAIL },
  { method: 'POST', path: '/v1/send', body: MAIL, headers: { 'Idempotency-Key': 'order-1' } },
  { method: 'POST', path: '/v1/webhooks', body: WEBHOOK },
  { method: 'POST', path: '/v1/webhooks/check', body: { url: WEBHOOK.url } },
  {
    method: 'PATCH',
    path: '/v1/webhooks/{id}',
    body: { status: 'paused', events: ['*'], url: WEBHOOK.url, description: null },
  },
  {
    method: 'POST',
    path: '/v1/webhooks/{id}/recover',
    body: { since: '2026-02-25T11:00:00Z', until: '2026-02-25T12:30:00+01:00', dry_run: true },
  },
  { method: 'POST', path: '/v1/webhooks/{id}/test', body: { event: 'bounced' } },
  { method: 'POST', path: '/v1/webhooks/{id}/rotate-secret', body: { overlap_seconds: 3600 } },
  { method: 'POST', path: '/v1/suppressions', body: { address: 'gone@example.com', reason: 'complaint' } },
  {
    method: 'POST',
    path: '/v1/api-keys',
    body: { name: 'Reports', scopes: ['read'], expires_at: '2030-01-01T00:00:00Z' },
  },
  {
    method: 'POST',
    path: `/probes/${TOKEN}`,
    body: { type: 'email.bounced' },
    headers: { 'webhook-id': EVENT.event_id },
  },
];

type Read = ApiRequest & { readonly query: Readonly<Record<string, string>> };

const READS: readonly Read[] = [
  { path: '/v1/send/logs', query: { status: 'bounced', limit: '20', cursor: CURSOR } },
  {
    path: '/v1/send/logs',
    query: { type: 'bounce', to: 'invalid@example.com', message_id: EVENT.message_id },
  },
  { path: '/v1/send/logs', query: { after: '2026-02-25T11:00:00Z', before: '2026-02-25T12:00:00-01:00' } },
  { path: '/v1/send/logs', query: { limit: '1000' }, headers: { Accept: 'text/csv;q=0.9, text/html' } },
  { path: '/v1/send/logs', query: {}, headers: { Accept: 'application/x-ndjson' } },
  {
    path: '/v1/send/logs/export',
    query: { format: 'csv', after: '2026-02-24', message_id: '<0100019c@email.amazonses.com>' },
  },
  { path: `/v1/send/logs/${EVENT.message_id}`, query: { raw: 'true' } },
  { path: '/v1/webhooks/{id}', query: {} },
  { path: '/v1/webhooks/{id}/deliveries', query: { status: 'exhausted', limit: '5' } },
  { path: '/v1/suppressions', query: { prefix: 'gone', limit: '5' } },
  { path: '/v1/suppressions', query: { address: 'gone@bücher.example' } },
  { path: '/v1/stats', query: { interval: 'day', after: '2026-02-24T00:00:00Z' } },
  { path: '/v1/workspace', query: {} },
  { path: '/v1/openapi.json', query: {} },
  { path: '/llms.txt', query: {} },
  { path: '/docs', query: {} },
];

/** One mailbox each, of whom the mail was accepted for: nobody was slipped in, by a comma or a line break. */
function checkMail(
  { Destination: to, FromEmailAddress: from }: SentEmail,
  accepted: readonly string[],
): void {
  const all = [...to.ToAddresses, ...to.CcAddresses, ...to.BccAddresses];
  assertThat(all.length > 0, 'A mail went to nobody');
  for (const mailbox of [from, ...all])
    assertThat(
      /^(?:(?:"(?:[^"\\]|\\.)*"|=\?[^",]*) <[^\s",<>]+>|[^\s",<>]+)$/.test(mailbox),
      `A header got ${mailbox}`,
    );
  assertThat(
    all.every((mailbox) => accepted.includes(bareAddress(mailbox))),
    'A mail went to somebody else',
  );
}

/** An answer to a client that may have sent anything: never a fault of ours, and every refusal with its code. */
async function asked(ask: ApiRequest): Promise<ParseResult> {
  const harness = setUpApi();
  const [{ body: webhook }] = await Promise.all([
    harness.sendRequest({ method: 'POST', path: '/v1/webhooks', body: WEBHOOK }),
    putRows(harness.table, ROWS),
    openProbe(harness.table, TOKEN, NOW_MS),
  ]);
  const { status, body, loggedError, text } = await harness.sendRequest({
    ...ask,
    path: ask.path.replace('{id}', webhook.id),
  });
  assertThat(status < 500, `${ask.method ?? 'GET'} ${ask.path} answered ${status}: ${String(loggedError)}`);
  for (const mail of harness.emails) checkMail(mail, body.accepted);
  if (status < 400) return 'taken';
  const { code, field } = body.error as { readonly code: ErrorCode; readonly field?: unknown };
  assertThat(STATUS_OF_CODE[code] === status, `${code} came with ${status}`);
  assertThat(field === undefined || typeof field === 'string', 'The field is no text');
  assertThat(!/\bat .*\.ts:\d+/.test(text), 'The answer shows a stack');
  assertThat(harness.emails.length === 0, 'A mail was sent that was refused');
  return 'refused';
}

/** Sometimes twice. */
function damagedQuery(query: Read['query'], dice: Dice): NonNullable<ApiRequest['query']> {
  const given = Object.entries(damageValue(query, dice)).map(([name, value]): [string, string | string[]] => [
    name,
    dice.chance(0.05) ? [String(value), String(value)] : String(value),
  ]);
  return Object.fromEntries(given);
}

const HEADED = [...WRITES, ...READS].map((ask) => ({
  ...ask,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...ask.headers },
}));

export const REQUESTS: readonly Parser[] = [
  {
    name: 'JSON body',
    validInputs: WRITES.map((write) => () => asked(write)),
    share: 0.6,
    async try(dice) {
      const write = dice.pick(WRITES);
      const base64 = dice.chance(0.1);
      const json = damageJson(write.body, dice);
      const body = base64 ? damageText(Buffer.from(json).toString('base64'), dice) : json;
      const verdict = await asked({ ...write, body, base64 });
      assertThat(verdict === 'refused' || !json.includes('['.repeat(100)), 'Nesting without end was taken');
      return verdict;
    },
  },
  {
    name: 'query and path',
    validInputs: READS.map((read) => () => asked(read)),
    share: 0.6,
    try(dice) {
      const read = dice.pick(READS);
      const path = dice.chance(0.3) ? damageText(read.path, dice) : read.path;
      return asked({
        ...read,
        path: path.startsWith('/') ? path : `/${path}`,
        query: damagedQuery(read.query, dice),
      });
    },
  },
  {
    name: 'headers, by the API',
    share: 0.4,
    try(dice) {
      const ask = dice.pick(HEADED);
      const headers = Object.entries(ask.headers).map(([name, value]): [string, string] => [
        dice.chance(0.1) ? damageText(name, dice) : name,
        dice.pick([value, damageText(value, dice), damageText(value, dice), noise(dice)]),
      ]);
      return asked({ ...ask, headers: Object.fromEntries(headers) });
    },
  },
];
