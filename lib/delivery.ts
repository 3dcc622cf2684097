import { Aws, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { KIND } from '../lambdas/store/keys.ts';
import { createDeadLetterQueue, deadLetterDestination } from './dead-letter-queue.ts';
import { DELIVER_TIMEOUT_SECONDS, deliverDefinition, type MachineDefinition } from './deliver-machine.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';
import type { ResolvedOptions } from './options.ts';
import { RECOVER_TIMEOUT_SECONDS, recoverDefinition } from './recover-machine.ts';
import { redeliverDefinition } from './redeliver-machine.ts';
import { scaledDefinition } from './scaled-definition.ts';
import type { SecretsKey } from './secrets-key.ts';

export interface DeliveryProps {
  readonly table: EventTable;
  readonly secretsKey: SecretsKey;
  readonly options: Pick<
    ResolvedOptions,
    'retry' | 'allowInsecureEndpoints' | 'autoSuppress' | 'deliverConcurrency'
  >;
  /** 1 in a deployment. The local run shortens the waits that do not change a time that a user sees. */
  readonly waitScale: number;
}

/**
 * The path from a new row to a signed webhook. The dispatch function starts a delivery, two state machines run it, and the
 * deliver function makes the attempts.
 */
export class Delivery extends Construct {
  readonly dispatch: lambda.Function;
  readonly deliver: lambda.Function;
  /** Express state machine for the first attempt. */
  readonly deliverMachine: sfn.StateMachine;
  /** Standard state machine for the retries. */
  readonly redeliverMachine: sfn.StateMachine;
  readonly recover: lambda.Function;
  /** Standard state machine that delivers missed events of an endpoint, at a bounded rate. */
  readonly recoverMachine: sfn.StateMachine;
  /** Keys of rows that could not be dispatched. */
  readonly dispatchDeadLetters: sqs.Queue;
  /** Keys of deliveries for which no execution could be started. */
  readonly deliverDeadLetters: sqs.Queue;

  private readonly waitScale: number;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);
    this.waitScale = props.waitScale;

    this.dispatchDeadLetters = createDeadLetterQueue(this, 'DispatchDeadLetters');
    this.deliverDeadLetters = createDeadLetterQueue(this, 'DeliverDeadLetters');
    this.deliver = this.createDeliver(props);
    this.redeliverMachine = this.createRedeliverMachine();
    this.deliverMachine = this.createDeliverMachine();
    this.recover = this.createRecover(props);
    this.recoverMachine = this.createRecoverMachine();
    this.dispatch = this.createDispatch(props);
    if (props.waitScale !== 1)
      for (const fn of [this.deliver, this.recover, this.dispatch])
        fn.addEnvironment(ENV.waitScale, String(props.waitScale));
  }

  private createDeliver({ table, secretsKey, options }: DeliveryProps): lambda.Function {
    const deliver = createIvyFunction(this, 'Deliver', {
      handler: 'deliver',
      description: 'Makes one attempt of a delivery',
      timeoutSeconds: DELIVER_TIMEOUT_SECONDS,
      // A third of a CPU completes a TLS handshake in tens of milliseconds. The rest of the time, the function waits.
      memoryMb: 512,
      ...(options.deliverConcurrency !== undefined && { concurrency: options.deliverConcurrency }),
    });
    table.grantAccess(deliver, {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    });
    secretsKey.grantUse(deliver, ['kms:Decrypt']);
    deliver.addEnvironment(ENV.retry, JSON.stringify(options.retry));
    deliver.addEnvironment(ENV.allowInsecureEndpoints, String(options.allowInsecureEndpoints));
    grantPutMetrics(deliver);
    return deliver;
  }

  private createRedeliverMachine(): sfn.StateMachine {
    const machine = new sfn.StateMachine(this, 'RedeliverMachine', {
      definitionBody: this.definition(redeliverDefinition({ deliverFunctionArn: this.deliver.functionArn })),
      tracingEnabled: true,
    });
    this.allow(machine, 'lambda:InvokeFunction', this.deliver.functionArn);
    return machine;
  }

  private createDeliverMachine(): sfn.StateMachine {
    const machine = new sfn.StateMachine(this, 'DeliverMachine', {
      stateMachineType: sfn.StateMachineType.EXPRESS,
      definitionBody: this.definition(
        deliverDefinition({
          partition: Aws.PARTITION,
          deliverFunctionArn: this.deliver.functionArn,
          redeliverMachineArn: this.redeliverMachine.stateMachineArn,
          deadLetterQueueUrl: this.deliverDeadLetters.queueUrl,
        }),
      ),
      tracingEnabled: true,
      logs: {
        destination: new logs.LogGroup(this, 'DeliverMachineLogs', {
          // AWS reserves this prefix: all log groups under it share one entry of the CloudWatch Logs resource policy, which
          // has room for few entries.
          logGroupName: `/aws/vendedlogs/states/${Names.uniqueResourceName(this, { maxLength: 80, separator: '-' })}`,
          retention: logs.RetentionDays.ONE_MONTH,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    this.allow(machine, 'lambda:InvokeFunction', this.deliver.functionArn);
    this.allow(machine, 'states:StartExecution', this.redeliverMachine.stateMachineArn);
    this.allow(machine, 'sqs:SendMessage', this.deliverDeadLetters.queueArn);
    return machine;
  }

  private createRecover({ table }: DeliveryProps): lambda.Function {
    const recover = createIvyFunction(this, 'Recover', {
      handler: 'recover',
      description: 'Starts a batch of the deliveries that an endpoint missed',
      timeoutSeconds: RECOVER_TIMEOUT_SECONDS,
      memoryMb: 512,
    });
    table.grantAccess(recover, {
      actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
      queriesIndexes: true,
    });
    recover.addEnvironment(ENV.deliverMachineArn, this.deliverMachine.stateMachineArn);
    recover.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['states:StartExecution'],
        resources: [this.deliverMachine.stateMachineArn],
      }),
    );
    return recover;
  }

  private createRecoverMachine(): sfn.StateMachine {
    const machine = new sfn.StateMachine(this, 'RecoverMachine', {
      definitionBody: this.definition(recoverDefinition({ recoverFunctionArn: this.recover.functionArn })),
      tracingEnabled: true,
    });
    this.allow(machine, 'lambda:InvokeFunction', this.recover.functionArn);
    return machine;
  }

  private createDispatch({ table, options }: DeliveryProps): lambda.Function {
    const dispatch = createIvyFunction(this, 'Dispatch', {
      handler: 'dispatch',
      description: 'Starts a delivery of each new event for each subscribed endpoint',
      timeoutSeconds: 60,
      // A third of a CPU is enough: a batch is a hundred small requests in parallel.
      memoryMb: 512,
    });
    table.grantAccess(dispatch, {
      actions: ['dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem'],
    });
    dispatch.addEnvironment(ENV.deliverMachineArn, this.deliverMachine.stateMachineArn);
    dispatch.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['states:StartExecution'],
        resources: [this.deliverMachine.stateMachineArn, this.recoverMachine.stateMachineArn],
      }),
    );
    dispatch.addEnvironment(ENV.recoverMachineArn, this.recoverMachine.stateMachineArn);
    dispatch.addEnvironment(ENV.dispatchDeadLettersUrl, this.dispatchDeadLetters.queueUrl);
    dispatch.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['sqs:SendMessage'],
        resources: [this.dispatchDeadLetters.queueArn],
      }),
    );
    dispatch.addEnvironment(ENV.autoSuppress, JSON.stringify(options.autoSuppress));

    table.table.grantStreamRead(dispatch);
    dispatch.addEventSourceMapping('Stream', {
      eventSourceArn: table.streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      // Rows that no filter matches cause no invocation. Without the filter, the pipeline would process its own writes.
      filters: [
        lambda.FilterCriteria.filter({
          eventName: lambda.FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: lambda.FilterRule.or(KIND.event, KIND.command) } } },
        }),
      ],
      batchSize: 100,
      // A shard receives up to 1,000 writes a second, and a batch of 100 takes a quarter of a second. Four in parallel keep up.
      parallelizationFactor: 4,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Retried until one hour before the stream deletes the record. Then Lambda reports the position of the batch to the queue.
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.dispatchDeadLetters),
    });
    return dispatch;
  }

  /**
   * Uses plain Amazon States Language instead of the CDK's state classes, because those grant more than is needed: access to
   * every version of a function.
   */
  private definition(definition: MachineDefinition): sfn.DefinitionBody {
    const scaled = this.waitScale === 1 ? definition : scaledDefinition(definition, this.waitScale);
    return sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(scaled));
  }

  private allow(machine: sfn.StateMachine, action: string, resource: string): void {
    machine.addToRolePolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }));
  }
}
