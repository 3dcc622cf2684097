import type { Endpoint } from '../core/endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Table } from './table.ts';
import { conditionalUpdate } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/** All times are epoch milliseconds. */
interface TurnRequest {
  readonly nowMs: number;
  readonly spacingMs: number;
}

/**
 * Reserves the next turn of an endpoint and returns its time. Turns are at least `spacingMs` apart. All times are epoch
 * milliseconds. A turn is not given back.
 */
export async function reserveTurn(
  table: Table,
  endpoint: Pick<Endpoint, 'workspace_id' | 'id'>,
  request: TurnRequest,
): Promise<number> {
  const target = { TableName: table.name, Key: endpointKey(endpoint.workspace_id, endpoint.id) };
  return (await reserveNextTurn(table, target, request)) ?? reserveThisTurn(table, target, request);
}

type Target = Pick<Parameters<typeof conditionalUpdate>[1], 'TableName' | 'Key'>;

/** Returns undefined if no turn at or after this time is reserved. */
async function reserveNextTurn(
  table: Table,
  target: Target,
  { nowMs, spacingMs }: TurnRequest,
): Promise<number | undefined> {
  const queued = await conditionalUpdate(table, {
    ...target,
    ...updateExpression({ add: { next_turn_ms: spacingMs } }, { values: { now: nowMs } }),
    ConditionExpression: 'next_turn_ms >= :now',
    ReturnValues: 'ALL_NEW',
  });
  return queued?.Attributes && Number(queued.Attributes['next_turn_ms']) - spacingMs;
}

/** If another group reserves this turn first, both groups share it. */
async function reserveThisTurn(
  table: Table,
  target: Target,
  { nowMs, spacingMs }: TurnRequest,
): Promise<number> {
  await conditionalUpdate(table, {
    ...target,
    ...updateExpression({ set: { next_turn_ms: nowMs + spacingMs } }, { values: { now: nowMs } }),
    ConditionExpression:
      'attribute_exists(pk) AND (attribute_not_exists(next_turn_ms) OR next_turn_ms < :now)',
  });
  return nowMs;
}
