import { ArnFormat, Aws, Duration, Names, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as sns from 'aws-cdk-lib/aws-sns';
import type * as sqs from 'aws-cdk-lib/aws-sqs';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { ENV } from '../lambdas/core/env.ts';
import { createDeadLetterQueue, deadLetterDestination } from './dead-letter-queue.ts';
import { DELIVER_TIMEOUT_SECONDS, deliverDefinition, type MachineDefinition } from './deliver-machine.ts';
import { DISPATCHED_KINDS } from './dispatch-stream.ts';
import type { EventSource } from './event-source.ts';
import type { EventTable } from './event-table.ts';
import { createIvyFunction, grantPutMetrics } from './ivy-function.ts';
import { RECOVER_TIMEOUT_SECONDS, recoverDefinition } from './recover-machine.ts';
import { redeliverDefinition } from './redeliver-machine.ts';
import type { Settings } from './resolve-props.ts';
import type { SecretsKey } from './secrets-key.ts';

/** How many groups of one endpoint are attempted at the same time, with the option `consumerConcurrency`. */
export const GROUPS_PER_ENDPOINT = 2;

/**
 * How many batches of one shard dispatch processes at the same time, without the option `consumerConcurrency`. A shard receives up to
 * 1,000 writes a second, and a batch of 100 takes a quarter of a second. Four batches in parallel process 1,600 writes a second.
 */
export const PARALLELIZATION_FACTOR = 4;

/** A name that is unique in the account and region, also if the same template is deployed as two stacks. */
function uniqueLogName(scope: Construct): string {
  const name = Names.uniqueResourceName(scope, { maxLength: 80, separator: '-' });
  const { stackName } = Stack.of(scope);
  return name.startsWith(`${stackName}-`) ? `${Aws.STACK_NAME}${name.slice(stackName.length)}` : name;
}

export interface DeliveryProps {
  readonly source: EventSource;
  readonly table: EventTable;
  readonly secretsKey: SecretsKey;
  readonly options: Pick<
    Settings,
    | 'retry'
    | 'allowInsecureEndpoints'
    | 'autoSuppress'
    | 'reputation'
    | 'deliverConcurrency'
    | 'consumerConcurrency'
    | 'tracing'
    | 'logRetention'
    | 'metricsNamespace'
  >;
}

/**
 * The path from a new row to a signed webhook:
 *
 * - The dispatch function reads new events and commands from the table's stream. It starts a Deliver execution for the
 *   deliveries of a batch to each endpoint, and a Recover execution for each replay. A replay is a recovery of missed events or a drain of held
 *   deliveries. Dispatch also adds the recipients of hard bounces and complaints to the suppression list of the workspace, and publishes
 *   reputation events to the topic of the alarms.
 * - The Deliver and Redeliver state machines call the deliver function, which attempts the deliveries of a group.
 * - The Recover state machine calls the recover function, which starts missed or held deliveries step by step. While the
 *   breaker of the endpoint is open, each step starts one delivery as a probe.
 */
export class Delivery extends Construct {
  readonly dispatch: lambda.Function;
  /** Calls dispatch for new events and commands in the table's stream. */
  readonly dispatchMapping: lambda.EventSourceMapping;
  readonly deliver: lambda.Function;
  /** Express state machine for the first attempts of a group: the deliveries to one endpoint that one stream batch, a recovery, a drain or a manual request causes. */
  readonly deliverMachine: sfn.StateMachine;
  /** Standard state machine for the later attempts of a group. It also repeats first attempts that an internal error prevented. */
  readonly redeliverMachine: sfn.StateMachine;
  readonly recover: lambda.Function;
  /** Standard state machine that starts the missed or held deliveries of an endpoint at a bounded rate, and its probes. */
  readonly recoverMachine: sfn.StateMachine;
  /**
   * Dispatch sends the keys of a poison row to this queue. If a batch still fails when its
   * records reach the maximum age, Lambda sends the position of the batch in the stream to the same queue.
   */
  readonly dispatchDeadLetters: sqs.Queue;
  /** State data of Deliver executions that could not start Redeliver. The retries of these deliveries are missing. */
  readonly deliverDeadLetters: sqs.Queue;

  constructor(scope: Construct, id: string, props: DeliveryProps) {
    super(scope, id);

    this.dispatchDeadLetters = createDeadLetterQueue(this, 'DispatchDeadLetters');
    this.deliverDeadLetters = createDeadLetterQueue(this, 'DeliverDeadLetters');
    this.deliver = this.createDeliver(props);
    this.redeliverMachine = this.createRedeliverMachine(props);
    this.deliverMachine = this.createDeliverMachine(props);
    this.recover = this.createRecover(props);
    this.recoverMachine = this.createRecoverMachine(props);
    this.dispatch = this.createDispatch(props);
    this.dispatchMapping = this.readStream(props);
  }

  /** Lets dispatch publish reputation events to the topic of the alarms. */
  notify(topic: sns.ITopic): void {
    this.dispatch.addEnvironment(ENV.alarmTopicArn, topic.topicArn);
    topic.grantPublish(this.dispatch);
  }

  private createDeliver({ table, secretsKey, options }: DeliveryProps): lambda.Function {
    const deliver = createIvyFunction(this, 'Deliver', {
      handler: 'deliver',
      description: 'Attempts the deliveries of a group',
      timeoutSeconds: DELIVER_TIMEOUT_SECONDS,
      // A third of a CPU completes a TLS handshake in tens of milliseconds. The rest of the time, the function waits.
      memoryMb: 512,
      logRetention: options.logRetention,
      ...(options.deliverConcurrency !== undefined && { concurrency: options.deliverConcurrency }),
    });
    table.grantAccess(deliver, {
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:GetItem',
        'dynamodb:PartiQLInsert',
        'dynamodb:PutItem',
        'dynamodb:UpdateItem',
      ],
    });
    secretsKey.grantUse(deliver, ['kms:Decrypt']);
    deliver.addEnvironment(ENV.retry, JSON.stringify(options.retry));
    // One slow receiver must leave room for the others. Without the option, the account has enough executions for all of them.
    if (options.consumerConcurrency !== undefined)
      deliver.addEnvironment(ENV.groupsPerEndpoint, String(GROUPS_PER_ENDPOINT));
    deliver.addEnvironment(ENV.allowInsecureEndpoints, String(options.allowInsecureEndpoints));
    grantPutMetrics(deliver, options.metricsNamespace);
    return deliver;
  }

  private createRedeliverMachine({ options }: DeliveryProps): sfn.StateMachine {
    const machine = new sfn.StateMachine(this, 'RedeliverMachine', {
      definitionBody: this.definition(redeliverDefinition({ deliverFunctionArn: this.deliver.functionArn })),
      tracingEnabled: options.tracing,
    });
    allow(machine, 'lambda:InvokeFunction', this.deliver.functionArn);
    trustOnlyThisAccount(machine);
    return machine;
  }

  private createDeliverMachine({ options }: DeliveryProps): sfn.StateMachine {
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
      tracingEnabled: options.tracing,
      logs: {
        destination: new logs.LogGroup(this, 'DeliverMachineLogs', {
          // Step Functions needs an entry in the CloudWatch Logs resource policy to write to a log group. The policy is limited
          // to 5,120 characters. Log groups with this prefix share one entry, so many stacks do not exceed the limit.
          logGroupName: `/aws/vendedlogs/states/${uniqueLogName(this)}`,
          retention: options.logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: sfn.LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    allow(machine, 'lambda:InvokeFunction', this.deliver.functionArn);
    allow(machine, 'states:StartExecution', this.redeliverMachine.stateMachineArn);
    allow(machine, 'sqs:SendMessage', this.deliverDeadLetters.queueArn);
    trustOnlyThisAccount(machine);
    return machine;
  }

  private createRecover({ table, options }: DeliveryProps): lambda.Function {
    const recover = createIvyFunction(this, 'Recover', {
      handler: 'recover',
      description: 'Starts a batch of missed or held deliveries of an endpoint, or one probe',
      timeoutSeconds: RECOVER_TIMEOUT_SECONDS,
      memoryMb: 512,
      logRetention: options.logRetention,
    });
    table.grantAccess(recover, {
      actions: [
        'dynamodb:BatchGetItem',
        'dynamodb:GetItem',
        'dynamodb:PutItem',
        'dynamodb:Query',
        'dynamodb:UpdateItem',
      ],
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

  private createRecoverMachine({ options }: DeliveryProps): sfn.StateMachine {
    const machine = new sfn.StateMachine(this, 'RecoverMachine', {
      definitionBody: this.definition(recoverDefinition({ recoverFunctionArn: this.recover.functionArn })),
      tracingEnabled: options.tracing,
    });
    allow(machine, 'lambda:InvokeFunction', this.recover.functionArn);
    trustOnlyThisAccount(machine);
    return machine;
  }

  private createDispatch({ source, table, options }: DeliveryProps): lambda.Function {
    const dispatch = createIvyFunction(this, 'Dispatch', {
      handler: 'dispatch',
      description: 'Starts deliveries of new events and commands, and suppresses recipients',
      timeoutSeconds: 60,
      // A third of a CPU is enough: a batch is a hundred small requests in parallel.
      memoryMb: 512,
      logRetention: options.logRetention,
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
    dispatch.addEnvironment(ENV.reputation, JSON.stringify(options.reputation));
    if (options.reputation.pauseConfigurationSet) source.enableSwitch(dispatch);
    table.table.grantStreamRead(dispatch);
    grantPutMetrics(dispatch, options.metricsNamespace);
    return dispatch;
  }

  private readStream({ table, options }: DeliveryProps): lambda.EventSourceMapping {
    return this.dispatch.addEventSourceMapping('Stream', {
      eventSourceArn: table.streamArn,
      startingPosition: lambda.StartingPosition.TRIM_HORIZON,
      // A row that does not match the filter causes no invocation. Without the filter, the rows of deliveries and attempts would
      // invoke dispatch. `INSERT` matches only a new key. A duplicate SES message has the same key, so it causes no second webhook.
      filters: [
        lambda.FilterCriteria.filter({
          eventName: lambda.FilterRule.isEqual('INSERT'),
          dynamodb: { NewImage: { kind: { S: lambda.FilterRule.or(...DISPATCHED_KINDS) } } },
        }),
      ],
      batchSize: 100,
      // In an account with few concurrent executions, one batch leaves room for the API.
      parallelizationFactor: options.consumerConcurrency === undefined ? PARALLELIZATION_FACTOR : 1,
      reportBatchItemFailures: true,
      bisectBatchOnError: true,
      // Lambda retries a failed batch until its records are 23 h old. Lambda then sends the position of the batch to the
      // dead-letter queue, one hour before the stream deletes the records.
      maxRecordAge: Duration.hours(23),
      onFailure: deadLetterDestination(this.dispatchDeadLetters),
    });
  }

  /**
   * Uses plain Amazon States Language instead of the CDK's state classes. Those classes would also grant access to every
   * version of a function, which the state machine does not need.
   */
  private definition(definition: MachineDefinition): sfn.DefinitionBody {
    return sfn.DefinitionBody.fromString(Stack.of(this).toJsonString(definition));
  }
}

function allow(machine: sfn.StateMachine, action: string, resource: string): void {
  machine.addToRolePolicy(new iam.PolicyStatement({ actions: [action], resources: [resource] }));
}

/**
 * Lets only state machines of this account assume the role. Without the conditions, Step Functions could use the role for a
 * state machine of another account (the confused deputy problem). Older versions of the CDK create the role without them.
 */
function trustOnlyThisAccount(machine: sfn.StateMachine): void {
  const stack = Stack.of(machine);
  const role = machine.role.node.defaultChild as iam.CfnRole | undefined;
  // With `Role.customizeRoles`, the app creates no roles. They exist already, with their own trust policies.
  if (role === undefined) return;
  role.assumeRolePolicyDocument = new iam.PolicyDocument({
    statements: [
      new iam.PolicyStatement({
        actions: ['sts:AssumeRole'],
        principals: [new iam.ServicePrincipal('states.amazonaws.com')],
        conditions: {
          StringEquals: { 'aws:SourceAccount': stack.account },
          ArnLike: {
            'aws:SourceArn': stack.formatArn({
              service: 'states',
              resource: 'stateMachine',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    ],
  });
}
