import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { functionCode } from './function-code.ts';

/** Older versions of the CDK have no constant for Node 24, but accept the name of every runtime. */
const NODE_24: lambda.Runtime =
  (lambda.Runtime as { readonly NODEJS_24_X?: lambda.Runtime }).NODEJS_24_X ??
  new lambda.Runtime('nodejs24.x', lambda.RuntimeFamily.NODEJS, { supportsInlineCode: true });

export interface IvyFunctionProps {
  /** Name of the file in lambdas/handlers/, without `.ts`. */
  readonly handler: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  /** Memory also sets the share of a CPU: 1,769 MB is one CPU. */
  readonly memoryMb: number;
  /** Reserved concurrency. Default: none, the function shares the concurrency of the account. */
  readonly concurrency?: number;
  readonly logRetention: logs.RetentionDays;
}

/**
 * Creates a Lambda function. Every function of the stack is created here. At first, the function's role may only write to the
 * function's log group. The caller then adds the other permissions and the environment variables, directly or by a `grant…`
 * method of a construct such as EventTable or SecretsKey.
 */
export function createIvyFunction(scope: Construct, id: string, props: IvyFunctionProps): lambda.Function {
  const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
    retention: props.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const role = new iam.Role(scope, `${id}Role`, {
    assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
  });
  role.addToPolicy(
    new iam.PolicyStatement({
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    }),
  );
  return new lambda.Function(scope, id, {
    code: functionCode(props.handler),
    handler: 'index.handler',
    description: props.description,
    runtime: NODE_24,
    architecture: lambda.Architecture.ARM_64,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    ...(props.concurrency !== undefined && { reservedConcurrentExecutions: props.concurrency }),
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    // Without this, Lambda's START, END and REPORT lines would be ten times the size of the function's own lines.
    systemLogLevelV2: lambda.SystemLogLevel.WARN,
  });
}

/**
 * Sets the namespace in which the log lines of a function publish metrics. No permission is needed, because CloudWatch extracts
 * the metrics from the log lines.
 */
export function grantPutMetrics(fn: lambda.Function, namespace: string): void {
  fn.addEnvironment(ENV.metricsNamespace, namespace);
}
