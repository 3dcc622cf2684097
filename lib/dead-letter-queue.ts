import { Duration } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** 14 days, the maximum of SQS: an operator has time to return from a holiday. */
export const MAX_RETENTION = Duration.days(14);

export function createDeadLetterQueue(scope: Construct, id: string): sqs.Queue {
  return new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: MAX_RETENTION,
  });
}

/**
 * The queue to which an event source mapping reports a failed batch. The mapping needs one permission. The CDK's SqsDlq would
 * grant three.
 */
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
