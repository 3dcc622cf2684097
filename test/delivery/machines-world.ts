/** The state machines Deliver and Redeliver, which call the deliver function in a process that can be killed. */
import type { DeliverInput, SingleDeliverInput } from '../../lambdas/core/deliveries.ts';
import type { GroupStart } from '../../lambdas/delivery/groups.ts';
import type { Table } from '../../lambdas/store/table.ts';
import { DELIVER_TIMEOUT_SECONDS, deliverDefinition } from '../../lib/deliver-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import { namedError } from '../../sim/aws-error.ts';
import { runDeliver } from '../../sim/deliver-function.ts';
import { Executions, START_EXECUTION } from '../../sim/executions.ts';
import { neverSettles } from '../../sim/process.ts';
import { Dice, seededRandom } from '../../sim/random.ts';
import type { StateMachineDefinition } from '../../sim/state-machine.ts';
import type { GroupWorld } from './group-world.ts';

const DELIVER = deliverDefinition({
  partition: 'aws',
  deliverFunctionArn: 'deliver-function',
  redeliverMachineArn: 'redeliver',
  deadLetterQueueUrl: 'dead-letters',
}) as StateMachineDefinition;
const REDELIVER = redeliverDefinition({ deliverFunctionArn: 'deliver-function' }) as StateMachineDefinition;

/** A step is a call to AWS or a request to the receiver. The process ends before or after its work. */
export interface Kill {
  readonly step: number;
  readonly when: 'before' | 'after';
}

export interface MachinesOptions {
  /** Where the invocation with this index ends, from 0. Undefined if it is not killed. */
  readonly killOf?: (invocation: number) => Kill | undefined;
  /** Called when a process was killed, before the state machine notices. */
  readonly onKilled?: () => void;
  /** Whether each Express execution runs twice at the same time. */
  readonly runsTwice?: boolean;
  /** The seed of the times that calls to AWS take. */
  readonly seed?: number;
  readonly deliver?: StateMachineDefinition;
  readonly redeliver?: StateMachineDefinition;
}

const CRASH_MS = 500;

export function runMachines(world: GroupWorld, options: MachinesOptions = {}) {
  const { clock } = world;
  const dice = new Dice(seededRandom(options.seed ?? 1));
  const inputs: (DeliverInput | SingleDeliverInput)[] = [];
  /** The names of the Redeliver executions that started. */
  const redeliveries: string[] = [];
  const deadLetters: unknown[] = [];
  const executions = new Executions({
    clock,
    random: dice.random,
    task,
    machines: {
      deliver: { definition: options.deliver ?? DELIVER, express: true },
      redeliver: { definition: options.redeliver ?? REDELIVER, express: false },
    },
    runsTwice: () => options.runsTwice === true,
  });

  async function task(resource: string, parameters: unknown): Promise<unknown> {
    await clock.sleep(1 + dice.below(20));
    if (resource === 'deliver-function')
      return invoke(throughJson(parameters) as DeliverInput | SingleDeliverInput);
    if (resource === START_EXECUTION) {
      const started = executions.startFromTask(parameters as Readonly<Record<string, unknown>>);
      redeliveries.push((parameters as { readonly Name: string }).Name);
      return started;
    }
    deadLetters.push((parameters as { readonly MessageBody: unknown }).MessageBody);
    return {};
  }

  function invoke(input: DeliverInput | SingleDeliverInput): Promise<unknown> {
    const kill = options.killOf?.(inputs.length);
    inputs.push(input);
    let isAlive = true;
    let steps = 0;
    return new Promise((resolve, reject) => {
      function die(): Promise<never> {
        isAlive = false;
        options.onKilled?.();
        clock.after(CRASH_MS, () => reject(namedError('Lambda.Unknown', 'The function crashed')));
        return neverSettles;
      }
      async function step<T>(work: () => Promise<T>): Promise<T> {
        if (!isAlive) return neverSettles;
        const own = (steps += 1);
        if (kill?.step === own && kill.when === 'before') return die();
        const result = await work();
        if (!isAlive) return neverSettles;
        return kill?.step === own ? die() : result;
      }
      const client = {
        send: (command: Parameters<Table['client']['send']>[0]) =>
          step(async () => {
            await clock.sleep(1 + dice.below(20));
            return isAlive ? world.table.client.send(command) : neverSettles;
          }),
      } as unknown as Table['client'];
      runDeliver(
        {
          ...world.deps,
          table: { name: world.table.name, client },
          send: (request) => step(() => world.deps.send(request)),
        },
        input,
        clock.nowMs + DELIVER_TIMEOUT_SECONDS * 1000,
      ).then((result) => resolve(throughJson(result)), reject);
    });
  }

  return {
    inputs,
    redeliveries,
    deadLetters,
    executions,
    start: ({ group, events }: GroupStart): void =>
      executions.start('deliver', group.execution_name, { group, events }),
    /** Runs all executions to their end. */
    async finish(): Promise<void> {
      await clock.run();
      if (executions.failed.length > 0 || deadLetters.length > 0)
        throw new Error(`An execution failed: ${JSON.stringify([executions.failed, deadLetters])}`);
    },
  };
}

/** State machines and functions pass JSON to each other. */
function throughJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
