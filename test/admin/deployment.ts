import type { Deployment } from '../../admin/deployment.ts';
import type { DeploymentDescription } from '../../lambdas/core/deployment-description.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { simulatedSqs, type SimulatedSqs } from '../../sim/sqs.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

type Responses = Readonly<Record<string, (input: never) => unknown>>;

/** A simulated AWS client. It responds by the name of the command, and throws for every other command. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the caller chooses the client type
export function simulatedClient<T>(responses: Responses): T {
  return {
    async send(command: { readonly constructor: { readonly name: string }; readonly input: unknown }) {
      const respond = responses[command.constructor.name.replace('Command', '')];
      if (!respond) throw new Error(`The test defines no response to ${command.constructor.name}`);
      return respond(command.input as never);
    },
  } as T;
}

export function errorNamed(name: string): Error {
  return Object.assign(new Error(name), { name });
}

/** The description that the construct leaves in its output. */
export function aDescription(changes: Partial<DeploymentDescription> = {}): DeploymentDescription {
  return {
    format: 1,
    version: '0.1.0',
    construct: 'Ivy',
    api_id: 'abc',
    api_url: 'https://abc.example/prod/',
    configuration_set: 'ours',
    event_destination: 'destination',
    track_engagement: false,
    default_workspace_id: DEFAULT_WORKSPACE_ID,
    topic_arn: 'arn:topic',
    queue_url: 'queue',
    table_name: 'table',
    secrets_key_arn: 'arn:key',
    alarm_topic_arn: 'arn:alarms',
    dead_letter_queues: {
      SourceDeadLetters: 'source',
      SourceSubscriptionDeadLetters: 'subscription',
      DeliveryDispatchDeadLetters: 'dispatch',
      DeliveryDeliverDeadLetters: 'deliver',
      TallyDeadLetters: 'tally',
    },
    event_source_mappings: { Ingest: 'm1', DeliveryDispatch: 'm2', Tally: 'm3' },
    functions: {
      Ingest: 'ingest',
      DeliveryDispatch: 'dispatch',
      DeliveryDeliver: 'deliver',
      DeliveryRecover: 'recover',
      Tally: 'tally',
      Api: 'api',
      ApiAuthorizer: 'authorizer',
    },
    deliver_machine_arn: 'arn:deliver',
    redeliver_machine_arn: 'redeliver',
    recover_machine_arn: 'arn:recover',
    ...changes,
  };
}

export interface TestDeployment {
  readonly deployment: Deployment;
  readonly queues: SimulatedSqs;
  readonly table: SimulatedTable;
}

/** A deployed stack without AWS. Its queues and its table are simulated in memory. The test sets the other clients. */
export function createTestDeployment(changes: Partial<Deployment> = {}): TestDeployment {
  const queues = simulatedSqs();
  const table = simulatedTable();
  const noClient = simulatedClient<never>({});
  const deployment: Deployment = {
    stack: 'IvyMailEvents',
    description: aDescription(),
    eventDestination: 'destination',
    trackEngagement: false,
    apiUrl: 'http://127.0.0.1:9',
    configurationSet: 'ours',
    defaultWorkspaceId: DEFAULT_WORKSPACE_ID,
    topicArn: 'arn:topic',
    queueUrl: 'queue',
    deadLetterQueues: {
      SourceDeadLetters: 'source',
      DeliveryDispatchDeadLetters: 'dispatch',
      TallyDeadLetters: 'tally',
    },
    eventSourceMappings: { Ingest: 'm1', DeliveryDispatch: 'm2' },
    dispatchFunction: 'dispatch',
    redeliverMachineArn: 'redeliver',
    table,
    sqs: queues.client,
    ses: noClient,
    sesConfigurationSets: noClient,
    sesV1: noClient,
    sns: noClient,
    sfn: noClient,
    lambda: noClient,
    readMetrics: (metrics) => Promise.resolve(metrics.map(() => undefined)),
    ...changes,
  };
  return { deployment, queues, table };
}
