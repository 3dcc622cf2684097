import { Logger } from '@aws-lambda-powertools/logger';
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { ENV, requireEnv, requireNumberEnv } from '../core/env.ts';
import { METRIC, metricsIn, oncePerMinute } from '../core/metrics.ts';
import { ingestBatch } from '../ingest/ingest-batch.ts';
import { createTable } from '../store/table.ts';
import { workspaceDirectory } from '../store/workspaces.ts';

const logger = new Logger({ serviceName: 'ingest' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);
const isNewMinute = oncePerMinute(Date.now);
const table = createTable(requireEnv(process.env, ENV.tableName));
const deps = {
  table,
  workspaces: workspaceDirectory(table, Date.now),
  retentionDays: requireNumberEnv(process.env, ENV.retentionDays),
  topicArn: requireEnv(process.env, ENV.topicArn),
};

/** Stores the SES events of the queue as rows. A message leaves the queue only after its rows are stored. */
export async function handler(batch: SQSEvent): Promise<SQSBatchResponse> {
  const report = await ingestBatch(deps, batch.Records);
  const { counts } = report;
  const isStored = counts.events > 0 && counts.messages > counts.failed + counts.quarantined;
  logger.info('ingest.batch', {
    ...counts,
    ...metrics({
      [METRIC.messagesQuarantined]: counts.quarantined,
      [METRIC.unknownWorkspaceTags]: counts.unknown_tags,
      [METRIC.unknownEvents]: counts.unknown_events,
      ...(isStored && isNewMinute() && { [METRIC.dispatchStalled]: 1 }),
    }),
  });
  if (report.error) logger.error('ingest.error', report.error);
  return { batchItemFailures: report.failedMessageIds.map((itemIdentifier) => ({ itemIdentifier })) };
}
