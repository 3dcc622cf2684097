import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';

export interface SecretsKeyProps {
  readonly removalPolicy: RemovalPolicy;
}

/** The key that seals webhook secrets and the key of the cursors. Without it no stored endpoint can be signed for. */
export class SecretsKey extends Construct {
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: SecretsKeyProps) {
    super(scope, id);
    this.key = new kms.Key(this, 'Key', {
      description: 'IvyMail Events: webhook secrets',
      enableKeyRotation: true,
      // The longest there is: each of the first two rotations adds a dollar a month for good.
      rotationPeriod: Duration.days(2560),
      removalPolicy: props.removalPolicy,
    });
  }

  /** Permission and name of the key. */
  grantUse(fn: lambda.Function, actions: readonly `kms:${string}`[]): void {
    fn.addEnvironment(ENV.secretsKeyArn, this.key.keyArn);
    fn.addToRolePolicy(new iam.PolicyStatement({ actions: [...actions], resources: [this.key.keyArn] }));
  }
}
