/** API requests: paths, queries, headers and bodies. */
import { STATUS_OF_CODE, type ErrorCode } from '../../../lambdas/api/errors.ts';
import { bareAddress } from '../../../lambdas/core/addresses.ts';
import { sealCursor } from '../../../lambdas/core/cursor.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { openProbe } from '../../../lambdas/store/doctor-probes.ts';
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
/** A valid cursor of the list of bounces, for any limit. */
const CURSOR = sealCursor(
  { key: 'E#2026-02-25T12:30:00.000Z#evt_a', direction: 'next' },
  { workspaceId: WORKSPACE_ID, route: '/v1/send/logs', filters: { status: 'bounced' } },
  { key: Buffer.alloc(32, 1), randomBytes: (size) => Buffer.alloc(size, 7) },
);

const EMAIL = {
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

/** `{id}` stands for the id of the endpoint. */
const WRITES: readonly ApiRequest[] = [
  { method: 'POST', path: '/v1/send', body: EMAIL },
  { method: 'POST', path: '/v1/send', body: EMAIL, headers: { 'Idempotency-Key': 'order-1' } },
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

type ReadRequest = ApiRequest & { readonly query: Readonly<Record<string, string>> };

const READS: readonly ReadRequest[] = [
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
  { path: '/v1/send/logs', query: { q: 'invalid@exam', status: 'bounced,sent', tag: 'campaign:spring' } },
  { path: '/v1/messages', query: { status: 'bounced,complained', q: '@bücher.example', limit: '5' } },
  { path: '/v1/messages', query: { q: '<0100019c@email.amazonses.com>', from: 'you@yourdomain.com' } },
  { path: '/v1/messages', query: { to: 'invalid@example.com', q: '"odd local"@example.com' } },
  { path: '/v1/webhooks/{id}', query: {} },
  { path: '/v1/webhooks/{id}/deliveries', query: { status: 'exhausted', limit: '5' } },
  { path: '/v1/suppressions', query: { prefix: 'gone', limit: '5' } },
  { path: '/v1/suppressions', query: { address: 'gone@bücher.example' } },
  { path: '/v1/stats', query: { interval: 'day', after: '2026-02-24T00:00:00Z' } },
  { path: '/v1/stats', query: { by: 'provider', limit: '5', series: 'true' } },
  { path: '/v1/workspace', query: {} },
  { path: '/v1/openapi.json', query: {} },
  { path: '/llms.txt', query: {} },
  { path: '/docs', query: {} },
  { path: '/docs/api/webhooks', query: {} },
];

/** Asserts that every recipient is one accepted mailbox, so that no comma or line break can add a recipient. */
function checkEmail(
  { Destination: to, FromEmailAddress: from }: SentEmail,
  accepted: readonly string[],
): void {
  const all = [...to.ToAddresses, ...to.CcAddresses, ...to.BccAddresses];
  assertThat(all.length > 0, 'An email has no recipient');
  for (const mailbox of [from, ...all])
    assertThat(
      /^(?:(?:"(?:[^"\\]|\\.)*"|=\?[^",]*) <[^\s",<>]+>|[^\s",<>]+)$/.test(mailbox),
      `A header contains ${mailbox}`,
    );
  assertThat(
    all.every((mailbox) => accepted.includes(bareAddress(mailbox))),
    'An email went to another recipient',
  );
}

/** Sends the request. Asserts that the response is never an internal error, and that every refusal has its error code. */
async function send(request: ApiRequest): Promise<ParseResult> {
  const harness = setUpApi();
  const [{ body: webhook }] = await Promise.all([
    harness.sendRequest({ method: 'POST', path: '/v1/webhooks', body: WEBHOOK }),
    putRows(harness.table, ROWS),
    openProbe(harness.table, TOKEN, NOW_MS),
  ]);
  const { status, body, loggedError, text } = await harness.sendRequest({
    ...request,
    path: request.path.replace('{id}', webhook.id),
  });
  assertThat(
    status < 500,
    `${request.method ?? 'GET'} ${request.path} returned ${status}: ${String(loggedError)}`,
  );
  for (const email of harness.emails) checkEmail(email, body.accepted);
  if (status < 400) return 'accepted';
  // A browser gets a page for an unknown path.
  if (status === 404 && body === undefined && text.startsWith('<!doctype html>')) return 'refused';
  const { code, field } = body.error as { readonly code: ErrorCode; readonly field?: unknown };
  assertThat(STATUS_OF_CODE[code] === status, `${code} came with ${status}`);
  assertThat(field === undefined || typeof field === 'string', 'The field is not a string');
  assertThat(!/\bat .*\.ts:\d+/.test(text), 'The response contains a stack trace');
  assertThat(harness.emails.length === 0, 'A refused email was sent');
  return 'refused';
}

/** Damages the query. A parameter may occur twice. */
function damageQuery(query: ReadRequest['query'], dice: Dice): NonNullable<ApiRequest['query']> {
  const parameters = Object.entries(damageValue(query, dice)).map(
    ([name, value]): [string, string | string[]] => [
      name,
      dice.chance(0.05) ? [String(value), String(value)] : String(value),
    ],
  );
  return Object.fromEntries(parameters);
}

const WITH_HEADERS = [...WRITES, ...READS].map((request) => ({
  ...request,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...request.headers },
}));

export const REQUESTS: readonly Parser[] = [
  {
    name: 'JSON body',
    validInputs: WRITES.map((write) => () => send(write)),
    share: 0.6,
    async try(dice) {
      const write = dice.pick(WRITES);
      const base64 = dice.chance(0.1);
      const json = damageJson(write.body, dice);
      const body = base64 ? damageText(Buffer.from(json).toString('base64'), dice) : json;
      const result = await send({ ...write, body, base64 });
      assertThat(
        result === 'refused' || !json.includes('['.repeat(100)),
        'A body with extreme nesting was accepted',
      );
      return result;
    },
  },
  {
    name: 'query and path',
    validInputs: READS.map((read) => () => send(read)),
    share: 0.6,
    try(dice) {
      const read = dice.pick(READS);
      const path = dice.chance(0.3) ? damageText(read.path, dice) : read.path;
      return send({
        ...read,
        path: path.startsWith('/') ? path : `/${path}`,
        query: damageQuery(read.query, dice),
      });
    },
  },
  {
    name: 'headers of the API',
    share: 0.4,
    try(dice) {
      const request = dice.pick(WITH_HEADERS);
      const headers = Object.entries(request.headers).map(([name, value]): [string, string] => [
        dice.chance(0.1) ? damageText(name, dice) : name,
        dice.pick([value, damageText(value, dice), damageText(value, dice), noise(dice)]),
      ]);
      return send({ ...request, headers: Object.fromEntries(headers) });
    },
  },
];
