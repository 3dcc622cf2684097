/** The executions of a deployment's state machines, and the names that Step Functions accepts only once. */
import { ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
import { namedError } from './aws-error.ts';
import { runExecution, type StateMachineDefinition, type ExecutionDeps } from './state-machine.ts';

export interface StateMachine {
  readonly definition: StateMachineDefinition;
  /** An Express execution can reuse a name, and Step Functions may run it twice. */
  readonly express: boolean;
}

export interface ExecutionsOptions extends ExecutionDeps {
  /** The state machines by ARN. */
  readonly machines: Readonly<Record<string, StateMachine>>;
  /** Decides for each Express execution whether it runs twice. */
  readonly runsTwice: () => boolean;
}

type Input = Readonly<Record<string, unknown>>;

/** The resource of a task that starts an execution of another state machine. */
export const START_EXECUTION = 'arn:aws:states:::states:startExecution';

export class Executions {
  /** The executions that ended with an error. */
  readonly failed: { readonly name: string; readonly error: Error }[] = [];
  private readonly names = new Set<string>();
  private startedCount = 0;

  constructor(private readonly options: ExecutionsOptions) {}

  /** A Standard execution keeps its name forever: a second start with the same name throws. */
  start(arn: string, name: string, input: Input): void {
    const machine = this.options.machines[arn];
    if (!machine) throw new Error(`No state machine has the ARN ${arn}`);
    const key = `${arn}:${name}`;
    if (!machine.express && this.names.has(key))
      throw new ExecutionAlreadyExists({ message: 'Execution Already Exists', $metadata: {} });
    this.names.add(key);
    const times = machine.express && this.options.runsTwice() ? 2 : 1;
    for (let time = 0; time < times; time += 1) void this.run(machine, key, input);
  }

  /** Starts an execution for a task. For a repeated name, a task gets an error with another name than the SDK. */
  startFromTask(parameters: Input): Input {
    const { StateMachineArn: arn, Name: name, Input: input } = parameters;
    try {
      this.start(String(arn), String(name), input as Input);
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      throw namedError('StepFunctions.ExecutionAlreadyExistsException', error.message);
    }
    return {};
  }

  private async run({ definition, express }: StateMachine, name: string, input: Input): Promise<void> {
    this.startedCount += 1;
    const executionId = express ? `${name}:${this.startedCount}` : name;
    try {
      await runExecution(this.options, definition, { input, executionId });
    } catch (error) {
      this.failed.push({ name: executionId, error: error as Error });
    }
  }
}
