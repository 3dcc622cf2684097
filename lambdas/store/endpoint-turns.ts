import type { Endpoint } from '../core/endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Table } from './table.ts';
import { conditionalUpdate } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/**
 * Reserves the next turn of an endpoint and returns its time. Turns are at least `spacingMs` apart. All times are epoch
 * milliseconds. A turn is not given back.
 */
export async function reserveTurn(
  table: Table,
  endpoint: Pick<Endpoint, 'workspace_id' | 'id'>,
  { nowMs, spacingMs }: { readonly nowMs: number; readonly spacingMs: number },
): Promise<number> {
  const target = { TableName: table.name, Key: endpointKey(endpoint.workspace_id, endpoint.id) };
  const queued = await conditionalUpdate(table, {
    ...target,
    ...updateExpression({ add: { next_turn_ms: spacingMs } }, { values: { now: nowMs } }),
    ConditionExpression: 'next_turn_ms > :now',
    ReturnValues: 'ALL_NEW',
  });
  if (queued?.Attributes) return Number(queued.Attributes['next_turn_ms']) - spacingMs;
  // No turn is reserved after now. If another group reserves this turn first, both groups share it.
  await conditionalUpdate(table, {
    ...target,
    ...updateExpression({ set: { next_turn_ms: nowMs + spacingMs } }, { values: { now: nowMs } }),
    ConditionExpression:
      'attribute_exists(pk) AND (attribute_not_exists(next_turn_ms) OR next_turn_ms <= :now)',
  });
  return nowMs;
}
