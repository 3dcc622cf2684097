/** Runs the executions of the state machines, and counts what AWS bills for them. */
import { deliverDefinition } from '../../lib/deliver-machine.ts';
import { recoverDefinition } from '../../lib/recover-machine.ts';
import { redeliverDefinition } from '../../lib/redeliver-machine.ts';
import type { ReplayTask } from '../../lambdas/core/commands.ts';
import type { DeliverInput, DeliveryGroup } from '../../lambdas/core/deliveries.ts';
import type { Clock } from '../../sim/clock.ts';
import { runExecution, type StateMachineDefinition } from '../../sim/state-machine.ts';
import { assumed } from './assumptions.ts';
import type { Functions } from './functions.ts';
import type { Pace } from './pipeline.ts';
import type { Timeline } from './timeline.ts';

const START_EXECUTION = 'arn:aws:states:::states:startExecution';

interface Machine {
  readonly name: string;
  readonly definition: StateMachineDefinition;
  readonly isExpress: boolean;
}

/** By the end of the ARN. */
const MACHINES: Readonly<Record<string, Omit<Machine, 'name'>>> = {
  deliver: {
    definition: deliverDefinition({
      partition: 'aws',
      deliverFunctionArn: 'deliver',
      redeliverMachineArn: 'redeliver',
      deadLetterQueueUrl: 'dead-letters',
    }) as StateMachineDefinition,
    isExpress: true,
  },
  redeliver: {
    definition: redeliverDefinition({ deliverFunctionArn: 'deliver' }) as StateMachineDefinition,
    isExpress: false,
  },
  recover: {
    definition: recoverDefinition({ recoverFunctionArn: 'recover' }) as StateMachineDefinition,
    isExpress: false,
  },
};

type GroupInput = DeliverInput & { readonly group: DeliveryGroup };
type Data = Readonly<Record<string, unknown>>;

/** The length of a real execution ARN, because the claim of a delivery stores it. */
const EXECUTION_ID =
  'arn:aws:states:us-east-1:000000000000:express:IvyDeliveryDeliverMachine5C1D3AE5-mK8qWz3Xv1Yt:dlv_aaaaaaaaaaaaaaaaaaaaaaaaaa-auto:5c1d3ae5-2a27-4b5e-9d43-3a2f1d1c0b0a';

/** By state machine. */
export interface MachineCounts {
  readonly executions: Readonly<Record<string, number>>;
  /** The transitions that AWS bills. An Express execution has none. */
  readonly transitions: Readonly<Record<string, number>>;
}

function increase(counts: Map<string, number>, name: string, by: number): void {
  counts.set(name, (counts.get(name) ?? 0) + by);
}

export class Machines {
  private readonly executions = new Map<string, number>();
  private readonly transitions = new Map<string, number>();
  private sequence = 0;

  constructor(
    private readonly functions: Functions,
    private readonly timeline: Timeline,
    private readonly pace: Pace,
  ) {}

  /** Runs the executions that the functions have started, from now on and at the same time. */
  runStarted(): void {
    for (const { machine, input } of this.functions.started.splice(0)) this.start(machine, input);
  }

  counts(factor: number): MachineCounts {
    const scaled = (counts: Map<string, number>): Record<string, number> =>
      Object.fromEntries([...counts].map(([name, count]) => [name, count * factor]));
    return { executions: scaled(this.executions), transitions: scaled(this.transitions) };
  }

  private start(name: string, input: Data): void {
    const machine = MACHINES[name];
    if (!machine) throw new Error(`There is no state machine ${name}`);
    this.timeline.at(this.functions.meter.nowMs, () => this.execute({ name, ...machine }, input));
  }

  private async execute({ name: machine, definition, isExpress }: Machine, input: Data): Promise<void> {
    const { meter, deployment } = this.functions;
    if (deployment.isTraced) meter.count('xray.trace', this.pace === 'burst' ? assumed('sampledShare') : 1);
    increase(this.executions, machine, 1);
    const startMs = meter.nowMs;
    let states = 0;
    const countedStates = new Proxy(definition.States, {
      get(allStates, name: string) {
        states += 1;
        return allStates[name];
      },
    });
    await this.run({ ...definition, States: countedStates }, input);
    if (isExpress) {
      const billedSeconds = Math.ceil((meter.nowMs - startMs + assumed('machineMs')) / 100) / 10;
      meter.count('stepFunctions.express');
      meter.count('stepFunctions.gbSecond', billedSeconds * (64 / 1024));
    } else {
      // AWS bills the start of the execution as one more transition.
      const transitions = states + 1;
      increase(this.transitions, machine, transitions);
      meter.count('stepFunctions.transition', transitions);
    }
  }

  private run(definition: StateMachineDefinition, input: Data): Promise<Data> {
    const clock = {
      sleep: (ms: number) => this.timeline.sleep(ms),
      after: () => {},
    } as unknown as Clock;
    // Each execution has its own id, of the same length.
    const executionId = `${EXECUTION_ID.slice(0, -8)}${String((this.sequence += 1)).padStart(8, '0')}`;
    const task = (resource: string, parameters: unknown): Promise<unknown> =>
      this.runTask(resource, JSON.parse(JSON.stringify(parameters)) as Data);
    return runExecution({ clock, random: () => 0.5, task }, definition, { input, executionId });
  }

  private async runTask(resource: string, input: Data): Promise<unknown> {
    const { meter, deliver, recover } = this.functions;
    if (resource === 'deliver') return deliver(input as unknown as GroupInput);
    if (resource === 'recover') {
      const result = await recover(input as unknown as ReplayTask);
      this.runStarted();
      return result;
    }
    if (resource !== START_EXECUTION) throw new Error(`No count for the resource ${resource}`);
    meter.callAws();
    this.start(String(input['StateMachineArn']), input['Input'] as Data);
    return {};
  }
}
