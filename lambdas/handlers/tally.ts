import { Logger } from '@aws-lambda-powertools/logger';
import type { Context, DynamoDBRecord } from 'aws-lambda';
import { ENV, requireEnv, requireNumberEnv } from '../core/env.ts';
import { METRIC, metricsIn } from '../core/metrics.ts';
import { LAST_CHECK_MS, evaluateReputation } from '../tally/evaluate-reputation.ts';
import { NamedValues } from '../tally/named-values.ts';
import { tallyBatch, type TallyDeps } from '../tally/tally-batch.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'tally' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);
const deps: TallyDeps = {
  table: createTable(requireEnv(process.env, ENV.tableName)),
  retentionDays: requireNumberEnv(process.env, ENV.retentionDays),
  now: Date.now,
  names: new NamedValues(),
};

/**
 * The event that Lambda sends if the event source has a tumbling window. Only such an event contains the id of the shard, and
 * tally stores one checkpoint per shard.
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-windows.html
 */
export interface WindowedBatch {
  readonly Records?: readonly DynamoDBRecord[];
  readonly shardId?: string;
}

/** The shard id for the local emulator, which sends none. A stream of the emulator has exactly one shard. */
const ONLY_SHARD = 'only';

/**
 * Reads new events and attempts from the table's stream, also the attempts inside new deliveries. Adds them to the counters. With
 * a tumbling window, Lambda passes the returned `state` to the next batch. Tally needs no such state, because the checkpoint is
 * stored in the table. So the returned `state` is always empty.
 */
export async function handler(
  { Records: records = [], shardId = ONLY_SHARD }: WindowedBatch,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<{ readonly state: Record<string, never> }> {
  // The last call of a window may contain no records.
  if (records.length === 0) return { state: {} };
  const { touched, unreadable, ...counts } = await tallyBatch(deps, { shardId, records });
  logger.info('tally.batch', { ...counts, unreadable: unreadable.length });
  if (unreadable.length > 0) {
    const fields = metrics({ [METRIC.recordsUncounted]: unreadable.length });
    logger.error('tally.unreadable', { keys: unreadable, ...fields });
  }
  await guardReputation(touched, deps.now() + context.getRemainingTimeInMillis() - LAST_CHECK_MS);
  return { state: {} };
}

/** Evaluates the workspaces whose rates changed. Never throws, because the batch is counted already. */
async function guardReputation(workspaceIds: readonly string[], deadlineMs: number): Promise<void> {
  const { changes, unchecked } = await evaluateReputation({ ...deps, deadlineMs }, workspaceIds);
  if (changes.length > 0) logger.info('tally.reputation', { changes });
  if (unchecked.length === 0) return;
  const fields = metrics({ [METRIC.recordsUncounted]: unchecked.length });
  logger.error('tally.reputation_unchecked', { unchecked, ...fields });
}
