/** What comes over the API: keys, cursors, queries and bodies. */
import { randomBytes } from 'node:crypto';
import { authorize } from '../../../lambdas/api/authorize.ts';
import { STATUS_OF_CODE, type ErrorCode } from '../../../lambdas/api/errors.ts';
import { isWellFormedApiKey, newApiKey } from '../../../lambdas/core/api-key.ts';
import { openCursor, sealCursor } from '../../../lambdas/core/cursor.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { setUp, type Ask } from '../../api/harness.ts';
import { WORKSPACE_ID } from '../../builders/events.ts';
import type { Dice } from '../world/random.ts';
import { damaged, damagedText, noise, sentJson } from './damage.ts';
import { must, type Parser, type Verdict } from './parser.ts';

const SCOPE = { workspaceId: WORKSPACE_ID, route: '/v1/send/logs', filters: { status: 'sent' } };
const CURSOR_KEY = Buffer.alloc(32, 1);
const CURSOR = sealCursor({ key: 'E#2026-02-25T12:00:00.000Z#evt_a', direction: 'next' }, SCOPE, {
  key: CURSOR_KEY,
  randomBytes,
});
const METHOD_ARN = 'arn:aws:execute-api:us-east-1:000000000000:api/prod/GET/v1/send/logs';

const MAIL = {
  from: 'You <you@yourdomain.com>',
  to: ['ann@example.com', 'Ben <ben@example.com>'],
  cc: ['cc@example.com'],
  reply_to: ['you@yourdomain.com'],
  subject: 'Hello',
  html: '<p>Hello</p>',
  text: 'Hello',
  tags: { campaign: 'spring' },
  headers: { 'X-Entity': '1' },
  attachments: [{ filename: 'a.txt', content: 'aGVsbG8=', content_type: 'text/plain' }],
};
const WEBHOOK = { url: 'https://hooks.example.com/ivymail', events: ['bounced'], description: 'CRM' };

const WRITES: readonly Ask[] = [
  { method: 'POST', path: '/v1/send', body: MAIL },
  { method: 'POST', path: '/v1/webhooks', body: WEBHOOK },
  { method: 'POST', path: '/v1/webhooks/check', body: { url: WEBHOOK.url } },
  {
    method: 'PATCH',
    path: '/v1/webhooks/{id}',
    body: { status: 'paused', events: ['*'], url: WEBHOOK.url },
  },
  { method: 'POST', path: '/v1/webhooks/{id}/recover', body: { since: '2026-02-25T11:00:00Z' } },
  { method: 'POST', path: '/v1/webhooks/{id}/test', body: { event: 'bounced' } },
  { method: 'POST', path: '/v1/webhooks/{id}/rotate-secret', body: { overlap_hours: 24 } },
  { method: 'POST', path: '/v1/suppressions', body: { address: 'gone@example.com' } },
  {
    method: 'POST',
    path: '/v1/api-keys',
    body: { name: 'Reports', scopes: ['read'], expires_at: '2030-01-01T00:00:00Z' },
  },
];

const READS: readonly (Ask & { readonly query: Readonly<Record<string, string>> })[] = [
  {
    path: '/v1/send/logs',
    query: { type: 'bounce', status: 'bounced', to: 'ann@example.com', limit: '20', cursor: CURSOR },
  },
  { path: '/v1/send/logs', query: { after: '2026-02-25T11:00:00Z', before: '2026-02-25T12:00:00Z' } },
  { path: '/v1/send/logs/export', query: { format: 'csv', limit: '100' } },
  { path: '/v1/webhooks/{id}/deliveries', query: { status: 'exhausted', limit: '5' } },
  { path: '/v1/suppressions', query: { reason: 'hard_bounce', limit: '5' } },
  { path: '/v1/stats', query: { interval: 'day', after: '2026-02-24T00:00:00Z' } },
  { path: `/v1/deliveries/${deterministicId('dlv', ['a'])}`, query: {} },
  { path: '/openapi.json', query: {} },
];

/** An answer to a client that may have sent anything: never a fault of ours, and every refusal with its code. */
async function asked(ask: Ask): Promise<Verdict> {
  const harness = setUp();
  const { body: webhook } = await harness.ask({ method: 'POST', path: '/v1/webhooks', body: WEBHOOK });
  const { status, body, fault, text } = await harness.ask({
    ...ask,
    path: ask.path.replace('{id}', webhook.id),
  });
  must(status < 500, `${ask.method ?? 'GET'} ${ask.path} answered ${status}: ${String(fault)}`);
  if (status < 400) return 'taken';
  const { code, field } = body.error as { readonly code: ErrorCode; readonly field?: unknown };
  must(STATUS_OF_CODE[code] === status, `${code} came with ${status}`);
  must(field === undefined || typeof field === 'string', 'The field is no text');
  must(!/\bat .*\.ts:\d+/.test(text), 'The answer shows a stack');
  return 'refused';
}

function headerDamage(dice: Dice): Record<string, string | undefined> {
  const key = newApiKey('live', (size) => dice.bytes(size));
  const value = dice.of([key, damagedText(key, dice), noise(dice), '']);
  return dice.of([
    { 'x-api-key': value },
    { 'X-API-Key': value },
    { [damagedText('x-api-key', dice)]: value },
  ]);
}

export const REQUESTS: readonly Parser[] = [
  {
    name: 'JSON body',
    share: 0.6,
    try(dice) {
      const write = dice.of(WRITES);
      const base64 = dice.chance(0.1);
      const json = sentJson(write.body, dice);
      const body = base64 ? damagedText(Buffer.from(json).toString('base64'), dice) : json;
      return asked({ ...write, body, base64 });
    },
  },
  {
    name: 'query and path',
    share: 0.6,
    try(dice) {
      const read = dice.of(READS);
      const texts = Object.entries(damaged(read.query, dice)).map(
        ([name, value]) => [name, String(value)] as const,
      );
      const path = dice.chance(0.3) ? damagedText(read.path, dice) : read.path;
      return asked({
        ...read,
        path: path.startsWith('/') ? path : `/${path}`,
        query: Object.fromEntries(texts),
      });
    },
  },
  {
    name: 'cursor',
    try(dice) {
      const text = dice.of([CURSOR, damagedText(CURSOR, dice), noise(dice)]);
      const opened = openCursor(text, SCOPE, CURSOR_KEY);
      must((opened !== undefined) === (text === CURSOR), 'A cursor opened that nobody sealed');
      return opened === undefined ? 'refused' : 'taken';
    },
  },
  {
    name: 'key',
    try(dice) {
      const key = newApiKey(dice.of(['live', 'test']), (size) => dice.bytes(size));
      const text = dice.of([key, damagedText(key, dice), noise(dice)]);
      const formed = isWellFormedApiKey(text);
      must(text !== key || formed, 'A key of ours is not well-formed');
      return formed ? 'taken' : 'refused';
    },
  },
  {
    name: 'headers, by the authorizer',
    async try(dice) {
      const headers = headerDamage(dice);
      const given = Object.values(headers)[0];
      const reads: string[] = [];
      const deps = {
        findApiKey: (hash: string) => {
          reads.push(hash);
          return Promise.resolve(undefined);
        },
        touchApiKey: () => Promise.resolve(),
        now: () => 0,
      };
      const answer = await authorize(deps, { headers, methodArn: METHOD_ARN }).catch((error: Error) => error);
      if (answer instanceof Error) {
        must(answer.message === 'Unauthorized', `The authorizer failed: ${answer.message}`);
        return 'refused';
      }
      must(answer.policyDocument.Statement[0]?.Effect === 'Deny', 'An unknown key was let in');
      must(reads.length === (isWellFormedApiKey(given ?? '') ? 1 : 0), 'A misspelt key was looked up');
      return reads.length === 1 ? 'taken' : 'refused';
    },
  },
];
