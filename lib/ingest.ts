import { Names, Tokenization } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import type { EventSource } from './event-source.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';
import type { Settings } from './resolve-props.ts';

export interface IngestProps {
  readonly source: EventSource;
  readonly table: EventTable;
  readonly options: Pick<
    Settings,
    'retentionDays' | 'consumerConcurrency' | 'logRetention' | 'metricsNamespace'
  >;
}

/**
 * How many batches are stored at the same time, unless the option `consumerConcurrency` sets it. Further events wait in the
 * queue. Without a limit, a burst of events could use the whole concurrency of the account, and Lambda would throttle the API
 * function.
 */
export const MAX_CONCURRENCY = 50;

/** The ingest function stores the SES events of the queue in the table. */
export class Ingest extends Construct {
  readonly function: lambda.Function;
  /** Calls the function for the messages of the queue. */
  readonly mapping: lambda.EventSourceMapping;

  constructor(scope: Construct, id: string, props: IngestProps) {
    super(scope, id);
    const { options } = props;

    const ingest = createIvyFunction(this, 'Function', {
      handler: 'ingest',
      description: 'Stores SES events in the table',
      timeoutSeconds: 30,
      // A third of a CPU parses and compresses a batch of ten messages in a few milliseconds.
      memoryMb: 512,
      logRetention: options.logRetention,
    });
    props.table.grantAccess(ingest, {
      actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    });
    ingest.addEnvironment(ENV.retentionDays, Tokenization.stringifyNumber(options.retentionDays));
    ingest.addEnvironment(ENV.topicArn, props.source.topic.topicArn);
    grantPutMetrics(ingest, options.metricsNamespace);

    const { queue } = props.source;
    // Polling needs only these actions. SqsEventSource would grant two more.
    ingest.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [queue.queueArn],
      }),
    );
    // This is the id that SqsEventSource would use. A new id would make CloudFormation create a second mapping before it
    // deletes the first, and Lambda accepts only one mapping for a queue and a function.
    this.function = ingest;
    this.mapping = ingest.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      maxConcurrency: options.consumerConcurrency ?? MAX_CONCURRENCY,
    });
  }
}
