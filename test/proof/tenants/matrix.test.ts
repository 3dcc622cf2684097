import { afterAll, describe, expect, it } from 'vitest';
import { ROUTES } from '../../../lambdas/api/routes.ts';
import { SCOPES } from '../../../lambdas/core/api-key.ts';
import { DIMENSIONS } from '../../../lambdas/core/dimensions.ts';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { ownPath } from './attacks.ts';
import { DOCUMENT, OPERATIONS, operationsOf, type Operation, type Parameter } from './operations.ts';
import { buildRequest } from './requests.ts';
import { findLeaks, tenantSecrets, tableState } from './rows.ts';
import { AttackRun, type AttackOutcome } from './attack-run.ts';
import { setUpTwoTenants, type Tenant } from './tenants.ts';

const CASES = OPERATIONS.flatMap((operation) =>
  operation.parameters
    .filter(({ refersTo }) => refersTo !== 'nothing')
    .map((parameter) => ({ name: `${operation.id}: ${parameter.name}`, operation, parameter })),
);

const outcomes: AttackOutcome[] = [];
afterAll(() => {
  const sum = (figure: Exclude<keyof AttackOutcome, 'violations'>) =>
    outcomes.reduce((total, each) => total + each[figure], 0);
  recordFigures('tenants', {
    'routes of the OpenAPI document': OPERATIONS.length,
    'parameters that refer to a resource': CASES.length,
    'attacks with the required scope': sum('attacks'),
    'their responses that equal the response to an unknown id, byte for byte': sum('identicalResponses'),
    'attacks without the scope, rejected before any read': sum('withoutScope'),
    'leaks of another tenant’s data in a response': sum('leaks'),
  });
});

function ownValue({ refersTo }: Parameter, operation: Operation, tenant: Tenant): string {
  if (refersTo === 'cursor') return tenant.cursors[ownPath(operation, tenant)] ?? '';
  return tenant.ids[refersTo === 'prefix' || refersTo === 'nothing' ? 'recipient' : refersTo];
}

describe.each(CASES)('$name', ({ operation, parameter }) => {
  it.each(SCOPES)('reveals nothing of another workspace to a key of scope %s', async (scope) => {
    const outcome = await AttackRun.execute({ operation, parameter, scope });
    outcomes.push(outcome);
    expect(outcome.attacks + outcome.withoutScope).toBeGreaterThan(20);
    expect(outcome.violations).toEqual([]);
  });

  it('returns the resource of the caller’s own workspace', async () => {
    const { attacker, sendRequest } = await setUpTwoTenants();
    const value = ownValue(parameter, operation, attacker);
    const { status, body } = await sendRequest(buildRequest(operation, attacker, { parameter, value }));
    expect(status).toBeLessThan(300);
    expect(body?.data ?? body).not.toEqual([]);
  });
});

describe('an operation', () => {
  it.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
    '%s responds with 2xx to a valid request, without data of the other tenant',
    async (_id, operation) => {
      const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
      const request = buildRequest(operation, attacker);
      const { otherRows } = tableState(table, attacker);
      const response = await sendRequest(request);
      expect(response.status).toBeLessThan(300);
      expect(findLeaks(response, tenantSecrets(victim, table), JSON.stringify(request))).toEqual([]);
      expect(tableState(table, attacker).otherRows).toBe(otherRows);
    },
  );

  it('rejects a key without its scope before any read', async () => {
    const { attacker, table, kms, sendRequest } = await setUpTwoTenants();
    const before = [table.calls.length, kms.calls().length];
    const insufficient = OPERATIONS.filter(({ scope }) => scope !== 'public').flatMap((operation) =>
      SCOPES.filter((scope) => scope !== 'admin' && scope !== operation.scope).map((scope) => ({
        operation,
        scope,
      })),
    );
    for (const { operation, scope } of insufficient) {
      const response = await sendRequest({ ...buildRequest(operation, attacker), scopes: [scope] });
      expect([operation.id, response.status, response.body.error.code]).toEqual([
        operation.id,
        403,
        'insufficient_scope',
      ]);
    }
    expect([table.calls.length, kms.calls().length]).toEqual(before);
    expect(insufficient.length).toBeGreaterThan(OPERATIONS.length);
  });

  it.each(['path', 'query'])(
    'does not remove an address from the SES account list by %s, and does not reveal whether the list contains it',
    async (form) => {
      const { attacker, victim, table, state, sendRequest } = await setUpTwoTenants();
      const address = victim.ids.recipient;
      state.sesSuppressed.add(address);
      const { otherRows } = tableState(table, attacker);
      const path = `/v1/suppressions/${encodeURIComponent(address)}`;
      const { workspaceId } = attacker;
      const request =
        form === 'path'
          ? { path, query: { ses: 'true' } }
          : { path: '/v1/suppressions', query: { address, ses: 'true' } };
      const remove = () => sendRequest({ method: 'DELETE', ...request, workspaceId });
      const response = await remove();
      expect(response).toMatchObject({ status: 403, body: { error: { code: 'insufficient_scope' } } });
      expect([...state.sesSuppressed]).toEqual([address]);
      state.sesSuppressed.clear();
      expect((await remove()).body.error).toEqual(response.body.error);
      expect(tableState(table, attacker).otherRows).toBe(otherRows);
      expect((await sendRequest({ path, workspaceId: victim.workspaceId })).status).toBe(200);
    },
  );

  it.each([
    { path: '/v1/send/logs', headers: { accept: 'text/csv' } },
    { path: '/v1/send/logs', headers: { accept: 'application/x-ndjson' } },
    { path: '/v1/send/logs/export', query: { format: 'csv' } },
    { path: '/v1/send/logs/export', query: { format: 'ndjson' } },
  ])('exports only the emails of the caller’s workspace: %j', async (request) => {
    const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
    const response = await sendRequest({ ...request, workspaceId: attacker.workspaceId });
    expect(response.text).toContain(attacker.ids.message);
    expect(findLeaks(response, tenantSecrets(victim, table), '')).toEqual([]);
  });

  it.each(['pause', 'resume', 'dry-run'])(
    'POST /v1/reputation/%s handles the configuration set of another workspace as an unknown one',
    async (action) => {
      const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
      const { otherRows } = tableState(table, attacker);
      const responses = await Promise.all(
        [victim.marker, 'nobody'].map((set) =>
          sendRequest({
            method: 'POST',
            path: `/v1/reputation/${action}`,
            body: { configuration_set: set },
            workspaceId: attacker.workspaceId,
          }),
        ),
      );
      const [victimSet, unknown] = responses.map(({ status, body }) => [status, body?.error ?? body]);
      expect(victimSet).toEqual(unknown);
      expect(tableState(table, attacker).otherRows).toBe(otherRows);
    },
  );

  it('shows the status of the SES account to neither workspace, because the account is shared', async () => {
    const { attacker, state, sendRequest } = await setUpTwoTenants();
    const { status, body } = await sendRequest({ path: '/v1/reputation', workspaceId: attacker.workspaceId });
    expect([status, body.aws, state.accountReads]).toEqual([200, null, 0]);
  });

  it.each(DIMENSIONS)('statistics by %s count only the caller’s workspace', async (by) => {
    const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
    const request = { path: '/v1/stats', query: { by, series: 'true' } };
    const { workspaceId, count, marker } = attacker;
    const response = await sendRequest({ ...request, workspaceId });
    expect(response.body.breakdown.groups).toMatchObject([{ value: marker, totals: { bounced: count } }]);
    expect(findLeaks(response, tenantSecrets(victim, table), '')).toEqual([]);
    // The search for leaks finds each of these values in a response to the victim.
    const own = await sendRequest({ ...request, workspaceId: victim.workspaceId });
    expect(findLeaks(own, tenantSecrets(victim, table), '')).toContain(victim.marker);
  });

  it.each(['/v1/messages', '/v1/send/logs', '/v1/suppressions'])(
    '%s pages only through items of the caller’s workspace',
    async (path) => {
      const { attacker, victim, table, sendRequest } = await setUpTwoTenants();
      const found: string[] = [];
      for (let cursor: string | undefined | null; cursor !== null;) {
        const query = { limit: '1', ...(cursor !== undefined && { cursor }) };
        const response = await sendRequest({ path, query, workspaceId: attacker.workspaceId });
        expect(findLeaks(response, tenantSecrets(victim, table), '')).toEqual([]);
        found.push(...response.body.data.map((each: unknown) => JSON.stringify(each)));
        cursor = response.body.next_cursor as string | null;
      }
      expect(found).toHaveLength(3);
      expect(found.every((each) => each.includes(attacker.marker))).toBe(true);
    },
  );
});

describe('the proof itself', () => {
  it('detects every kind of data that the API returns, because it finds all of them in the victim’s own responses', async () => {
    const { victim, table, sendRequest } = await setUpTwoTenants();
    const seen = new Set<string>();
    for (const operation of OPERATIONS.filter(({ method }) => method === 'GET')) {
      const response = await sendRequest(buildRequest(operation, victim));
      for (const leak of findLeaks(response, tenantSecrets(victim, table), '')) seen.add(leak);
    }
    const { workspace, endpoint, delivery, recovery, key, event } = victim.ids;
    const [, , , secret] = victim.revealedSecrets;
    for (const each of [
      victim.marker,
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

  it('covers every route: a route outside the OpenAPI document reads no data', async () => {
    const { victim, table, sendRequest } = await setUpTwoTenants();
    const described = new Set(OPERATIONS.map(({ id }) => id));
    const pages = ROUTES.filter(({ method, path }) => !described.has(`${method} ${path}`));
    const before = table.calls.length;
    for (const { scope, path } of pages) {
      expect(scope).toBe('public');
      await sendRequest({ path: path.replace(/\{\w+\+?\}/, victim.ids.endpoint) });
    }
    expect(table.calls).toHaveLength(before);
    expect(pages.map(({ path }) => path)).toEqual([
      '/docs',
      '/docs/assets/{file}',
      '/docs/{path+}',
      '/dashboard',
      '/dashboard/assets/{file}',
      '/dashboard/{path+}',
    ]);
  });

  it('fails for a new parameter, field or route without an entry', async () => {
    const { attacker } = await setUpTwoTenants();
    const operation = DOCUMENT.paths['/v1/webhooks']?.['get'];
    if (!operation) throw new Error('No operation');
    const described = (changes: object) =>
      operationsOf({ paths: { '/v1/new': { get: { ...operation, ...changes } } } });
    const parameter = { name: 'account', in: 'query', schema: {} };
    const named = { ...parameter, schema: { pattern: '^inv_[a-z2-7]{26}$' } };
    const schema = { items: { properties: { owner: {} } } };
    expect(() => described({ parameters: [parameter] })).toThrow('what the parameter account refers to');
    expect(() => described({ parameters: [named] })).toThrow('what the parameter account refers to');
    expect(() => described({ requestBody: { content: { 'application/json': { schema } } } })).toThrow(
      'what the field owner refers to',
    );
    const [added] = described({});
    expect(() => buildRequest(added as Operation, attacker)).toThrow('GET /v1/new needs an entry');
  });
});
