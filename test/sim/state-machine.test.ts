import { describe } from 'vitest';
import {
  testStateMachines,
  type FunctionHandler,
  type ExecutionResult,
} from '../conformance/state-machine.ts';
import { Clock } from '../../sim/clock.ts';
import { Executions, START_EXECUTION } from '../../sim/executions.ts';
import { runExecution, type StateMachineDefinition } from '../../sim/state-machine.ts';

const NOTHING: StateMachineDefinition = { StartAt: 'Done', States: { Done: { Type: 'Succeed' } } };

describe('the model of the state machines', () => {
  testStateMachines(
    async () => {
      const clock = new Clock(0);
      const sent: unknown[] = [];
      let handled: FunctionHandler = () => ({});
      const task = async (resource: string, given: unknown): Promise<unknown> => {
        const parameters = given as Record<string, unknown>;
        if (resource === 'function') return handled(parameters);
        if (resource === START_EXECUTION) return executions.startFromTask(parameters);
        const { QueueUrl, MessageBody } = parameters;
        if (QueueUrl !== 'queue')
          throw Object.assign(new Error('No queue'), { name: 'Sqs.QueueDoesNotExist' });
        sent.push(MessageBody);
        return { MessageId: '1' };
      };
      const deps = { clock, random: Math.random, task };
      const machines = { other: { definition: NOTHING, express: false } };
      const executions = new Executions({ ...deps, machines, runsTwice: () => false });
      let runs = 0;
      return {
        queueUrl: 'queue',
        missingQueueUrl: 'absent',
        functionArn: 'function',
        otherMachineArn: 'other',
        takeSentBodies: async () => sent.splice(0),
        setHandler: (handle) => void (handled = handle),
        now: () => clock.nowMs / 1000,
        sleep: (seconds) => clock.sleep(seconds * 1000),
        async run(definition, input) {
          const ended = runExecution(deps, definition as StateMachineDefinition, {
            input: input as Record<string, unknown>,
            executionId: String((runs += 1)),
          }).then(
            (output): ExecutionResult => ({ status: 'SUCCEEDED', output }),
            (): ExecutionResult => ({ status: 'FAILED' }),
          );
          await clock.run();
          return ended;
        },
      };
    },
    { limitsDelay: true, namesErrors: true },
  );
});
