import type { Deployment } from '../../admin/deployment.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { simulatedSqs, type SimulatedSqs } from '../../sim/sqs.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';

type Answers = Readonly<Record<string, (input: never) => unknown>>;

/** A client of AWS that answers by the name of the command, and to no other. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- it stands in for each of them
export function clientOf<T>(answers: Answers): T {
  return {
    async send(command: { readonly constructor: { readonly name: string }; readonly input: unknown }) {
      const answer = answers[command.constructor.name.replace('Command', '')];
      if (!answer) throw new Error(`Nobody said what ${command.constructor.name} answers`);
      return answer(command.input as never);
    },
  } as T;
}

export function named(name: string): Error {
  return Object.assign(new Error(name), { name });
}

export interface World {
  readonly deployment: Deployment;
  readonly queues: SimulatedSqs;
  readonly table: SimulatedTable;
}

/** A deployed stack without AWS: its queues and its table are in memory, and the rest is as the test says. */
export function deploymentOf(changes: Partial<Deployment> = {}): World {
  const queues = simulatedSqs();
  const table = simulatedTable();
  const silent = clientOf<never>({});
  const deployment: Deployment = {
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
    ses: silent,
    sesConfigurationSets: silent,
    sesV1: silent,
    sns: silent,
    sfn: silent,
    lambda: silent,
    ...changes,
  };
  return { deployment, queues, table };
}
