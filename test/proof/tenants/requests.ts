import type { ApiRequest } from '../../api/harness.ts';
import type { Operation, Parameter } from './operations.ts';
import { SEND_BODY, type Tenant } from './tenants.ts';

/** A body that does something; none where the operation takes none. An operation that is not here fails the matrix. */
const BODIES: Readonly<Record<string, object | undefined>> = {
  'POST /v1/send': SEND_BODY,
  'GET /v1/send/logs': undefined,
  'GET /v1/send/logs/export': undefined,
  'GET /v1/send/logs/{message_id}': undefined,
  'GET /v1/webhooks': undefined,
  'POST /v1/webhooks': { url: 'https://new.example.com/' },
  'POST /v1/webhooks/check': { url: 'https://new.example.com/' },
  'GET /v1/webhooks/{id}': undefined,
  'PATCH /v1/webhooks/{id}': { status: 'paused', url: 'https://new.example.com/' },
  'DELETE /v1/webhooks/{id}': undefined,
  'GET /v1/webhooks/{id}/changes': undefined,
  'POST /v1/webhooks/{id}/rotate-secret': { overlap_seconds: 0 },
  'GET /v1/webhooks/{id}/secret': undefined,
  'POST /v1/webhooks/{id}/test': { event: 'bounced' },
  'POST /v1/webhooks/{id}/recover': { since: '2026-02-25T11:00:00Z' },
  'GET /v1/recoveries/{id}': undefined,
  'GET /v1/stats': undefined,
  'GET /v1/api-keys': undefined,
  'POST /v1/api-keys': { name: 'New' },
  'DELETE /v1/api-keys/{id}': undefined,
  'GET /v1/workspace': undefined,
  'GET /docs': undefined,
  'GET /llms.txt': undefined,
  'GET /v1/openapi.json': undefined,
  'POST /probes/{token}': { event: 'bounced' },
  'GET /v1/deliveries/{id}': undefined,
  'GET /v1/webhooks/{id}/deliveries': undefined,
  'POST /v1/deliveries/{id}/redeliver': undefined,
  'GET /v1/suppressions': undefined,
  'POST /v1/suppressions': { address: 'new@example.com' },
  'GET /v1/suppressions/{address}': undefined,
  'DELETE /v1/suppressions': undefined,
  'DELETE /v1/suppressions/{address}': undefined,
};

/** The value of one parameter, written into the path as it is, or as a client would. */
export interface Given {
  readonly parameter: Parameter;
  readonly value: string;
  readonly raw?: true;
}

function inPath(value: string, raw: boolean): string {
  return raw ? value : encodeURIComponent(value.toWellFormed());
}

/** Required parameters that name nothing. */
const VALUES: Readonly<Record<string, string>> = { format: 'csv' };

function valueOf({ name, names }: Parameter, { ids }: Tenant): string {
  const value = VALUES[name];
  if (value !== undefined) return value;
  if (names === 'nothing' || names === 'cursor' || names === 'prefix') throw new Error('Not needed');
  return ids[names];
}

/** A request that an operation answers with a success, for what the tenant owns; but for one parameter. */
export function requestOf(operation: Operation, tenant: Tenant, given?: Given): ApiRequest {
  if (!(operation.id in BODIES)) throw new Error(`${operation.id} needs its row in the table of requests`);
  const body = BODIES[operation.id];
  let { path } = operation;
  const query: Record<string, string> = {};
  const headers: Record<string, string> = {};
  for (const parameter of operation.parameters) {
    const here = given?.parameter.name === parameter.name && given.parameter.in === parameter.in;
    if (parameter.in === 'path') {
      const text = here ? inPath(given.value, given.raw ?? false) : inPath(valueOf(parameter, tenant), false);
      path = path.replace(`{${parameter.name}}`, () => text);
    } else if (here) (parameter.in === 'query' ? query : headers)[parameter.name] = given.value;
    else if (parameter.in === 'query' && parameter.required)
      query[parameter.name] = valueOf(parameter, tenant);
    // A receiver of webhooks gets none without an id.
    else if (parameter.name === 'webhook-id') headers[parameter.name] = valueOf(parameter, tenant);
  }
  return {
    method: operation.method,
    path,
    query,
    headers,
    ...(body && { body }),
    workspaceId: tenant.workspaceId,
    keyId: tenant.keyId,
  };
}
