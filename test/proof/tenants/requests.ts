import type { ApiRequest } from '../../api/harness.ts';
import type { Operation, Parameter } from './operations.ts';
import { SEND_BODY, type Tenant } from './tenants.ts';

/** A valid body for each operation, or `undefined` for an operation without a body. An operation without an entry fails the matrix. */
const VALID_BODIES: Readonly<Record<string, object | undefined>> = {
  'POST /v1/send': SEND_BODY,
  'GET /v1/messages': undefined,
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
  'GET /v1/reputation': undefined,
  'PATCH /v1/reputation': { mode: 'pause', limits: { hour: { min_sent: 10 } } },
  'POST /v1/reputation/pause': {},
  'POST /v1/reputation/resume': { grace_hours: 1 },
  'GET /v1/reputation/history': undefined,
  'POST /v1/reputation/dry-run': { mode: 'pause' },
};

/** A value for one parameter. */
export interface ParameterValue {
  readonly parameter: Parameter;
  readonly value: string;
  /** The value is put into the path without percent-encoding. */
  readonly raw?: true;
}

function encodeForPath(value: string, raw: boolean): string {
  return raw ? value : encodeURIComponent(value.toWellFormed());
}

/** Values of the required parameters that refer to no resource. */
const REQUIRED_VALUES: Readonly<Record<string, string>> = { format: 'csv' };

function valueOf({ name, refersTo }: Parameter, { ids }: Tenant): string {
  const value = REQUIRED_VALUES[name];
  if (value !== undefined) return value;
  if (refersTo === 'nothing' || refersTo === 'cursor' || refersTo === 'prefix')
    throw new Error('No operation requires this parameter');
  return ids[refersTo];
}

/** A request of the tenant for its own resources, to which the operation responds with 2xx. `override` replaces the value of one parameter. */
export function buildRequest(operation: Operation, tenant: Tenant, override?: ParameterValue): ApiRequest {
  if (!(operation.id in VALID_BODIES)) throw new Error(`${operation.id} needs an entry in VALID_BODIES`);
  const body = VALID_BODIES[operation.id];
  let { path } = operation;
  const query: Record<string, string> = {};
  const headers: Record<string, string> = {};
  for (const parameter of operation.parameters) {
    const isOverridden =
      override?.parameter.name === parameter.name && override.parameter.in === parameter.in;
    if (parameter.in === 'path') {
      const text = isOverridden
        ? encodeForPath(override.value, override.raw ?? false)
        : encodeForPath(valueOf(parameter, tenant), false);
      path = path.replace(`{${parameter.name}}`, () => text);
    } else if (isOverridden) (parameter.in === 'query' ? query : headers)[parameter.name] = override.value;
    else if (parameter.in === 'query' && parameter.required)
      query[parameter.name] = valueOf(parameter, tenant);
    // The probe receiver requires a webhook id.
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
