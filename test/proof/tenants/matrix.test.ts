import { afterAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../lambdas/api/routes.ts';
import { SCOPES } from '../../../lambdas/core/api-key.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { ownPath } from './attacks.ts';
import { DOCUMENT, OPERATIONS, operationsOf, type Operation, type Parameter } from './operations.ts';
import { requestOf } from './requests.ts';
import { leaksIn, secretsOf, stateOf } from './rows.ts';
import { Siege, type Outcome } from './attack-run.ts';
import { twoTenants, type Tenant } from './tenants.ts';

const CASES = OPERATIONS.flatMap((operation) =>
  operation.parameters
    .filter(({ names }) => names !== 'nothing')
    .map((parameter) => ({ name: `${operation.id}: ${parameter.name}`, operation, parameter })),
);

const outcomes: Outcome[] = [];
afterAll(() => {
  const sum = (figure: Exclude<keyof Outcome, 'complaints'>) =>
    outcomes.reduce((total, each) => total + each[figure], 0);
  recordFigures('tenants', {
    'routes of the OpenAPI document': OPERATIONS.length,
    'parameters that name something': CASES.length,
    'requests of an attacker with the scope for them': sum('attacks'),
    'of their answers, byte for byte that to an unknown id': sum('alike'),
    'requests of an attacker without it, refused unread': sum('withoutScope'),
    'anything of another tenant in an answer': sum('leaks'),
  });
});

function ownValue({ names }: Parameter, operation: Operation, tenant: Tenant): string {
  if (names === 'cursor') return tenant.cursors[ownPath(operation, tenant)] ?? '';
  return tenant.ids[names === 'prefix' || names === 'nothing' ? 'recipient' : names];
}

describe.each(CASES)('$name', ({ operation, parameter }) => {
  it.each(SCOPES)('finds with a key of scope %s only what is the workspace’s own', async (scope) => {
    const outcome = await Siege.lay({ operation, parameter, scope });
    outcomes.push(outcome);
    expect(outcome.attacks + outcome.withoutScope).toBeGreaterThan(20);
    expect(outcome.complaints).toEqual([]);
  });

  it('finds what is the workspace’s own', async () => {
    const { attacker, sendRequest } = await twoTenants();
    const value = ownValue(parameter, operation, attacker);
    const { status, body } = await sendRequest(requestOf(operation, attacker, { parameter, value }));
    expect(status).toBeLessThan(300);
    expect(body?.data ?? body).not.toEqual([]);
  });
});

describe('every operation', () => {
  it.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    '%s has a request that it answers, and nothing of the other tenant in the answer',
    async (_id, operation) => {
      const { attacker, victim, table, sendRequest } = await twoTenants();
      const request = requestOf(operation, attacker);
      const { beside } = stateOf(table, attacker);
      const told = await sendRequest(request);
      expect(told.status).toBeLessThan(300);
      expect(leaksIn(told, secretsOf(victim, table), JSON.stringify(request))).toEqual([]);
      expect(stateOf(table, attacker).beside).toBe(beside);
    },
  );

  it('is refused to every smaller scope before anything is read', async () => {
    const { attacker, table, kms, sendRequest } = await twoTenants();
    const before = [table.calls.length, kms.calls().length];
    const smaller = OPERATIONS.filter(({ scope }) => scope !== 'public').flatMap((operation) =>
      SCOPES.filter((scope) => scope !== 'admin' && scope !== operation.scope).map((scope) => ({
        operation,
        scope,
      })),
    );
    for (const { operation, scope } of smaller) {
      const told = await sendRequest({ ...requestOf(operation, attacker), scopes: [scope] });
      expect([operation.id, told.status, told.body.error.code]).toEqual([
        operation.id,
        403,
        'insufficient_scope',
      ]);
    }
    expect([table.calls.length, kms.calls().length]).toEqual(before);
    expect(smaller.length).toBeGreaterThan(OPERATIONS.length);
  });

  it.each(['path', 'query'])(
    'takes nothing off the list of SES by %s, which is the account’s, and hears nothing of what is on it',
    async (form) => {
      const { attacker, victim, table, state, sendRequest } = await twoTenants();
      const address = victim.ids.recipient;
      state.sesSuppressed.add(address);
      const { beside } = stateOf(table, attacker);
      const path = `/v1/suppressions/${encodeURIComponent(address)}`;
      const { workspaceId } = attacker;
      const request =
        form === 'path'
          ? { path, query: { ses: 'true' } }
          : { path: '/v1/suppressions', query: { address, ses: 'true' } };
      const remove = () => sendRequest({ method: 'DELETE', ...request, workspaceId });
      const told = await remove();
      expect(told).toMatchObject({ status: 403, body: { error: { code: 'insufficient_scope' } } });
      expect([...state.sesSuppressed]).toEqual([address]);
      state.sesSuppressed.clear();
      expect((await remove()).body.error).toEqual(told.body.error);
      expect(stateOf(table, attacker).beside).toBe(beside);
      expect((await sendRequest({ path, workspaceId: victim.workspaceId })).status).toBe(200);
    },
  );

  it.each([
    { path: '/v1/send/logs', headers: { accept: 'text/csv' } },
    { path: '/v1/send/logs', headers: { accept: 'application/x-ndjson' } },
    { path: '/v1/send/logs/export', query: { format: 'csv' } },
    { path: '/v1/send/logs/export', query: { format: 'ndjson' } },
  ])('exports what is the workspace’s own: %j', async (request) => {
    const { attacker, victim, table, sendRequest } = await twoTenants();
    const told = await sendRequest({ ...request, workspaceId: attacker.workspaceId });
    expect(told.text).toContain(attacker.ids.message);
    expect(leaksIn(told, secretsOf(victim, table), '')).toEqual([]);
  });

  it.each(['/v1/send/logs', '/v1/suppressions'])(
    'pages through %s to the end among its own',
    async (path) => {
      const { attacker, victim, table, sendRequest } = await twoTenants();
      const found: string[] = [];
      for (let cursor: string | undefined | null; cursor !== null;) {
        const query = { limit: '1', ...(cursor !== undefined && { cursor }) };
        const told = await sendRequest({ path, query, workspaceId: attacker.workspaceId });
        expect(leaksIn(told, secretsOf(victim, table), '')).toEqual([]);
        found.push(...told.body.data.map((each: unknown) => JSON.stringify(each)));
        cursor = told.body.next_cursor as string | null;
      }
      expect(found).toHaveLength(3);
      expect(found.every((each) => each.includes(attacker.word))).toBe(true);
    },
  );
});

describe('the means of this proof', () => {
  it('would see each thing of a tenant in an answer: its own answers have all that the API ever shows', async () => {
    const { victim, table, sendRequest } = await twoTenants();
    const seen = new Set<string>();
    for (const operation of OPERATIONS.filter(({ method }) => method === 'GET')) {
      const told = await sendRequest(requestOf(operation, victim));
      for (const leak of leaksIn(told, secretsOf(victim, table), '')) seen.add(leak);
    }
    const { workspace, endpoint, delivery, recovery, key, event } = victim.ids;
    const [, , , secret] = victim.shown;
    for (const each of [
      victim.word,
      String(victim.count),
      workspace,
      endpoint,
      delivery,
      recovery,
      key,
      event,
      secret,
    ])
      expect(seen).toContain(each);
  });

  it('knows every route: what the document leaves out reads nothing', async () => {
    const { victim, table, sendRequest } = await twoTenants();
    const described = new Set(OPERATIONS.map(({ id }) => id));
    const pages = ROUTES.filter(({ method, path }) => !described.has(`${method} ${path}`));
    const before = table.calls.length;
    for (const { scope, path } of pages) {
      expect(scope).toBe('public');
      await sendRequest({ path: path.replace(/\{\w+\+?\}/, victim.ids.endpoint) });
    }
    expect(table.calls).toHaveLength(before);
    expect(pages.map(({ path }) => path)).toEqual([
      '/dashboard',
      '/dashboard/assets/{file}',
      '/dashboard/{path+}',
    ]);
  });

  it('does not pass over a new parameter, a new field or a new route', async () => {
    const { attacker } = await twoTenants();
    const operation = DOCUMENT.paths['/v1/webhooks']?.['get'];
    if (!operation) throw new Error('No operation');
    const described = (changes: object) =>
      operationsOf({ paths: { '/v1/new': { get: { ...operation, ...changes } } } });
    const parameter = { name: 'account', in: 'query', schema: {} };
    const named = { ...parameter, schema: { pattern: '^inv_[a-z2-7]{26}$' } };
    const schema = { items: { properties: { owner: {} } } };
    expect(() => described({ parameters: [parameter] })).toThrow('what account can name');
    expect(() => described({ parameters: [named] })).toThrow('what account can name');
    expect(() => described({ requestBody: { content: { 'application/json': { schema } } } })).toThrow(
      'what the field owner can name',
    );
    const [added] = described({});
    expect(() => requestOf(added as Operation, attacker)).toThrow('GET /v1/new needs its row');
  });
});
