import type { Logger } from '@aws-lambda-powertools/logger';
import { METRIC, type metricsIn } from '../core/metrics.ts';
import type { GroupReport, GroupTaskReport } from './deliver.ts';

function count(tasks: readonly GroupTaskReport[], isCounted: (report: GroupTaskReport) => boolean): number {
  return tasks.filter(isCounted).length;
}

/**
 * Logs one line for the group with its metrics, one line for each failed attempt, and one for each internal error. Successful
 * attempts are only counted, because the API shows each of them, and a line for each would cost more than its Lambda time.
 */
export function logGroup(
  logger: Pick<Logger, 'info' | 'error'>,
  metrics: ReturnType<typeof metricsIn>,
  { tasks, result }: GroupReport,
): void {
  const ids = { endpoint_id: result.endpoint_id, workspace_id: result.workspace_id };
  for (const { task, outcome, attempt, internalError } of tasks) {
    if (internalError !== undefined)
      logger.error('delivery.internal_error', {
        ...ids,
        event_id: task.event_id,
        outcome,
        error: internalError as Error,
      });
    if (attempt?.error_class !== undefined)
      logger.info('delivery.failed', {
        ...ids,
        event_id: task.event_id,
        outcome,
        attempt: attempt.number,
        status_code: attempt.status_code,
        error_class: attempt.error_class,
        duration_ms: attempt.duration_ms,
      });
  }
  const outcomes = Map.groupBy(tasks, ({ outcome }) => outcome);
  logger.info('delivery.group', {
    ...ids,
    attempts: count(tasks, ({ attempt }) => attempt !== undefined),
    ...Object.fromEntries([...outcomes].map(([outcome, reports]) => [outcome, reports.length])),
    ...metrics({
      [METRIC.deliveriesExhausted]: count(
        tasks,
        ({ attempt, outcome }) =>
          attempt !== undefined && attempt.trigger !== 'manual' && outcome === 'exhausted',
      ),
      [METRIC.deliveriesInternal]: count(
        tasks,
        ({ attempt, outcome, internalError }) =>
          attempt?.error_class === 'internal' || (internalError !== undefined && outcome === 'exhausted'),
      ),
      [METRIC.endpointsDisabled]: count(tasks, ({ endpointTransition }) => endpointTransition === 'disabled'),
      [METRIC.endpointsFailing]: count(tasks, ({ endpointTransition }) => endpointTransition === 'failing'),
    }),
  });
}
