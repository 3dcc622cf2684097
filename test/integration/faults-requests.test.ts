/** Faults of the fault table that are about the content of a request, on the deployed stack. */
import { beforeAll, describe, expect } from 'vitest';
import { fault } from '../proof/faults/fault.ts';
import { OPERATIONS, type Operation } from '../proof/tenants/operations.ts';
import { UNKNOWN_IDS } from '../proof/tenants/attacks.ts';
import { buildRequest } from '../proof/tenants/requests.ts';
import {
  requestEach,
  createHook,
  logsOf,
  newTenant,
  sendEmail,
  sesSends,
  stack,
  type Hook,
  type Tenant,
} from './client.ts';

/** The API limits every body to this size. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** Longer than any valid body except the body of an email. */
const LONG_VALUE_BYTES = 256 * 1024;
const DEPTH = 10_000;
const EMAIL = {
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

/** Everything stored in the workspace except the log. */
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
  /** A body that the route accepts. Empty if the route accepts no body. */
  readonly body: Readonly<Record<string, unknown>>;
}

function validRequest(operation: Operation): Request {
  const ids = { ...UNKNOWN_IDS, endpoint: hook.endpointId };
  const own = {
    workspaceId: tenant.id,
    marker: '',
    count: 0,
    keyId: '',
    ids,
    cursors: {},
    revealedSecrets: [],
  };
  const { method = '', path, body } = buildRequest(operation, own);
  // A status of `paused` would stop the webhooks that later requests need.
  const { status: _status, ...fields } = (body ?? {}) as Request['body'];
  const valid = 'subject' in fields ? EMAIL : { ...fields, ...('url' in fields && { url: hook.url }) };
  return { method, path, body: valid };
}

/** An invalid body, byte for byte. */
interface InvalidBody {
  readonly fault: string;
  readonly bytes: string | Buffer;
  readonly type?: string;
}

/** Encodes the text as UTF-8. Each `FF` in it becomes the byte 0xFF, which is invalid in UTF-8. */
function withInvalidBytes(text: string): Buffer {
  const [first = '', ...rest] = text.split('FF').map((part) => Buffer.from(part));
  return Buffer.concat([Buffer.from(first), ...rest.flatMap((part) => [Buffer.from([0xff]), part])]);
}

/** The valid body with one fault each. No route may accept any of them. */
function invalidBodies(valid: Request['body']): readonly InvalidBody[] {
  const text = JSON.stringify(valid);
  const [[name, value] = ['name', 'x']] = Object.entries(valid);
  const escaped = `\\u${(name.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}${name.slice(1)}`;
  const member = JSON.stringify(value);
  const withMembers = (members: string): string => `{${members}${text === '{}' ? '}' : `,${text.slice(1)}`}`;
  const withValue = (json: string): string =>
    JSON.stringify({ ...valid, [name]: 0 }).replace(':0', `:${json}`);
  return [
    { fault: '__proto__', bytes: withMembers('"__proto__":{"scopes":["admin"]}') },
    { fault: '__proto__', bytes: withValue('{"__proto__":1}') },
    { fault: 'a doubled name', bytes: withMembers(`"${name}":${member},"${name}":${member}`) },
    { fault: 'a doubled name', bytes: withMembers(`"${name}":${member},"${escaped}":${member}`) },
    { fault: 'depth 10,000', bytes: withMembers(`"deep":${'['.repeat(DEPTH)}${']'.repeat(DEPTH)}`) },
    { fault: 'depth 10,000', bytes: withValue(`${'{"a":'.repeat(DEPTH)}1${'}'.repeat(DEPTH)}`) },
    { fault: 'depth 10,000', bytes: '['.repeat(DEPTH) },
    { fault: '2^63', bytes: '9223372036854775808' },
    { fault: '2^63', bytes: withValue('9223372036854775808') },
    { fault: '2^63', bytes: withMembers('"n":9223372036854775808') },
    { fault: 'too long', bytes: `${text}${' '.repeat(MAX_BODY_BYTES)}` },
    { fault: 'too long', bytes: withMembers(`"long":"${'x'.repeat(LONG_VALUE_BYTES)}"`) },
    { fault: 'bad UTF-8', bytes: withInvalidBytes(`FF${text}`) },
    { fault: 'bad UTF-8', bytes: withInvalidBytes(withMembers('"FF":1')) },
    { fault: 'a wrong content type', bytes: text, type: 'text/plain' },
    { fault: 'a wrong content type', bytes: text, type: 'application/x-www-form-urlencoded' },
    { fault: 'a wrong content type', bytes: text, type: 'application/jsonp' },
  ];
}

async function responseTo(
  { method, path }: Request,
  { bytes, type = 'application/json' }: Omit<InvalidBody, 'fault'>,
) {
  const headers = { 'x-api-key': tenant.apiKey, 'content-type': type, 'webhook-id': UNKNOWN_IDS.event };
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
    const responses = (
      await requestEach(secrets, async (secret) => [
        await tenant.api('POST', '/v1/webhooks', { url: hook.url, secret }),
        await tenant.api('PATCH', own, { secret }),
        await tenant.api('PATCH', own, { description: 'x', secret }),
        await tenant.api('POST', `${own}/rotate-secret`, { secret }),
      ])
    ).flat();
    for (const response of responses)
      expect(response).toMatchObject({
        status: 422,
        body: { error: { code: 'invalid_field', field: 'secret' } },
      });
    expect(await stored()).toBe(before);
    const message = await sendEmail(tenant.api);
    const [request] = await hook.requests(1, message);
    expect(request?.verified).toBe(true);
    await logsOf(message, 2, tenant.api);
    return `${secrets.length} secrets, one of them valid, on create, PATCH and rotate: ${responses.length} responses with 422 that name ${[...new Set(responses.map(({ body }) => body.error.field))].join()}; nothing changed`;
  });

  fault(29, async () => {
    const routes = OPERATIONS.filter(({ method }) => method === 'POST' || method === 'PATCH');
    const before = [await stored(), await logged(), await sesSends()];
    const requests = routes.flatMap((operation) => {
      const request = validRequest(operation);
      return invalidBodies(request.body).map((invalid) => ({
        request,
        invalid,
        name: `${operation.id}, ${invalid.fault}`,
      }));
    });
    const errors = await requestEach(requests, async ({ request, invalid, name }) => {
      const { status, body } = await responseTo(request, invalid);
      expect([name, status >= 400 && status < 500, body.error?.code]).toEqual([
        name,
        true,
        expect.any(String),
      ]);
      return `${status} ${body.error?.code}`;
    });
    expect([await stored(), await logged(), await sesSends()]).toEqual(before);

    // Without the fault, the same bodies are accepted. Two routes respond with 404, because their ids do not exist.
    const accepted = await requestEach(routes, async (operation) => {
      const request = validRequest(operation);
      const { status } = await responseTo(request, { bytes: JSON.stringify(request.body) });
      return status < 300 ? 'accepted' : `${operation.id} ${status}`;
    });
    expect(accepted.filter((each) => each !== 'accepted').toSorted()).toEqual([
      'POST /probes/{token} 404',
      'POST /v1/deliveries/{id}/redeliver 404',
    ]);
    const freeText = await responseTo(
      { method: 'PATCH', path: `/v1/webhooks/${hook.endpointId}`, body: {} },
      { bytes: withInvalidBytes('{"description":"FF"}') },
    );
    expect(freeText).toMatchObject({ status: 200, body: { description: '\ufffd' } });

    const counts = [...Map.groupBy(errors, (each) => each)].map(
      ([error, each]) => `${each.length} × ${error}`,
    );
    return `${errors.length} requests to ${routes.length} routes: ${counts.toSorted().join(', ')}; nothing stored, no email sent. In free text, API Gateway itself replaces invalid UTF-8 with U+FFFD`;
  });
});
