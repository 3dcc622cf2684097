/** The scenarios of the API: valid and invalid requests, with a canary wherever data of a customer or a recipient can occur. */
import { randomBytes } from 'node:crypto';
import { apiKeyHash, newApiKey } from '../../../lambdas/core/api-key.ts';
import { deterministicId } from '../../../lambdas/core/ids.ts';
import { putApiKey } from '../../../lambdas/store/api-keys.ts';
import { UNKNOWN_IDS } from './attacks.ts';
import { CANARY, EMAIL } from './canaries.ts';
import { ACCESS_DENIED, SES_ERRORS } from './aws-errors.ts';
import type { Request, Service } from './functions.ts';
import { OPERATIONS } from './operations.ts';
import { buildRequest } from './requests.ts';
import { WORKSPACE_ID, type ScenarioContext } from './scenario-context.ts';

async function authorizeKeys(context: ScenarioContext): Promise<void> {
  const { functions } = context;
  const text = newApiKey('live', randomBytes);
  const id = deterministicId('key', ['authorizer']);
  await putApiKey(functions.table, apiKeyHash(text), {
    id,
    workspace_id: WORKSPACE_ID,
    name: CANARY.description,
    scopes: ['admin'],
    hint: '',
    created_at: '2026-01-01T00:00:00Z',
  });
  context.revealedSecrets.push(text, apiKeyHash(text));
  context.loggedIds.push(id);
  for (const key of [text, newApiKey('live', randomBytes), CANARY.key, CANARY.recipient, `${text} `, ''])
    await context.invoke(() => functions.authorizer({ 'x-api-key': key, cookie: CANARY.token }));
  await context.withAwsErrors(
    () => ACCESS_DENIED,
    () => functions.authorizer({ 'x-api-key': text }),
  );
}

async function requests(context: ScenarioContext): Promise<void> {
  const { id } = await context.createEndpoint(context.receivers.url('ok'));
  const post = (path: string, body: object = {}) => context.sendRequest({ method: 'POST', path, body });
  const { key = '' } = await post('/v1/api-keys', { name: CANARY.description });
  const { secret = '' } = await post(`/v1/webhooks/${id}/rotate-secret`);
  context.revealedSecrets.push(key, secret);
  await context.sendRequest({ path: `/v1/webhooks/${id}/secret` });
  await post(`/v1/webhooks/${id}/test`);
  await post('/v1/webhooks/check', { url: context.receivers.url('ok') });
  await post('/v1/suppressions', { address: CANARY.suppressed });
  await context.sendRequest({ path: `/v1/suppressions/${encodeURIComponent(CANARY.suppressed)}` });
  await context.sendRequest({ path: '/v1/suppressions', query: { prefix: CANARY.suppressed } });
  await context.sendRequest({ path: '/v1/send/logs', query: { to: CANARY.recipient } });
}

async function badRequests(context: ScenarioContext): Promise<void> {
  const invalid: readonly Omit<Request, 'workspaceId'>[] = [
    { path: `/v1/${CANARY.recipient}` },
    { path: `/v1/webhooks/${CANARY.token}` },
    { path: '/v1/send/logs', query: { to: CANARY.responseText } },
    { path: '/v1/send/logs', query: { [CANARY.token]: CANARY.token } },
    { path: '/v1/send/logs', query: { cursor: CANARY.token } },
    { method: 'POST', path: '/v1/send', body: `{"to": "${CANARY.recipient}` },
    { method: 'POST', path: '/v1/send', body: `{"to": ${CANARY.token}}` },
    { method: 'POST', path: '/v1/send', body: `{"${CANARY.token}": 1, "${CANARY.token}": 2}` },
    { method: 'POST', path: '/v1/send', body: { ...EMAIL, to: [CANARY.responseText] } },
    { method: 'POST', path: '/v1/send', body: { ...EMAIL, [CANARY.token]: CANARY.text } },
    { method: 'POST', path: '/v1/send', body: EMAIL, headers: { 'content-type': `text/${CANARY.token}` } },
    {
      method: 'POST',
      path: '/v1/send',
      body: EMAIL,
      headers: { 'idempotency-key': `${CANARY.idempotencyKey}\n` },
    },
    { method: 'POST', path: '/v1/webhooks', body: { url: `https://user:${CANARY.token}@127.0.0.1/` } },
    { method: 'POST', path: '/v1/webhooks', body: { url: `https://${CANARY.host}:0/?${CANARY.token}` } },
    { method: CANARY.token, path: '/v1/send', body: EMAIL },
  ];
  for (const request of invalid) await context.sendRequest(request);
}

async function failEveryRoute(context: ScenarioContext, ...services: readonly Service[]): Promise<void> {
  const ids = { ...UNKNOWN_IDS, recipient: CANARY.recipient, idempotency: CANARY.idempotencyKey };
  const tenant = {
    workspaceId: WORKSPACE_ID,
    marker: '',
    count: 0,
    keyId: '',
    ids,
    cursors: {},
    revealedSecrets: [],
  };
  for (const service of services)
    for (const operation of OPERATIONS) {
      const request = buildRequest(operation, tenant) as Request;
      const body = operation.id === 'POST /v1/send' ? EMAIL : request.body;
      const headers = {
        'idempotency-key': CANARY.idempotencyKey,
        'x-api-key': CANARY.key,
        ...request.headers,
      };
      const requestWithCanaries = { ...request, headers, ...(body !== undefined && { body }) };
      await context.withAwsErrors(
        (failing) => (failing === service ? ACCESS_DENIED : undefined),
        () => context.sendRequest(requestWithCanaries),
      );
    }
}

async function sends(context: ScenarioContext): Promise<void> {
  const send = (key?: string) =>
    context.sendRequest({
      method: 'POST',
      path: '/v1/send',
      body: EMAIL,
      ...(key !== undefined && { headers: { 'idempotency-key': key } }),
    });
  for (const key of [undefined, CANARY.idempotencyKey, CANARY.idempotencyKey]) await send(key);
  for (const [index, error] of SES_ERRORS.entries()) {
    const errorFor = (service: Service) => (service === 'ses' ? error : undefined);
    await context.withAwsErrors(errorFor, () => send());
    await context.withAwsErrors(errorFor, () => send(`${CANARY.idempotencyKey}-${index}`));
    const path = `/v1/suppressions/${encodeURIComponent(CANARY.suppressed)}`;
    await context.withAwsErrors(errorFor, () =>
      context.sendRequest({ method: 'DELETE', path, query: { ses: 'true' } }),
    );
  }
  for (const command of ['UpdateCommand', 'BatchWriteCommand', 'PutCommand'])
    await context.withAwsErrors(
      (_service, name) => (name === command ? ACCESS_DENIED : undefined),
      () => send(`${CANARY.idempotencyKey}-${command}`),
    );
}

/** Runs the authorizer and api functions. */
export async function playApiScenarios(context: ScenarioContext): Promise<void> {
  await authorizeKeys(context);
  await requests(context);
  await badRequests(context);
  await failEveryRoute(context, 'dynamodb', 'kms');
  await sends(context);
}
