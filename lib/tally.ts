import { Duration } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { KIND } from '../lambdas/store/keys.ts';
import { createDeadLetterQueue, deadLetterDestination } from './dead-letter-queue.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';

export interface TallyProps {
  readonly table: EventTable;
  readonly retentionDays: number;
}

/**
 * The tally function counts new events and attempts for the statistics. AWS recommends at most two readers for a DynamoDB
 * stream. The dispatch function is the first reader and the tally function is the second, so do not add a third reader.
 */
export class Tally extends Construct {
  readonly function: lambda.Function;
  /** For each batch that could not be counted, Lambda sends the position of the batch in the stream to this queue. */
  readonly deadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, { table, retentionDays }: TallyProps) {
    super(scope, id);
    this.deadLetters = createDeadLetterQueue(this, 'DeadLetters');
    this.function = createIvyFunction(this, 'Function', {
      handler: 'tally',
      description: 'Counts new events and attempts',
      timeoutSeconds: 60,
      memoryMb: 512,
    });
    table.grantAccess(this.function, { actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'] });
    this.function.addEnvironment(ENV.retentionDays, String(retentionDays));
    grantPutMetrics(this.function);
    table.table.grantStreamRead(this.function);
    this.function.addEventSourceMapping('Stream', {
      eventSourceArn: table.streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      // `INSERT` matches only a new key. A duplicate SES message has the same key, so it is not counted twice.
      filters: [
        lambda.FilterCriteria.filter({
          eventName: lambda.FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: lambda.FilterRule.or(KIND.event, KIND.attempt) } } },
        }),
      ],
      // Counters are written once per batch, so a larger batch costs less.
      batchSize: 1_000,
      maxBatchingWindow: Duration.seconds(5),
      // Tally stores one checkpoint per shard, so it needs the shard id. Lambda includes the shard id in the event only if the
      // mapping has a tumbling window. With a parallelization factor of 1, the batches of a shard arrive in order, so no batch
      // moves the checkpoint past records that are not counted yet.
      tumblingWindow: Duration.minutes(1),
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.deadLetters),
    });
  }
}
