import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Two weeks, the most SQS allows: time for a person to come back from a holiday. */
export const MAX_RETENTION = Duration.days(14);

export function createDeadLetterQueue(scope: Construct, id: string): sqs.Queue {
  return new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: MAX_RETENTION,
  });
}

/** Where a mapping leaves what it gives up. It takes one permission; the CDK's own SqsDlq would grant three. */
export function deadLetterDestination(queue: sqs.Queue): lambda.IEventSourceDlq {
  return {
    bind(_mapping, fn) {
      fn.addToRolePolicy(
        new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [queue.queueArn] }),
      );
      return { destination: queue.queueArn };
    },
  };
}
