/** The rows of the fault table about API keys and the isolation of workspaces, on the deployed stack. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect } from 'vitest';
import { CACHE_MS } from '../../lambdas/api/authorize.ts';
import { newApiKey } from '../../lambdas/core/api-key.ts';
import { fault } from '../proof/faults/fault.ts';
import { UNKNOWN_IDS } from '../proof/tenants/attacks.ts';
import { OPERATIONS } from '../proof/tenants/operations.ts';
import { buildRequest } from '../proof/tenants/requests.ts';
import type { Ids } from '../proof/tenants/tenants.ts';
import {
  apiOf,
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendEmail,
  stack,
  until,
  type ApiResponse,
  type Api,
} from './client.ts';

/** The authorizer caches a key for at most this long, as docs/guarantees.md promises. */
const CACHE_SECONDS = CACHE_MS / 1000;

/** A workspace with at least two items in every list. */
interface PopulatedTenant {
  readonly api: Api;
  readonly ids: Ids;
  /** List requests with `limit=1`. Each list has a second page. */
  readonly lists: readonly string[];
}

async function populateTenant(name: string): Promise<PopulatedTenant> {
  const { api, id: workspace } = await newTenant(name);
  const hook = await createHook(['sent', 'delivered'], api);
  const suppressed = [`ann@${name}.example.com`, `bob@${name}.example.com`];
  for (const address of suppressed) await api('POST', '/v1/suppressions', { address });
  await api('PATCH', `/v1/webhooks/${hook.endpointId}`, { description: name });
  const { body: key } = await api('POST', '/v1/api-keys', { name });
  const message = await sendEmail(api);
  const [sent] = await logsOf(message, 2, api);
  const deliveryId = await until('two deliveries', async () => {
    const { body } = await api('GET', `/v1/webhooks/${hook.endpointId}/deliveries?status=delivered`);
    return body.data.length === 2 ? body.data[0].id : undefined;
  });
  const since = new Date(Date.now() - 1000).toISOString();
  const { body: recovery } = await api('POST', `/v1/webhooks/${hook.endpointId}/recover`, { since });
  await until('the recovery to end', async () => {
    const { body } = await api('GET', `/v1/recoveries/${recovery.recovery_id}`);
    return body.status === 'completed' ? true : undefined;
  });
  return {
    api,
    ids: {
      ...UNKNOWN_IDS,
      workspace,
      endpoint: hook.endpointId,
      delivery: deliveryId,
      recovery: recovery.recovery_id,
      key: key.id,
      event: sent?.event_id ?? '',
      message,
      recipient: suppressed[0] ?? '',
    },
    lists: [
      '/v1/send/logs?limit=1',
      '/v1/send/logs?limit=1&type=send',
      `/v1/send/logs?limit=1&message_id=${message}`,
      `/v1/webhooks/${hook.endpointId}/deliveries?limit=1`,
      `/v1/webhooks/${hook.endpointId}/changes?limit=1`,
      '/v1/suppressions?limit=1',
    ],
  };
}

let a: PopulatedTenant;
let b: PopulatedTenant;
beforeAll(async () => {
  [a, b] = await Promise.all([populateTenant('tenant-a'), populateTenant('tenant-b')]);
});

/** A response as text, without the request id, the date and the other values that differ on every request. */
function comparable({ status, headers, text, body }: ApiResponse): string {
  const varying = /^(?:date|.*request-?id|.*trace.*|apigw-.*)$/;
  const compared = [...headers].filter(([name]) => !varying.test(name)).map((header) => header.join(': '));
  return [status, ...compared, text.replace(body?.request_id ?? '', 'req')].join('\n');
}

/** Copies of a cursor. Each has one flipped bit, in a different byte. */
function flippedCursors(cursor: string): readonly string[] {
  const bytes = Buffer.from(cursor, 'base64url');
  return [...bytes.keys()].map((index) => {
    const flipped = Buffer.from(bytes);
    flipped[index] = (bytes[index] ?? 0) ^ (1 << (index % 8));
    return flipped.toString('base64url');
  });
}

describe.concurrent('API keys and workspaces', () => {
  fault(25, async () => {
    const { api, ids } = a;
    const { body: revoked } = await api('POST', '/v1/api-keys', { name: 'revoked', scopes: ['admin'] });
    // The key has made no request, so no instance of the authorizer has cached it.
    expect((await api('DELETE', `/v1/api-keys/${revoked.id}`)).status).toBe(204);
    const unknown = newApiKey('live', randomBytes);
    const bad = {
      mistyped: `${unknown.slice(0, -1)}${unknown.endsWith('a') ? 'b' : 'a'}`,
      unknown,
      'test key': newApiKey('test', randomBytes),
      revoked: String(revoked.key),
    };
    const requests: readonly (readonly [string, string, object?])[] = [
      ['GET', '/v1/send/logs'],
      [
        'POST',
        '/v1/send',
        { from: stack.from, to: ['success@simulator.amazonses.com'], subject: 'x', text: 'x' },
      ],
      ['POST', '/v1/webhooks', { url: `${stack.inbox_url}/hooks/attacker` }],
      ['DELETE', `/v1/webhooks/${ids.endpoint}`],
      ['GET', '/v1/nothing'],
    ];
    const count = async () => [
      (await api('GET', '/v1/webhooks')).body.data.length,
      (await api('GET', '/v1/send/logs?limit=100')).body.data.length,
    ];
    const before = await count();
    const responses = await requestEach(requests, async ([method, path, body]) => ({
      withoutKey: await apiOf()(method, path, body),
      withBadKeys: await requestEach(Object.values(bad), (key) => apiOf(key)(method, path, body)),
    }));
    for (const { withoutKey, withBadKeys } of responses) {
      expect(withoutKey).toMatchObject({ status: 401, body: { error: { code: 'missing_api_key' } } });
      expect(withBadKeys[0]).toMatchObject({ status: 403, body: { error: { code: 'invalid_api_key' } } });
    }
    const denied = responses.flatMap(({ withBadKeys }) => withBadKeys);
    const different = new Set(denied.map(comparable)).size;
    const lengths = new Set(denied.map(({ text }) => text.length)).size;
    expect([different, lengths]).toEqual([1, 1]);
    expect(await count()).toEqual(before);
    const missing = new Set(responses.map(({ withoutKey }) => withoutKey.status));
    return `no key: ${[...missing].join()}; ${Object.keys(bad).join(', ')} on ${requests.length} routes: ${denied.length} responses with ${[...new Set(denied.map(({ status }) => status))].join()}, ${different} distinct response`;
  });

  fault(26, async () => {
    const paths = OPERATIONS.flatMap((operation) =>
      operation.parameters
        .filter(
          ({ in: place, refersTo }) => place === 'path' && refersTo !== 'nothing' && refersTo !== 'probe',
        )
        .map((parameter) => ({ operation, parameter })),
    );
    const tenant = { workspaceId: '', marker: '', count: 0, keyId: '', cursors: {}, revealedSecrets: [] };
    const requestAs = ({ api }: PopulatedTenant, ids: Ids, { operation }: (typeof paths)[number]) => {
      const { method = 'GET', path, body } = buildRequest(operation, { ...tenant, ids });
      return api(method, path, body);
    };
    // Reading a secret adds an entry to the endpoint history. That would be a change, so the request is left out.
    const reads = paths.filter(({ operation: { id } }) => /^GET .*(?<!secret)$/.test(id));
    const readAllOfB = async () =>
      (await requestEach(reads, (each) => requestAs(b, b.ids, each))).map(comparable);
    const before = await readAllOfB();
    expect(before.filter((each) => !each.startsWith('200'))).toEqual([]);

    const idTypes = await requestEach(paths, async (each) => {
      const foreign = await requestAs(a, b.ids, each);
      const unknown = await requestAs(a, UNKNOWN_IDS, each);
      const { id } = each.operation;
      expect([id, foreign.status, comparable(foreign)]).toEqual([id, 404, comparable(unknown)]);
      return each.parameter.refersTo;
    });
    // None of the requests changed anything in workspace B.
    expect(await readAllOfB()).toEqual(before);
    return `${idTypes.length} requests with an id of B (${[...new Set(idTypes)].join(', ')}): 404, identical to the response for an unknown id; the data of B is unchanged`;
  });

  fault(27, async () => {
    const cursorOf = async ({ api }: PopulatedTenant, list: string): Promise<string> => {
      const { body } = await api('GET', list);
      expect([list, body.data.length]).toEqual([list, 1]);
      return body.next_cursor;
    };
    const ownCursors = await Promise.all(a.lists.map((list) => cursorOf(a, list)));
    const foreignCursors = await Promise.all(b.lists.map((list) => cursorOf(b, list)));
    const position = { pk: `M#${b.ids.workspace}#${b.ids.message}`, sk: `E#${b.ids.event}` };
    const keys = [position, { pk: { S: position.pk }, sk: { S: position.sk } }].map((key) =>
      JSON.stringify(key),
    );
    const rawKeys = keys.flatMap((key) => [key, Buffer.from(key).toString('base64url')]);

    let tried = 0;
    for (const [index, list] of a.lists.entries()) {
      const cursor = ownCursors[index] ?? '';
      const requestPage = (value: string) => a.api('GET', `${list}&cursor=${encodeURIComponent(value)}`);
      const bad = [
        ...foreignCursors,
        ...ownCursors.toSpliced(index, 1),
        ...flippedCursors(cursor),
        ...rawKeys,
        cursor.slice(0, -4),
        `${cursor}=`,
      ];
      tried += bad.length;
      const responses = await requestEach(bad, requestPage);
      const expected = { status: 400, body: { error: { code: 'invalid_cursor', field: 'cursor' } } };
      for (const response of responses) expect(response).toMatchObject(expected);
      expect(await requestPage(cursor)).toMatchObject({ status: 200, body: { data: [{}] } });
    }
    return `${a.lists.length} lists, ${tried} invalid cursors (from B, from another list or filter, with a flipped bit, truncated, or a raw table key): all 400 invalid_cursor; the own cursor of each list: 200`;
  });

  fault(28, async () => {
    const { api } = await newTenant('revoked');
    const { body: key } = await api('POST', '/v1/api-keys', { name: 'short-lived', scopes: ['admin'] });
    const request = apiOf(key.key);
    const getResponse = await request('GET', '/v1/send/logs');
    const postResponse = await request('POST', '/v1/webhooks', {
      url: `${stack.inbox_url}/hooks/two-routes`,
    });
    expect([getResponse.status, postResponse.status]).toEqual([200, 201]);

    expect((await api('DELETE', `/v1/api-keys/${key.id}`)).status).toBe(204);
    const revokedMs = Date.now();
    // Each instance of the authorizer has its own cache. Within the minute, one may refuse the key while another still accepts it.
    const responses: { readonly status: number; readonly startSeconds: number }[] = [];
    await until('the minute to end', async () => {
      const startSeconds = (Date.now() - revokedMs) / 1000;
      const { status } = await request('GET', '/v1/send/logs');
      responses.push({ status, startSeconds });
      return startSeconds > CACHE_SECONDS ? true : undefined;
    });
    expect(responses.filter(({ status }) => status !== 200 && status !== 403)).toEqual([]);
    // The start of a request counts, because a request may take long on a busy machine. No request that starts after the minute finds the key in a cache.
    const accepted = responses.filter(({ status }) => status === 200);
    expect(accepted.filter(({ startSeconds }) => startSeconds > CACHE_SECONDS)).toEqual([]);
    const bearerHeader = { authorization: `Bearer ${key.key}` };
    const laterResponses = await Promise.all([
      request('GET', '/v1/send/logs'),
      request('POST', '/v1/webhooks', { url: stack.inbox_url }),
      apiOf()('GET', '/v1/send/logs', undefined, bearerHeader),
    ]);
    expect(laterResponses.map(({ status }) => status)).toEqual([403, 403, 403]);
    const lastAcceptedSeconds = accepted.at(-1)?.startSeconds ?? 0;
    return `GET ${getResponse.status}, POST ${postResponse.status}; revoked: last accepted ${lastAcceptedSeconds.toFixed(1)} s later, refused after that`;
  });
});
