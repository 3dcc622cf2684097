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

  /** Grants permission to use the key, and sets its ARN in the environment. Throws an Error if the CDK cannot grant it. */
  grantUse(fn: lambda.Function, actions: readonly `kms:${string}`[]): void {
    fn.addEnvironment(ENV.secretsKeyArn, this.key.keyArn);
    if (this.key.grant(fn, ...actions).success) return;
    // The CDK grants nothing to an alias from `Alias.fromAliasName`, unless a feature flag is set. Every webhook would fail then.
    throw new Error(
      `encryptionKey: the CDK cannot grant permission to use ${this.key.node.path}. Pass the key itself, such as Key.fromKeyArn(this, "Key", "arn:…")`,
    );
  }
}
