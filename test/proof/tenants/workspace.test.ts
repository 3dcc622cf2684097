import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../api/harness.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { buildRequest } from './requests.ts';
import { responseBytes, tableState } from './rows.ts';
import { SEND_BODY, setUpTwoTenants, type Tenant } from './tenants.ts';

const WITH_KEY = OPERATIONS.filter(({ scope }) => scope !== 'public');
const NAMES = [
  'workspace_id',
  'workspace',
  'tenant_id',
  'account_id',
  'key_id',
  'id',
  'pk',
  'sk',
  'g1pk',
  'kind',
  'ttl',
];

/** Headers from which other systems read a tenant, and headers that look like the context of API Gateway. */
function headersNaming({ workspaceId, keyId }: Tenant): Readonly<Record<string, string>> {
  const names = [
    'x-ivymail-workspace',
    'x-ivymail-workspace-id',
    'x-workspace-id',
    'x-tenant-id',
    'x-account-id',
    'x-amzn-request-context',
    'x-amz-tagging',
    'x-ses-message-tags',
    'workspace_id',
    'workspace-id',
    'ivymail_workspace',
  ];
  return {
    ...Object.fromEntries(names.map((name) => [name, workspaceId])),
    authorization: `Bearer ${workspaceId}`,
    cookie: `workspace_id=${workspaceId}`,
    'x-key-id': keyId,
    'x-scopes': 'admin',
    'x-forwarded-user': workspaceId,
    'x-http-method-override': 'DELETE',
    'x-original-url': `/v1/webhooks?workspace_id=${workspaceId}`,
  };
}

/** Sends one request in a new deployment with two tenants. Returns the response, and the table before and after. */
async function outcomeOf(operation: Operation, change: (request: ApiRequest, victim: Tenant) => ApiRequest) {
  const tenants = await setUpTwoTenants();
  const before = tableState(tenants.table, tenants.attacker);
  const response = await tenants.sendRequest(
    change(buildRequest(operation, tenants.attacker), tenants.victim),
  );
  const after = tableState(tenants.table, tenants.attacker);
  return { response, bytes: responseBytes(response), before, after };
}

const byId = (operations: readonly Operation[]) => operations.map((each) => [each.id, each] as const);

describe.each(byId(WITH_KEY))('%s', (_id, operation) => {
  it('ignores a workspace in a header: the response and the table are identical, byte for byte', async () => {
    const plain = await outcomeOf(operation, (request) => request);
    const forged = await outcomeOf(operation, (request, victim) => ({
      ...request,
      headers: { ...headersNaming(victim), ...request.headers },
    }));
    expect(plain.response.status).toBeLessThan(300);
    expect(forged.bytes).toBe(plain.bytes);
    expect(forged.after).toEqual(plain.after);
    expect(forged.after.otherRows).toBe(forged.before.otherRows);
  });

  it('rejects a workspace in the query under any name, and changes nothing', async () => {
    const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
    const before = tableState(table, attacker);
    const request = buildRequest(operation, attacker);
    for (const name of NAMES) {
      const query = { ...request.query, [name]: victim.workspaceId };
      const { status, body } = await sendRequest({ ...request, query });
      expect([status, body.error.code, body.error.field]).toEqual([400, 'invalid_parameter', name]);
    }
    expect(tableState(table, attacker)).toEqual(before);
  });
});

it.each(byId(WITH_KEY.filter(({ hasBody }) => hasBody)))(
  '%s rejects a workspace in the body under any name, and changes nothing',
  async (_id, operation) => {
    const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
    const before = tableState(table, attacker);
    const request = buildRequest(operation, attacker);
    for (const name of NAMES) {
      const forgedBody = { ...(request.body as object), [name]: victim.workspaceId };
      const { status, body } = await sendRequest({ ...request, body: forgedBody });
      expect([status, body.error.code, body.error.field]).toEqual([422, 'invalid_field', name]);
    }
    expect(tableState(table, attacker)).toEqual(before);
  },
);

it.each(byId(WITH_KEY.filter(({ hasBody }) => !hasBody)))('%s ignores a body', async (_id, operation) => {
  const plain = await outcomeOf(operation, (request) => request);
  const forged = await outcomeOf(operation, (request, { workspaceId }) => ({
    ...request,
    body: Object.fromEntries(NAMES.map((name) => [name, workspaceId])),
  }));
  expect([forged.bytes, forged.after]).toEqual([plain.bytes, plain.after]);
});

describe('an email', () => {
  const SEND = OPERATIONS.find(({ id }) => id === 'POST /v1/send') as Operation;

  it.each([
    'ivymail_workspace',
    'ivymail_send',
    'IVYMAIL_WORKSPACE',
    'Ivymail_x',
    'ses:configuration-set',
    'SES:x',
    'ivymail_workspace ',
  ])('cannot have the tag "%s" from its sender', async (name) => {
    const { response, before, after } = await outcomeOf(SEND, (request, { workspaceId }) => ({
      ...request,
      body: { ...SEND_BODY, tags: { [name]: workspaceId } },
    }));
    expect([response.status, response.body.error]).toMatchObject([
      422,
      { code: 'invalid_field', field: `tags.${name}` },
    ]);
    expect(after).toEqual(before);
  });

  it.each(['X-SES-MESSAGE-TAGS', 'x-ses-configuration-set', 'X-Ses-List-Management-Options'])(
    'cannot have the header %s, which could name another workspace to SES',
    async (name) => {
      const { response, before, after } = await outcomeOf(SEND, (request, { workspaceId }) => ({
        ...request,
        body: { ...SEND_BODY, headers: { [name]: `ivymail_workspace=${workspaceId}` } },
      }));
      expect([response.status, response.body.error]).toMatchObject([
        422,
        { code: 'invalid_field', field: `headers.${name}` },
      ]);
      expect(after).toEqual(before);
    },
  );

  it('has exactly one workspace tag: the workspace of the key', async () => {
    const tenants = await setUpTwoTenants();
    const before = tenants.emails.length;
    await tenants.sendRequest({
      ...buildRequest(SEND, tenants.attacker),
      body: { ...SEND_BODY, tags: { workspace: tenants.victim.workspaceId } },
      headers: headersNaming(tenants.victim),
    });
    const tags = tenants.emails[before]?.EmailTags.filter(({ Name }) => Name === 'ivymail_workspace');
    expect(tags).toEqual([{ Name: 'ivymail_workspace', Value: tenants.attacker.workspaceId }]);
  });
});
