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

/** From new rows to counters: the second of the two readers that a stream may have. */
export class Tally extends Construct {
  readonly function: lambda.Function;
  /** Where in the stream counting was given up. */
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
      filters: [
        lambda.FilterCriteria.filter({
          eventName: lambda.FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: lambda.FilterRule.or(KIND.event, KIND.attempt) } } },
        }),
      ],
      // Counters are written for each batch, not for each row: the greater, the cheaper.
      batchSize: 1_000,
      maxBatchingWindow: Duration.seconds(5),
      // Only with a window Lambda says which shard a batch is of; one reader a shard keeps its checkpoint in order.
      tumblingWindow: Duration.minutes(1),
      parallelizationFactor: 1,
      bisectBatchOnError: true,
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.deadLetters),
    });
  }
}
