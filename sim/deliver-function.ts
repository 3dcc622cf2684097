import type {
  DeliverInput,
  GroupResult,
  SingleDeliverInput,
  SingleResult,
} from '../lambdas/core/deliveries.ts';
import type { DeliverDeps } from '../lambdas/delivery/attempt.ts';
import { deliverGroup } from '../lambdas/delivery/deliver.ts';
import {
  groupOfSingleTask,
  isSingleTask,
  payloadOf,
  singleResultOf,
} from '../lambdas/delivery/single-task.ts';

/** Runs the deliver function as its handler does, without the log. */
export async function runDeliver(
  deps: DeliverDeps,
  input: DeliverInput | SingleDeliverInput,
  deadlineMs: number,
): Promise<GroupResult | SingleResult> {
  const payload = payloadOf(input);
  const report = await deliverGroup(deps, {
    group: isSingleTask(payload) ? groupOfSingleTask(payload) : payload,
    events: ('events' in input && input.events) || [],
    execution: input.execution,
    abandon: input.abandon === true,
    deadlineMs,
  });
  return isSingleTask(payload) ? singleResultOf(payload, report) : report.result;
}
