import type { Endpoint } from '../core/endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Table } from './table.ts';
import { conditionalUpdate } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/** One of the invocations that an endpoint may occupy at the same time. */
export interface Slot {
  /** The attribute of the endpoint's row. */
  readonly name: string;
  /** Epoch milliseconds. From this time on, another group can take the slot. The invocation that took it has then ended. */
  readonly untilMs: number;
}

type EndpointId = Pick<Endpoint, 'workspace_id' | 'id'>;

function targetOf(table: Table, endpoint: EndpointId) {
  return { TableName: table.name, Key: endpointKey(endpoint.workspace_id, endpoint.id) };
}

/** Takes a slot of an endpoint until `untilMs`. Returns undefined if other groups have all slots, or if the endpoint was deleted. */
export async function takeSlot(
  table: Table,
  endpoint: EndpointId,
  { slots, nowMs, untilMs }: { readonly slots: number; readonly nowMs: number; readonly untilMs: number },
): Promise<Slot | undefined> {
  for (let index = 0; index < slots; index += 1) {
    const name = `slot_${index}`;
    // Sequential: the next slot is needed only if this one is occupied.
    const taken = await conditionalUpdate(table, {
      ...targetOf(table, endpoint),
      ...updateExpression({ set: { [name]: untilMs } }, { values: { now: nowMs } }),
      ConditionExpression: `attribute_exists(pk) AND (attribute_not_exists(${name}) OR ${name} <= :now)`,
    });
    if (taken) return { name, untilMs };
  }
  return undefined;
}

/** Gives a slot back. A slot that another group has taken since then stays unchanged. */
export async function releaseSlot(
  table: Table,
  endpoint: EndpointId,
  { name, untilMs }: Slot,
): Promise<void> {
  await conditionalUpdate(table, {
    ...targetOf(table, endpoint),
    ...updateExpression({ remove: [name] }, { values: { until: untilMs } }),
    ConditionExpression: `${name} = :until`,
  });
}
