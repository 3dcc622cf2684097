/** Whoever asks, well or badly, with a canary wherever a customer or a recipient could be. */
import { randomBytes } from 'node:crypto';
import { apiKeyHash, newApiKey } from '../../../lambdas/core/api-key.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { putApiKey } from '../../../lambdas/store/api-keys.ts';
import { UNKNOWN } from './attacks.ts';
import { CANARY, MAIL } from './canaries.ts';
import { DENIED, SES_ERRORS } from './aws-errors.ts';
import type { Request, Service } from './functions.ts';
import { OPERATIONS } from './operations.ts';
import { requestOf } from './requests.ts';
import { WORKSPACE_ID, type Stage } from './scenario-context.ts';

async function atTheDoor(stage: Stage): Promise<void> {
  const { functions } = stage;
  const text = newApiKey('live', randomBytes);
  const id = deterministicId('key', ['door']);
  await putApiKey(functions.table, apiKeyHash(text), {
    id,
    workspace_id: WORKSPACE_ID,
    name: CANARY.description,
    scopes: ['admin'],
    hint: '',
    created_at: '2026-01-01T00:00:00Z',
  });
  stage.shown.push(text, apiKeyHash(text));
  stage.named.push(id);
  for (const key of [text, newApiKey('live', randomBytes), CANARY.key, CANARY.recipient, `${text} `, ''])
    await stage.call(() => functions.authorizer({ 'x-api-key': key, cookie: CANARY.token }));
  await stage.while(
    () => DENIED,
    () => functions.authorizer({ 'x-api-key': text }),
  );
}

async function requests(stage: Stage): Promise<void> {
  const { id } = await stage.endpoint(stage.receivers.url('ok'));
  const post = (path: string, body: object = {}) => stage.ask({ method: 'POST', path, body });
  const { key = '' } = await post('/v1/api-keys', { name: CANARY.description });
  const { secret = '' } = await post(`/v1/webhooks/${id}/rotate-secret`);
  stage.shown.push(key, secret);
  await stage.ask({ path: `/v1/webhooks/${id}/secret` });
  await post(`/v1/webhooks/${id}/test`);
  await post('/v1/webhooks/check', { url: stage.receivers.url('ok') });
  await post('/v1/suppressions', { address: CANARY.suppressed });
  await stage.ask({ path: `/v1/suppressions/${encodeURIComponent(CANARY.suppressed)}` });
  await stage.ask({ path: '/v1/suppressions', query: { prefix: CANARY.suppressed } });
  await stage.ask({ path: '/v1/send/logs', query: { to: CANARY.recipient } });
}

async function badRequests(stage: Stage): Promise<void> {
  const refused: readonly Omit<Request, 'workspaceId'>[] = [
    { path: `/v1/${CANARY.recipient}` },
    { path: `/v1/webhooks/${CANARY.token}` },
    { path: '/v1/send/logs', query: { to: CANARY.said } },
    { path: '/v1/send/logs', query: { [CANARY.token]: CANARY.token } },
    { path: '/v1/send/logs', query: { cursor: CANARY.token } },
    { method: 'POST', path: '/v1/send', body: `{"to": "${CANARY.recipient}` },
    { method: 'POST', path: '/v1/send', body: `{"to": ${CANARY.token}}` },
    { method: 'POST', path: '/v1/send', body: `{"${CANARY.token}": 1, "${CANARY.token}": 2}` },
    { method: 'POST', path: '/v1/send', body: { ...MAIL, to: [CANARY.said] } },
    { method: 'POST', path: '/v1/send', body: { ...MAIL, [CANARY.token]: CANARY.text } },
    { method: 'POST', path: '/v1/send', body: MAIL, headers: { 'content-type': `text/${CANARY.token}` } },
    {
      method: 'POST',
      path: '/v1/send',
      body: MAIL,
      headers: { 'idempotency-key': `${CANARY.idempotencyKey}\n` },
    },
    { method: 'POST', path: '/v1/webhooks', body: { url: `https://user:${CANARY.token}@127.0.0.1/` } },
    { method: 'POST', path: '/v1/webhooks', body: { url: `https://${CANARY.host}:0/?${CANARY.token}` } },
    { method: CANARY.token, path: '/v1/send', body: MAIL },
  ];
  for (const request of refused) await stage.ask(request);
}

async function everyRouteWhile(stage: Stage, ...services: readonly Service[]): Promise<void> {
  const ids = { ...UNKNOWN, recipient: CANARY.recipient, idempotency: CANARY.idempotencyKey };
  const tenant = { workspaceId: WORKSPACE_ID, word: '', count: 0, keyId: '', ids, cursors: {}, shown: [] };
  for (const service of services)
    for (const operation of OPERATIONS) {
      const request = requestOf(operation, tenant) as Request;
      const body = operation.id === 'POST /v1/send' ? MAIL : request.body;
      const headers = {
        'idempotency-key': CANARY.idempotencyKey,
        'x-api-key': CANARY.key,
        ...request.headers,
      };
      const asked = { ...request, headers, ...(body !== undefined && { body }) };
      await stage.while(
        (failing) => (failing === service ? DENIED : undefined),
        () => stage.ask(asked),
      );
    }
}

async function sends(stage: Stage): Promise<void> {
  const send = (key?: string) =>
    stage.ask({
      method: 'POST',
      path: '/v1/send',
      body: MAIL,
      ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    });
  for (const key of [undefined, CANARY.idempotencyKey, CANARY.idempotencyKey]) await send(key);
  for (const [index, error] of SES_ERRORS.entries()) {
    const fails = (service: Service) => (service === 'ses' ? error : undefined);
    await stage.while(fails, () => send());
    await stage.while(fails, () => send(`${CANARY.idempotencyKey}-${index}`));
    const path = `/v1/suppressions/${encodeURIComponent(CANARY.suppressed)}`;
    await stage.while(fails, () => stage.ask({ method: 'DELETE', path, query: { ses: 'true' } }));
  }
  for (const command of ['UpdateCommand', 'BatchWriteCommand', 'PutCommand'])
    await stage.while(
      (_service, name) => (name === command ? DENIED : undefined),
      () => send(`${CANARY.idempotencyKey}-${command}`),
    );
}

/** The authorizer and the API. */
export async function playApi(stage: Stage): Promise<void> {
  await atTheDoor(stage);
  await requests(stage);
  await badRequests(stage);
  await everyRouteWhile(stage, 'dynamodb', 'kms');
  await sends(stage);
}
