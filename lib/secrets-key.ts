import { Duration, type RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';

export interface SecretsKeyProps {
  readonly removalPolicy: RemovalPolicy;
  /** An existing key. Default: a new one is created. */
  readonly encryptionKey?: kms.IKey | undefined;
}

/**
 * The KMS key that encrypts webhook secrets and the key of the cursors. Without it, no webhook of a stored endpoint can be
 * signed.
 */
export class SecretsKey extends Construct {
  readonly key: kms.IKey;

  constructor(scope: Construct, id: string, props: SecretsKeyProps) {
    super(scope, id);
    this.key =
      props.encryptionKey ??
      new kms.Key(this, 'Key', {
        description: 'IvyMail Events: webhook secrets',
        enableKeyRotation: true,
        // The longest period that KMS allows, because each of the first two rotations permanently adds $1 a month.
        rotationPeriod: Duration.days(2560),
        removalPolicy: props.removalPolicy,
      });
  }

  /** Grants permission to use the key, and sets its ARN in the environment. */
  grantUse(fn: lambda.Function, actions: readonly `kms:${string}`[]): void {
    fn.addEnvironment(ENV.secretsKeyArn, this.key.keyArn);
    this.key.grant(fn, ...actions);
  }
}
