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
  /** 1 in a deployment; the local run shortens the waits that are not shown. */
  readonly waitScale: number;
}

/** From a new row to a signed webhook: dispatch starts a delivery, two state machines carry it, deliver makes the attempts. */
export class Delivery extends Construct {
  readonly dispatch: lambda.Function;
  readonly deliver: lambda.Function;
  /** Express: the first attempt. */
  readonly deliverMachine: sfn.StateMachine;
  /** Standard: the retries. */
  readonly redeliverMachine: sfn.StateMachine;
  readonly recover: lambda.Function;
  /** Standard: what an endpoint missed, at a bounded rate. */
  readonly recoverMachine: sfn.StateMachine;
  /** Keys of rows that could not be dispatched. */
  readonly dispatchDeadLetters: sqs.Queue;
  /** Keys of deliveries that no execution could take. */
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
      // A third of a CPU: enough for a TLS handshake in tens of milliseconds; the rest of the time it waits.
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
          // The prefix AWS keeps for this: groups under it share one entry of a policy that has room for few.
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
      description: 'Starts some of the deliveries an endpoint missed',
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
      description: 'Starts a delivery for each endpoint that wants a new event',
      timeoutSeconds: 60,
      // A third of a CPU: a batch is a hundred small requests side by side.
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
    dispatch.addEnvironment(ENV.poisonQueueUrl, this.dispatchDeadLetters.queueUrl);
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
      // Rows that no filter names cost no invocation, and what the pipeline writes itself cannot feed it.
      filters: [
        lambda.FilterCriteria.filter({
          eventName: lambda.FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: lambda.FilterRule.or(KIND.event, KIND.command) } } },
        }),
      ],
      batchSize: 100,
      // A shard takes 1,000 writes a second and a batch of 100 a quarter of a second: four side by side keep up.
      parallelizationFactor: 4,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Tried until an hour before the stream forgets it; the last failure leaves a note of where it was.
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.dispatchDeadLetters),
    });
    return dispatch;
  }

  /** Plain Amazon States Language rather than state classes: these grant more than is needed (every version of a function). */
  private definition(definition: MachineDefinition): sfn.DefinitionBody {
    const scaled = this.waitScale === 1 ? definition : scaledDefinition(definition, this.waitScale);
    return sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(scaled));
  }

  private allow(machine: sfn.StateMachine, action: string, resource: string): void {
    machine.addToRolePolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }));
  }
}
