import type { Attempt, DeliveryTask, Outcome } from '../../lambdas/core/deliveries.ts';
import type { DeliverDeps } from '../../lambdas/delivery/attempt.ts';
import { deliverGroup } from '../../lambdas/delivery/deliver.ts';
import type { EndpointTransition } from '../../lambdas/delivery/endpoint-tracker.ts';
import { singleGroup } from '../../lambdas/delivery/groups.ts';

/** What a group of one task reports, in one object. */
export interface DeliveredTask {
  readonly result: DeliveryTask & { readonly execution_name: string; readonly outcome: Outcome };
  readonly attempt?: Attempt;
  readonly endpointTransition: EndpointTransition;
}

/** Attempts one delivery as a group of its own that is due now. */
export async function deliverTask(
  deps: DeliverDeps,
  input: { readonly task: DeliveryTask; readonly execution: string; readonly abandon?: boolean },
): Promise<DeliveredTask> {
  const { task, execution, abandon = false } = input;
  const { group } = singleGroup(task);
  const { tasks, result } = await deliverGroup(deps, {
    group: { ...group, delay_seconds: task.delay_seconds },
    events: [],
    execution,
    abandon,
    deadlineMs: deps.now() + 45_000,
  });
  const [report] = tasks;
  if (!report) throw new Error('The group attempted no task');
  const { task: next, outcome, attempt, endpointTransition } = report;
  const [waiting] = result.tasks;
  return {
    result: {
      ...next,
      execution_name: result.execution_name,
      outcome,
      delay_seconds: waiting?.delay_seconds ?? 0,
    },
    ...(attempt && { attempt }),
    endpointTransition,
  };
}
