/** The rows of the fault table about what a request holds, on the deployed stack. */
import { beforeAll, describe, expect } from 'vitest';
import { fault } from '../proof/faults/fault.ts';
import { OPERATIONS, type Operation } from '../proof/tenants/operations.ts';
import { UNKNOWN } from '../proof/tenants/attacks.ts';
import { requestOf } from '../proof/tenants/requests.ts';
import {
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendMail,
  sesSends,
  stack,
  type Hook,
  type Tenant,
} from './client.ts';

/** What the API takes of any body, and far more than any body but a mail's has in it. */
const MOST_BYTES = 4 * 1024 * 1024;
const MANY_BYTES = 256 * 1024;
const DEPTH = 10_000;
const MAIL = {
  from: stack.from,
  to: ['success@simulator.amazonses.com'],
  subject: 'Hello',
  text: 'Hello.',
};

let tenant: Tenant;
let hook: Hook;
beforeAll(async () => {
  tenant = await newTenant('requests');
  hook = await createHook(['delivered'], tenant.api);
});

/** What there is in the workspace, but for the log. */
async function stored(): Promise<string> {
  const lists = await requestEach(
    ['webhooks', 'suppressions', 'api-keys', `webhooks/${hook.endpointId}/changes`],
    (list) => tenant.api('GET', `/v1/${list}`),
  );
  return JSON.stringify(
    lists.map(({ status, body }) => [status, body.data]),
    (name, value: unknown) => (name === 'last_used_at' ? undefined : value),
  );
}

async function logged(): Promise<readonly string[]> {
  const { body } = await tenant.api('GET', '/v1/send/logs?limit=100');
  return body.data.map(({ status }: { status: string }) => status);
}

interface Request {
  readonly method: string;
  readonly path: string;
  /** That the route takes; empty where it takes none. */
  readonly body: Readonly<Record<string, unknown>>;
}

function goodRequest(operation: Operation): Request {
  const ids = { ...UNKNOWN, endpoint: hook.endpointId };
  const own = { workspaceId: tenant.id, word: '', count: 0, keyId: '', ids, cursors: {}, shown: [] };
  const { method = '', path, body } = requestOf(operation, own);
  // Paused, it could not be sent to any more.
  const { status: _status, ...given } = (body ?? {}) as Request['body'];
  const good = 'subject' in given ? MAIL : { ...given, ...('url' in given && { url: hook.url }) };
  return { method, path, body: good };
}

/** A body as it is sent, bytes and all. */
interface Bad {
  readonly what: string;
  readonly bytes: string | Buffer;
  readonly type?: string;
}

/** As UTF-8, but for `FF`, which stands for a byte that is none. */
function inBytes(text: string): Buffer {
  const [first = '', ...rest] = text.split('FF').map((part) => Buffer.from(part));
  return Buffer.concat([Buffer.from(first), ...rest.flatMap((part) => [Buffer.from([0xff]), part])]);
}

/** A good body with one thing in it that no route may take. */
function badBodies(good: Request['body']): readonly Bad[] {
  const text = JSON.stringify(good);
  const [[name, value] = ['name', 'x']] = Object.entries(good);
  const escaped = `\\u${(name.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}${name.slice(1)}`;
  const member = JSON.stringify(value);
  const beside = (members: string): string => `{${members}${text === '{}' ? '}' : `,${text.slice(1)}`}`;
  const instead = (json: string): string => JSON.stringify({ ...good, [name]: 0 }).replace(':0', `:${json}`);
  return [
    { what: '__proto__', bytes: beside('"__proto__":{"scopes":["admin"]}') },
    { what: '__proto__', bytes: instead('{"__proto__":1}') },
    { what: 'a doubled name', bytes: beside(`"${name}":${member},"${name}":${member}`) },
    { what: 'a doubled name', bytes: beside(`"${name}":${member},"${escaped}":${member}`) },
    { what: 'depth 10,000', bytes: beside(`"deep":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`) },
    { what: 'depth 10,000', bytes: instead(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`) },
    { what: 'depth 10,000', bytes: '['.repeat(DEPTH) },
    { what: '2^63', bytes: '9223372036854775808' },
    { what: '2^63', bytes: instead('9223372036854775808') },
    { what: '2^63', bytes: beside('"n":9223372036854775808') },
    { what: 'too long', bytes: `${text}${' '.repeat(MOST_BYTES)}` },
    { what: 'too long', bytes: beside(`"long":"${'x'.repeat(MANY_BYTES)}"`) },
    { what: 'bad UTF-8', bytes: inBytes(`FF${text}`) },
    { what: 'bad UTF-8', bytes: inBytes(beside('"FF":1')) },
    { what: 'a wrong content type', bytes: text, type: 'text/plain' },
    { what: 'a wrong content type', bytes: text, type: 'application/x-www-form-urlencoded' },
    { what: 'a wrong content type', bytes: text, type: 'application/jsonp' },
  ];
}

async function answerTo({ method, path }: Request, { bytes, type = 'application/json' }: Omit<Bad, 'what'>) {
  const headers = { 'x-api-key': tenant.apiKey, 'content-type': type, 'webhook-id': UNKNOWN.event };
  const response = await fetch(`${stack.base_url}${path}`, { method, headers, body: bytes });
  const body = (await response.json()) as Record<string, unknown> & {
    readonly error?: { readonly code: string };
  };
  return { status: response.status, body };
}

describe('a request with', () => {
  fault(23, async () => {
    const secrets = [
      'whsec_!!!!',
      `whsec_${Buffer.alloc(8, 1).toString('base64')}`,
      `whsec_${Buffer.alloc(65, 1).toString('base64')}`,
      '',
      'plain',
      `whsec_${Buffer.alloc(24, 1).toString('base64')}`,
    ];
    const own = `/v1/webhooks/${hook.endpointId}`;
    const before = await stored();
    const told = await requestEach(secrets, async (secret) => [
      await tenant.api('POST', '/v1/webhooks', { url: hook.url, secret }),
      await tenant.api('PATCH', own, { secret }),
      await tenant.api('PATCH', own, { description: 'x', secret }),
      await tenant.api('POST', `${own}/rotate-secret`, { secret }),
    ]);
    const answers = told.flat();
    for (const answer of answers)
      expect(answer).toMatchObject({
        status: 422,
        body: { error: { code: 'invalid_field', field: 'secret' } },
      });
    expect(await stored()).toBe(before);
    const message = await sendMail(tenant.api);
    const [request] = await hook.requests(1, message);
    expect(request?.verified).toBe(true);
    await logsOf(message, 2, tenant.api);
    return `${secrets.length} secrets, a good one too, on create, PATCH and rotate: ${answers.length} answers 422 that name ${[...new Set(answers.map(({ body }) => body.error.field))].join()}; nothing changed`;
  });

  fault(29, async () => {
    const routes = OPERATIONS.filter(({ method }) => method === 'POST' || method === 'PATCH');
    const before = [await stored(), await logged(), await sesSends()];
    const requests = routes.flatMap((operation) => {
      const request = goodRequest(operation);
      return badBodies(request.body).map((bad) => ({ request, bad, where: `${operation.id}, ${bad.what}` }));
    });
    const told = await requestEach(requests, async ({ request, bad, where }) => {
      const { status, body } = await answerTo(request, bad);
      expect([where, status >= 400 && status < 500, body.error?.code]).toEqual([
        where,
        true,
        expect.any(String),
      ]);
      return `${status} ${body.error?.code}`;
    });
    expect([await stored(), await logged(), await sesSends()]).toEqual(before);

    // Without the one bad thing they are taken: it was what was refused. Nobody has the ids of the other two.
    const good = await requestEach(routes, async (operation) => {
      const request = goodRequest(operation);
      const { status } = await answerTo(request, { bytes: JSON.stringify(request.body) });
      return status < 300 ? 'taken' : `${operation.id} ${status}`;
    });
    expect(good.filter((each) => each !== 'taken').toSorted()).toEqual([
      'POST /probes/{token} 404',
      'POST /v1/deliveries/{id}/redeliver 404',
    ]);
    const free = await answerTo(
      { method: 'PATCH', path: `/v1/webhooks/${hook.endpointId}`, body: {} },
      { bytes: inBytes('{"description":"FF"}') },
    );
    expect(free).toMatchObject({ status: 200, body: { description: '\ufffd' } });

    const counts = [...Map.groupBy(told, (each) => each)].map(
      ([answer, each]) => `${each.length} × ${answer}`,
    );
    return `${told.length} requests to ${routes.length} routes: ${counts.toSorted().join(', ')}; nothing stored, no mail. In a free text the gateway itself puts U+FFFD for what is no UTF-8`;
  });
});
