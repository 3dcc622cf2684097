import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import type { EventSource } from './event-source.ts';
import type { EventTable } from './event-table.ts';
import { ivyFunction } from './ivy-function.ts';

export interface IngestProps {
  readonly source: EventSource;
  readonly table: EventTable;
  readonly retentionDays: number;
}

/** From the queue into the table. */
export class Ingest extends Construct {
  readonly function: lambda.Function;

  constructor(scope: Construct, id: string, props: IngestProps) {
    super(scope, id);

    this.function = ivyFunction(this, 'Function', {
      handler: 'ingest',
      description: 'Stores SES events as rows',
      timeoutSeconds: 30,
      // A third of a CPU: a batch of ten is parsed and compressed in a few milliseconds.
      memoryMb: 512,
    });
    props.table.grantAccess(this.function, { actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem'] });
    this.function.addEnvironment(ENV.retentionDays, String(props.retentionDays));
    this.function.addEnvironment(ENV.topicArn, props.source.topic.topicArn);

    this.function.addEventSource(
      new SqsEventSource(props.source.queue, {
        batchSize: 10,
        reportBatchItemFailures: true,
        // A flood of events is to wait in the queue, not to take the account's concurrency from the API.
        maxConcurrency: 50,
      }),
    );
  }
}
