import { describe } from 'vitest';
import {
  testStateMachines,
  type FunctionHandler,
  type ExecutionResult,
} from '../conformance/state-machine.ts';
import { namedError } from '../../sim/aws-error.ts';
import { Clock } from '../../sim/clock.ts';
import { Executions, START_EXECUTION } from '../../sim/executions.ts';
import { runExecution, type StateMachineDefinition } from '../../sim/state-machine.ts';

const EMPTY_DEFINITION: StateMachineDefinition = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };

describe('the model of the state machines', () => {
  testStateMachines(
    async () => {
      const clock = new Clock(0);
      const sentBodies: unknown[] = [];
      let handler: FunctionHandler = () => ({});
      const task = async (resource: string, input: unknown): Promise<unknown> => {
        const parameters = input as Record<string, unknown>;
        if (resource === 'function') return handler(parameters);
        if (resource === START_EXECUTION) return executions.startFromTask(parameters);
        const { QueueUrl, MessageBody } = parameters;
        if (QueueUrl !== 'queue') throw namedError('Sqs.QueueDoesNotExist', 'The queue does not exist');
        sentBodies.push(MessageBody);
        return { MessageId: '1' };
      };
      const deps = { clock, random: Math.random, task };
      const machines = { other: { definition: EMPTY_DEFINITION, express: false } };
      const executions = new Executions({ ...deps, machines, runsTwice: () => false });
      let executionCount = 0;
      return {
        queueUrl: 'queue',
        missingQueueUrl: 'absent',
        functionArn: 'function',
        otherMachineArn: 'other',
        takeSentBodies: async () => sentBodies.splice(0),
        setHandler: (newHandler) => void (handler = newHandler),
        now: () => clock.nowMs / 1000,
        sleep: (seconds) => clock.sleep(seconds * 1000),
        async run(definition, input) {
          const result = runExecution(deps, definition as StateMachineDefinition, {
            input: input as Record<string, unknown>,
            executionId: String((executionCount += 1)),
          }).then(
            (output): ExecutionResult => ({ status: 'SUCCEEDED', output }),
            (): ExecutionResult => ({ status: 'FAILED' }),
          );
          await clock.run();
          return result;
        },
      };
    },
    { limitsDelay: true, namesErrors: true },
  );
});
