/** The rows of the fault table about whom a key lets in, and to what, on the deployed stack. */
import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect } from 'vitest';
import { CACHE_MS } from '../../lambdas/api/authorize.ts';
import { newApiKey } from '../../lambdas/core/api-key.ts';
import { fault } from '../proof/faults/fault.ts';
import { UNKNOWN } from '../proof/tenants/attacks.ts';
import { OPERATIONS } from '../proof/tenants/operations.ts';
import { requestOf } from '../proof/tenants/requests.ts';
import type { Ids } from '../proof/tenants/tenants.ts';
import {
  apiOf,
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendMail,
  stack,
  until,
  type ApiResponse,
  type Api,
} from './client.ts';

/** The authorizer remembers a key for this long at most, as docs/guarantees.md says. */
const REMEMBERED_SECONDS = CACHE_MS / 1000;

/** A workspace that has two of everything there are lists of. */
interface Furnished {
  readonly api: Api;
  readonly ids: Ids;
  /** Ways to ask for a list that has a second page when `limit` is 1. */
  readonly lists: readonly string[];
}

async function furnish(name: string): Promise<Furnished> {
  const { api, id: workspace } = await newTenant(name);
  const hook = await createHook(['sent', 'delivered'], api);
  const suppressed = [`ann@${name}.example.com`, `bob@${name}.example.com`];
  for (const address of suppressed) await api('POST', '/v1/suppressions', { address });
  await api('PATCH', `/v1/webhooks/${hook.endpointId}`, { description: name });
  const { body: key } = await api('POST', '/v1/api-keys', { name });
  const message = await sendMail(api);
  const [sent] = await logsOf(message, 2, api);
  const made = await until('two deliveries', async () => {
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
      ...UNKNOWN,
      workspace,
      endpoint: hook.endpointId,
      delivery: made,
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

let a: Furnished;
let b: Furnished;
beforeAll(async () => {
  [a, b] = await Promise.all([furnish('tenant-a'), furnish('tenant-b')]);
});

/** All of an answer but what is of each request its own. */
function shownOf({ status, headers, text, body }: ApiResponse): string {
  const own = /^(?:date|.*request-?id|.*trace.*|apigw-.*)$/;
  const told = [...headers].filter(([name]) => !own.test(name)).map((header) => header.join(': '));
  return [status, ...told, text.replace(body?.request_id ?? '', 'req')].join('\n');
}

/** A cursor with one bit of each of its bytes flipped in turn. */
function flips(cursor: string): readonly string[] {
  const bytes = Buffer.from(cursor, 'base64url');
  return [...bytes.keys()].map((index) => {
    const flipped = Buffer.from(bytes);
    flipped[index] = (bytes[index] ?? 0) ^ (1 << (index % 8));
    return flipped.toString('base64url');
  });
}

describe.concurrent('a key', () => {
  fault(25, async () => {
    const { api, ids } = a;
    const { body: revoked } = await api('POST', '/v1/api-keys', { name: 'revoked', scopes: ['admin'] });
    // Never used: the gateway remembers nothing of it.
    expect((await api('DELETE', `/v1/api-keys/${revoked.id}`)).status).toBe(204);
    const good = newApiKey('live', randomBytes);
    const bad = {
      mistyped: `${good.slice(0, -1)}${good.endsWith('a') ? 'b' : 'a'}`,
      unknown: good,
      'of a test': newApiKey('test', randomBytes),
      revoked: String(revoked.key),
    };
    const requests: readonly (readonly [string, string, object?])[] = [
      ['GET', '/v1/send/logs'],
      [
        'POST',
        '/v1/send',
        { from: stack.from, to: ['success@simulator.amazonses.com'], subject: 'x', text: 'x' },
      ],
      ['POST', '/v1/webhooks', { url: `${stack.inbox_url}/hooks/thief` }],
      ['DELETE', `/v1/webhooks/${ids.endpoint}`],
      ['GET', '/v1/nothing'],
    ];
    const count = async () => [
      (await api('GET', '/v1/webhooks')).body.data.length,
      (await api('GET', '/v1/send/logs?limit=100')).body.data.length,
    ];
    const before = await count();
    const answers = await requestEach(requests, async ([method, path, body]) => ({
      none: await apiOf()(method, path, body),
      told: await requestEach(Object.values(bad), (key) => apiOf(key)(method, path, body)),
    }));
    for (const { none, told } of answers) {
      expect(none).toMatchObject({ status: 401, body: { error: { code: 'missing_api_key' } } });
      expect(told[0]).toMatchObject({ status: 403, body: { error: { code: 'invalid_api_key' } } });
    }
    const denied = answers.flatMap(({ told }) => told);
    const different = new Set(denied.map(shownOf)).size;
    const lengths = new Set(denied.map(({ text }) => text.length)).size;
    expect([different, lengths]).toEqual([1, 1]);
    expect(await count()).toEqual(before);
    const missing = new Set(answers.map(({ none }) => none.status));
    return `missing: ${[...missing].join()}; ${Object.keys(bad).join(', ')} at ${requests.length} routes: ${denied.length} answers ${[...new Set(denied.map(({ status }) => status))].join()}, ${different} of a kind`;
  });

  fault(26, async () => {
    const paths = OPERATIONS.flatMap((operation) =>
      operation.parameters
        .filter(({ in: place, names }) => place === 'path' && names !== 'nothing' && names !== 'probe')
        .map((parameter) => ({ operation, parameter })),
    );
    const tenant = { workspaceId: '', word: '', count: 0, keyId: '', cursors: {}, shown: [] };
    const askAs = ({ api }: Furnished, ids: Ids, { operation }: (typeof paths)[number]) => {
      const { method = 'GET', path, body } = requestOf(operation, { ...tenant, ids });
      return api(method, path, body);
    };
    // That a secret is read is written down, and would be a change.
    const reads = paths.filter(({ operation: { id } }) => /^GET .*(?<!secret)$/.test(id));
    const whole = async () => (await requestEach(reads, (each) => askAs(b, b.ids, each))).map(shownOf);
    const before = await whole();
    expect(before.filter((each) => !each.startsWith('200'))).toEqual([]);

    const asked = await requestEach(paths, async (each) => {
      const foreign = await askAs(a, b.ids, each);
      const unknown = await askAs(a, UNKNOWN, each);
      const { id } = each.operation;
      expect([id, foreign.status, shownOf(foreign)]).toEqual([id, 404, shownOf(unknown)]);
      return each.parameter.names;
    });
    // Nothing of it was done: neither to what was asked for, nor to the mail of it.
    expect(await whole()).toEqual(before);
    return `${asked.length} routes that take an id of ${[...new Set(asked)].join(', ')}: 404, byte-equal to an unknown one; what B has unchanged`;
  });

  fault(27, async () => {
    const cursorOf = async ({ api }: Furnished, list: string): Promise<string> => {
      const { body } = await api('GET', list);
      expect([list, body.data.length]).toEqual([list, 1]);
      return body.next_cursor;
    };
    const own = await Promise.all(a.lists.map((list) => cursorOf(a, list)));
    const foreign = await Promise.all(b.lists.map((list) => cursorOf(b, list)));
    const position = { pk: `M#${b.ids.workspace}#${b.ids.message}`, sk: `E#${b.ids.event}` };
    const keys = [position, { pk: { S: position.pk }, sk: { S: position.sk } }].map((key) =>
      JSON.stringify(key),
    );
    const raw = keys.flatMap((key) => [key, Buffer.from(key).toString('base64url')]);

    let tried = 0;
    for (const [index, list] of a.lists.entries()) {
      const cursor = own[index] ?? '';
      const ask = (value: string) => a.api('GET', `${list}&cursor=${encodeURIComponent(value)}`);
      const bad = [
        ...foreign,
        ...own.toSpliced(index, 1),
        ...flips(cursor),
        ...raw,
        cursor.slice(0, -4),
        `${cursor}=`,
      ];
      tried += bad.length;
      const told = await requestEach(bad, ask);
      const refused = { status: 400, body: { error: { code: 'invalid_cursor', field: 'cursor' } } };
      for (const answer of told) expect(answer).toMatchObject(refused);
      expect(await ask(cursor)).toMatchObject({ status: 200, body: { data: [{}] } });
    }
    return `${a.lists.length} lists, ${tried} cursors of B, of another list or filter, with a bit flipped, cut, or a key of the table: all 400 invalid_cursor; their own: 200`;
  });

  fault(28, async () => {
    const { api } = await newTenant('revoked');
    const { body: made } = await api('POST', '/v1/api-keys', { name: 'short-lived', scopes: ['admin'] });
    const own = apiOf(made.key);
    const read = await own('GET', '/v1/send/logs');
    const written = await own('POST', '/v1/webhooks', { url: `${stack.inbox_url}/hooks/two-routes` });
    expect([read.status, written.status]).toEqual([200, 201]);

    expect((await api('DELETE', `/v1/api-keys/${made.id}`)).status).toBe(204);
    const revokedMs = Date.now();
    // Each instance of the authorizer remembers by itself: within the minute one may refuse the key, and another not yet.
    const answers: { readonly status: number; readonly begunSeconds: number }[] = [];
    await until('the minute to be over', async () => {
      const begunSeconds = (Date.now() - revokedMs) / 1000;
      const { status } = await own('GET', '/v1/send/logs');
      answers.push({ status, begunSeconds });
      return begunSeconds > REMEMBERED_SECONDS ? true : undefined;
    });
    expect(answers.filter(({ status }) => status !== 200 && status !== 403)).toEqual([]);
    // However long a request takes here: none that begins after the minute finds a remembered key.
    const passed = answers.filter(({ status }) => status === 200);
    expect(passed.filter(({ begunSeconds }) => begunSeconds > REMEMBERED_SECONDS)).toEqual([]);
    const bearer = { authorization: `Bearer ${made.key}` };
    const later = await Promise.all([
      own('GET', '/v1/send/logs'),
      own('POST', '/v1/webhooks', { url: stack.inbox_url }),
      apiOf()('GET', '/v1/send/logs', undefined, bearer),
    ]);
    expect(later.map(({ status }) => status)).toEqual([403, 403, 403]);
    const last = passed.at(-1)?.begunSeconds ?? 0;
    return `GET ${read.status}, POST ${written.status}; revoked: let in for the last time ${last.toFixed(1)} s later, and refused from then on`;
  });
});
