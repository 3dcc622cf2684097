// Version 0.1.0 gave each delivery an execution of its own. Such executions can wait for days when the stack is updated.
import type {
  DeliverInput,
  DeliveryGroup,
  SingleDeliverInput,
  SingleResult,
  SingleTask,
} from '../core/deliveries.ts';
import type { GroupReport } from './deliver.ts';

/** The payload of an execution: a group, or the single task of version 0.1.0. */
export function payloadOf(input: DeliverInput | SingleDeliverInput): DeliveryGroup | SingleTask {
  return 'task' in input ? input.task : input.group;
}

export function isSingleTask(payload: DeliveryGroup | SingleTask): payload is SingleTask {
  return !('tasks' in payload);
}

export function groupOfSingleTask(task: SingleTask): DeliveryGroup {
  return {
    workspace_id: task.workspace_id,
    endpoint_id: task.endpoint_id,
    execution_name: task.execution_name,
    // The execution has waited for the delay, so the task is due.
    delay_seconds: task.delay_seconds,
    wakes: 0,
    tasks: [task],
  };
}

/** The result in the shape that the state machines of version 0.1.0 read. */
export function singleResultOf(single: SingleTask, { tasks, result }: GroupReport): SingleResult {
  const [report] = tasks;
  const [next] = result.tasks;
  return {
    ...(report?.task ?? single),
    execution_name: result.execution_name,
    // Without a report, the task was not due: the group waits, for example for a slot of its endpoint.
    outcome: report?.outcome ?? (next ? 'retry' : 'cancelled'),
    delay_seconds: next?.delay_seconds ?? 0,
  };
}
