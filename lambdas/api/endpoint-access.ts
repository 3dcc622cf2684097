import type { Endpoint, EndpointAction, EndpointHistoryEntry } from '../core/endpoints.ts';
import { randomId } from '../core/ids.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { getEndpoint } from '../store/endpoints.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, notFound } from './errors.ts';
import type { Caller } from './request.ts';
import { idOf } from './schemas/common.ts';

/** The path parameter `{id}` of routes below /v1/webhooks. */
export const endpointParam = { id: idOf('ep') };

/** Reads the endpoint that the path names. Throws 404 if it does not exist. */
export async function requireEndpoint(
  deps: ApiDeps,
  caller: Caller,
  params: Readonly<Record<string, string>>,
): Promise<Endpoint> {
  const endpoint = await getEndpoint(deps.table, caller.workspaceId, params['id'] ?? '');
  if (!endpoint) throw notFound();
  return endpoint;
}

/**
 * Throws if the endpoint is not active. The error names the field `id`, because `id` is the path parameter that names the
 * endpoint or one of its deliveries.
 */
export function requireActive({ id, status }: Endpoint): void {
  if (status === 'active') return;
  const resume = `PATCH /v1/webhooks/${id} with {"status": "active"}`;
  throw new ApiError('invalid_field', `The endpoint is ${status}. Resume it first: ${resume}`, {
    field: 'id',
  });
}

/** A new entry of an endpoint's history. `by` and `by_name` are the API key of the request. */
export function newHistoryEntry(
  deps: ApiDeps,
  caller: Caller,
  action: EndpointAction,
  reason?: string,
): EndpointHistoryEntry {
  return {
    id: randomId('req', deps.randomBytes),
    at: formatTimestamp(deps.now()),
    action,
    by: caller.keyId,
    ...(caller.keyName !== undefined && { by_name: caller.keyName }),
    ...(reason !== undefined && { reason }),
  };
}
