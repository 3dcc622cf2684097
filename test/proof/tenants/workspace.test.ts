import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../../api/harness.ts';
import { OPERATIONS, type Operation } from './operations.ts';
import { requestOf } from './requests.ts';
import { bytesOf, stateOf } from './rows.ts';
import { SEND_BODY, twoTenants, type Tenant } from './tenants.ts';

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

/** Headers that other programs take a tenant from, and those of the gateway's own context. */
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

/** What a request comes to in a world of its own: the answer, and the whole table after it. */
async function outcomeOf(operation: Operation, change: (request: ApiRequest, victim: Tenant) => ApiRequest) {
  const world = await twoTenants();
  const before = stateOf(world.table, world.attacker);
  const told = await world.sendRequest(change(requestOf(operation, world.attacker), world.victim));
  const after = stateOf(world.table, world.attacker);
  return { told, bytes: bytesOf(told), before, after };
}

const byId = (operations: readonly Operation[]) => operations.map((each) => [each.id, each] as const);

describe.each(byId(WITH_KEY))('%s', (_id, operation) => {
  it('does the same, byte for byte, whatever a header says of the workspace', async () => {
    const plain = await outcomeOf(operation, (request) => request);
    const named = await outcomeOf(operation, (request, victim) => ({
      ...request,
      headers: { ...headersNaming(victim), ...request.headers },
    }));
    expect(plain.told.status).toBeLessThan(300);
    expect(named.bytes).toBe(plain.bytes);
    expect(named.after).toEqual(plain.after);
    expect(named.after.beside).toBe(named.before.beside);
  });

  it('refuses one in its query, whatever it is called, and does nothing', async () => {
    const { attacker, victim, table, sendRequest } = await twoTenants();
    const before = stateOf(table, attacker);
    const request = requestOf(operation, attacker);
    for (const name of NAMES) {
      const query = { ...request.query, [name]: victim.workspaceId };
      const { status, body } = await sendRequest({ ...request, query });
      expect([status, body.error.code, body.error.field]).toEqual([400, 'invalid_parameter', name]);
    }
    expect(stateOf(table, attacker)).toEqual(before);
  });
});

it.each(byId(WITH_KEY.filter(({ hasBody }) => hasBody)))(
  '%s refuses one in its body, whatever it is called, and does nothing',
  async (_id, operation) => {
    const { attacker, victim, table, sendRequest } = await twoTenants();
    const before = stateOf(table, attacker);
    const request = requestOf(operation, attacker);
    for (const name of NAMES) {
      const given = { ...(request.body as object), [name]: victim.workspaceId };
      const { status, body } = await sendRequest({ ...request, body: given });
      expect([status, body.error.code, body.error.field]).toEqual([422, 'invalid_field', name]);
    }
    expect(stateOf(table, attacker)).toEqual(before);
  },
);

it.each(byId(WITH_KEY.filter(({ hasBody }) => !hasBody)))(
  '%s takes no notice of a body',
  async (_id, operation) => {
    const plain = await outcomeOf(operation, (request) => request);
    const named = await outcomeOf(operation, (request, { workspaceId }) => ({
      ...request,
      body: Object.fromEntries(NAMES.map((name) => [name, workspaceId])),
    }));
    expect([named.bytes, named.after]).toEqual([plain.bytes, plain.after]);
  },
);

describe('a mail', () => {
  const SENT = OPERATIONS.find(({ id }) => id === 'POST /v1/send') as Operation;

  it.each([
    'ivymail_workspace',
    'ivymail_send',
    'IVYMAIL_WORKSPACE',
    'Ivymail_x',
    'ses:configuration-set',
    'SES:x',
    'ivymail_workspace ',
  ])('carries no tag "%s" of the sender’s own', async (name) => {
    const { told, before, after } = await outcomeOf(SENT, (request, { workspaceId }) => ({
      ...request,
      body: { ...SEND_BODY, tags: { [name]: workspaceId } },
    }));
    expect([told.status, told.body.error]).toMatchObject([
      422,
      { code: 'invalid_field', field: `tags.${name}` },
    ]);
    expect(after).toEqual(before);
  });

  it.each(['X-SES-MESSAGE-TAGS', 'x-ses-configuration-set', 'X-Ses-List-Management-Options'])(
    'carries no header %s, which would name another workspace to SES',
    async (name) => {
      const { told, before, after } = await outcomeOf(SENT, (request, { workspaceId }) => ({
        ...request,
        body: { ...SEND_BODY, headers: { [name]: `ivymail_workspace=${workspaceId}` } },
      }));
      expect([told.status, told.body.error]).toMatchObject([
        422,
        { code: 'invalid_field', field: `headers.${name}` },
      ]);
      expect(after).toEqual(before);
    },
  );

  it('is tagged with the workspace of the key, and once', async () => {
    const world = await twoTenants();
    const before = world.emails.length;
    await world.sendRequest({
      ...requestOf(SENT, world.attacker),
      body: { ...SEND_BODY, tags: { workspace: world.victim.workspaceId } },
      headers: headersNaming(world.victim),
    });
    const tags = world.emails[before]?.EmailTags.filter(({ Name }) => Name === 'ivymail_workspace');
    expect(tags).toEqual([{ Name: 'ivymail_workspace', Value: world.attacker.workspaceId }]);
  });
});
