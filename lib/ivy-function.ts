import { Aws, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { bundleHandler } from './bundle.ts';

/** Where the functions of this stack count, and its alarms look. */
export const METRICS_NAMESPACE = `IvyMail/${Aws.STACK_NAME}`;

export interface IvyFunctionProps {
  /** File in lambdas/handlers/, without its ending. */
  readonly handler: string;
  readonly description: string;
  readonly timeoutSeconds: number;
  /** Also its share of a CPU: 1,769 MB are one. */
  readonly memoryMb: number;
  /** Invocations at once, reserved for it; absent: what the account has left. */
  readonly concurrency?: number;
}

/**
 * The one way a function is made here. Its role can write to its own log group and nothing else; whoever needs more
 * is given it by the construct that owns the resource, together with the environment variable that names it.
 */
export function createIvyFunction(scope: Construct, id: string, props: IvyFunctionProps): lambda.Function {
  const logGroup = new logs.LogGroup(scope, `${id}Logs`, {
    retention: logs.RetentionDays.ONE_MONTH,
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
    code: bundleHandler(props.handler),
    handler: 'index.handler',
    description: props.description,
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    timeout: Duration.seconds(props.timeoutSeconds),
    memorySize: props.memoryMb,
    ...(props.concurrency !== undefined && { reservedConcurrentExecutions: props.concurrency }),
    role,
    logGroup,
    loggingFormat: lambda.LoggingFormat.JSON,
    // Lambda's own START, END and REPORT lines would outweigh ours tenfold.
    systemLogLevelV2: lambda.SystemLogLevel.WARN,
  });
}

/** For a function whose log lines count something. */
export function grantPutMetrics(fn: lambda.Function): void {
  fn.addEnvironment(ENV.metricsNamespace, METRICS_NAMESPACE);
}
