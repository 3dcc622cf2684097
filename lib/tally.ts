import { Duration, Tokenization } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { createDeadLetterQueue, deadLetterDestination } from './dead-letter-queue.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';
import type { Settings } from './resolve-props.ts';
import { TALLY_BATCH_SIZE, TALLY_FILTERS, TALLY_WINDOW_SECONDS } from './tally-stream.ts';

export interface TallyProps {
  readonly table: EventTable;
  readonly options: Pick<Settings, 'retentionDays' | 'logRetention' | 'metricsNamespace'>;
}

/**
 * The tally function counts new events and attempts for the statistics. AWS recommends at most two readers for a DynamoDB
 * stream. The dispatch function is the first reader and the tally function is the second, so do not add a third reader.
 */
export class Tally extends Construct {
  readonly function: lambda.Function;
  /** Calls the function for new rows in the table's stream. */
  readonly mapping: lambda.EventSourceMapping;
  /** For each batch that could not be counted, Lambda sends the position of the batch in the stream to this queue. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, { table, options }: TallyProps) {
    super(scope, id);
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    this.function = createIvyFunction(this, 'Function', {
      handler: 'tally',
      description: 'Counts new events and attempts',
      timeoutSeconds: 60,
      memoryMb: 512,
      logRetention: options.logRetention,
    });
    table.grantAccess(this.function, {
      // The reputation guard stores its changes with PutItem.
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query', 'dynamodb:UpdateItem'],
    });
    this.function.addEnvironment(ENV.retentionDays, Tokenization.stringifyNumber(options.retentionDays));
    grantPutMetrics(this.function, options.metricsNamespace);
    table.table.grantStreamRead(this.function);
    this.mapping = this.function.addEventSourceMapping('Stream', {
      eventSourceArn: table.streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      filters: TALLY_FILTERS.map((pattern) => lambda.FilterCriteria.filter(pattern)),
      batchSize: TALLY_BATCH_SIZE,
      maxBatchingWindow: Duration.seconds(TALLY_WINDOW_SECONDS),
      // Tally stores one checkpoint per shard, so it needs the shard id. Lambda includes the shard id in the event only if the
      // mapping has a tumbling window. With a parallelization factor of 1, the batches of a shard arrive in order, so no batch
      // moves the checkpoint past records that are not counted yet. A batch never contains records of two tumbling windows. So
      // the window is as long as Lambda permits, much longer than the batching window, and splits few batches.
      tumblingWindow: Duration.minutes(15),
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.deadLetters),
    });
  }
}
