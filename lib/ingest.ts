import { Names } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import type { EventSource } from './event-source.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';

export interface IngestProps {
  readonly source: EventSource;
  readonly table: EventTable;
  readonly retentionDays: number;
}

/** From the queue into the table. */
export class Ingest extends Construct {
  constructor(scope: Construct, id: string, props: IngestProps) {
    super(scope, id);

    const ingest = createIvyFunction(this, 'Function', {
      handler: 'ingest',
      description: 'Stores SES events as rows',
      timeoutSeconds: 30,
      // A third of a CPU: a batch of ten is parsed and compressed in a few milliseconds.
      memoryMb: 512,
    });
    props.table.grantAccess(ingest, { actions: ['dynamodb:BatchWriteItem', 'dynamodb:GetItem'] });
    ingest.addEnvironment(ENV.retentionDays, String(props.retentionDays));
    ingest.addEnvironment(ENV.topicArn, props.source.topic.topicArn);
    grantPutMetrics(ingest);

    const { queue } = props.source;
    // What polling takes, and no more; SqsEventSource would grant two others.
    ingest.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
        resources: [queue.queueArn],
      }),
    );
    // Under the name SqsEventSource would give it: a queue takes no second mapping, not even while the first is replaced.
    ingest.addEventSourceMapping(`SqsEventSource:${Names.nodeUniqueId(queue.node)}`, {
      eventSourceArn: queue.queueArn,
      batchSize: 10,
      reportBatchItemFailures: true,
      // A flood of events is to wait in the queue, not to take the account's concurrency from the API.
      maxConcurrency: 50,
    });
  }
}
