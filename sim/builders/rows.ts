import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import type { DeliverableEvent } from '../../lambdas/core/deliverable-events.ts';
import { createFirstTask } from '../../lambdas/delivery/dispatch.ts';
import { claimRow } from '../../lambdas/store/claim-rows.ts';
import { leaseEndMs } from '../../lambdas/store/delivery-claims.ts';
import { KIND, endpointKey } from '../../lambdas/store/keys.ts';
import type { Row, Table } from '../../lambdas/store/table.ts';

/** Stores an endpoint in the table, without a history. */
export async function putEndpoint(table: Table, endpoint: Endpoint): Promise<void> {
  const { id, workspace_id: workspaceId, ...fields } = endpoint;
  const Item = { ...endpointKey(workspaceId, id), kind: KIND.endpoint, ...fields };
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
}

/** The claim of a first attempt with a lease of a minute. The delivery has no Delivery row until the attempt is over. */
export function aClaim(
  event: DeliverableEvent,
  endpoint: Pick<Endpoint, 'id'>,
  { nowMs, ...changes }: { readonly nowMs: number } & Readonly<Record<string, unknown>>,
): Row {
  const row = claimRow({
    task: createFirstTask(event, endpoint.id),
    stored: { event, ttl: 2_000_000_000 },
    nowMs,
    lease: { owner: 'one', untilMs: leaseEndMs(nowMs) },
  });
  return { ...row, ...changes };
}

/** A row of v0.1.0 at the place of a claim. It contains only the key of the Delivery row. */
export function anAddressRow(event: DeliverableEvent, endpoint: Pick<Endpoint, 'id'>): Row {
  const { pk, sk, kind, delivery, ttl } = aClaim(event, endpoint, { nowMs: 0 });
  return { pk, sk, kind, delivery, ttl };
}
