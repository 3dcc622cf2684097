import { ExecutionAlreadyExists, type SFNClient } from '@aws-sdk/client-sfn';
import { describe, expect, it } from 'vitest';
import type { ReplayTask } from '../../lambdas/core/commands.ts';
import { awsErrorKind } from '../../lambdas/core/aws-errors.ts';
import { startGroup, startReplay } from '../../lambdas/delivery/executions.ts';
import { createGroups, createMember } from '../../lambdas/delivery/groups.ts';
import { awsError } from '../../sim/aws-error.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';

const STORED = { event: anEvent({ subject: 'Secret' }), ttl: 2_000_000_000 };
const [GROUP] = createGroups([createMember(aTask(STORED.event, anEndpoint()), STORED)]);
const REPLAY: ReplayTask = {
  workspace_id: WORKSPACE_ID,
  command_id: 'rcv_a',
  command: 'recover',
  execution_name: 'rcv_b',
  delay_seconds: 4,
  steps: 0,
  probes: 0,
};

function setUp(error?: Error) {
  const inputs: unknown[] = [];
  const sfn = {
    async send({ input }: { input: unknown }) {
      inputs.push(input);
      if (error) throw error;
      return {};
    },
  } as unknown as SFNClient;
  if (!GROUP) throw new Error('There is one group');
  return { inputs, sfn, group: GROUP };
}

describe('an execution', () => {
  it('of Deliver is named after its group and gets the group and its events', async () => {
    const { sfn, inputs, group } = setUp();
    await startGroup(sfn, 'deliver', group);
    expect(inputs).toEqual([
      {
        stateMachineArn: 'deliver',
        name: group.group.execution_name,
        input: JSON.stringify({ group: group.group, events: [STORED] }),
      },
    ]);
  });

  it('of Recover is named by its task and gets the task', async () => {
    const { sfn, inputs } = setUp();
    await startReplay(sfn, 'recover', REPLAY);
    expect(inputs).toEqual([{ stateMachineArn: 'recover', name: 'rcv_b', input: JSON.stringify(REPLAY) }]);
  });

  it('that exists counts as started', async () => {
    const { sfn, group } = setUp(new ExecutionAlreadyExists({ message: 'exists', $metadata: {} }));
    await expect(startGroup(sfn, 'deliver', group)).resolves.toBeUndefined();
  });

  it.each([
    ['ThrottlingException', 'transient'],
    ['ExecutionLimitExceeded', 'transient'],
    ['InvalidExecutionInput', 'input'],
    ['StateMachineDoesNotExist', 'operator'],
    ['NeverSeenException', 'unknown'],
  ])('that is refused with %s throws an error of the kind %s, without the input', async (name, kind) => {
    const { sfn, group } = setUp(awsError(name, `Invalid input: ${JSON.stringify(STORED)}`));
    const error: unknown = await startGroup(sfn, 'deliver', group).catch((thrown: unknown) => thrown);
    expect(awsErrorKind(error)).toBe(kind);
    expect(error).toMatchObject({ name });
    expect(`${String(error)} ${(error as Error).stack} ${JSON.stringify(error)}`).not.toContain('Secret');
  });

  it('whose input cannot be converted to JSON throws a TypeError, so that the row of its command is poison', async () => {
    const { sfn, inputs } = setUp();
    // The SDK reads a large number as a BigInt.
    const task = { ...REPLAY, steps: 2n ** 70n } as unknown as ReplayTask;
    const error: unknown = await startReplay(sfn, 'recover', task).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeError);
    expect(inputs).toEqual([]);
  });
});
