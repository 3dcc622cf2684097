import { describe } from 'vitest';
import { itRuns, type Ran } from '../../conformance/machine.ts';
import { Clock } from './clock.ts';
import { execute, type Definition } from './machine.ts';

describe('the model of the state machines', () => {
  itRuns(async () => {
    const clock = new Clock(0);
    const sent: unknown[] = [];
    return {
      queueUrl: 'queue',
      absentQueueUrl: 'absent',
      sent: async () => sent.splice(0),
      async run(definition, input) {
        const task = async (_resource: string, parameters: unknown): Promise<unknown> => {
          const { QueueUrl, MessageBody } = parameters as Record<string, unknown>;
          if (QueueUrl !== 'queue')
            throw Object.assign(new Error('No queue'), { name: 'Sqs.QueueDoesNotExist' });
          sent.push(MessageBody);
          return { MessageId: '1' };
        };
        const ended = execute({ clock, random: Math.random, task }, definition as Definition, {
          input: input as Record<string, unknown>,
          executionId: 'one',
        }).then(
          (output): Ran => ({ status: 'SUCCEEDED', output }),
          (): Ran => ({ status: 'FAILED' }),
        );
        await clock.run();
        return ended;
      },
    };
  });
});
