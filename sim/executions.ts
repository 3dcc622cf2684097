/** The executions of some state machines, and their names, as Step Functions keeps them. */
import { ExecutionAlreadyExists } from '@aws-sdk/client-sfn';
import { runExecution, type StateMachineDefinition, type ExecutionDeps } from './state-machine.ts';

export interface Machine {
  readonly definition: StateMachineDefinition;
  /** Nobody holds an Express execution to its name, and it may run twice. */
  readonly express: boolean;
}

export interface ExecutionsOptions extends ExecutionDeps {
  /** By their ARN. */
  readonly machines: Readonly<Record<string, Machine>>;
  /** Whether an Express execution runs twice. */
  readonly runsTwice: () => boolean;
}

type Input = Readonly<Record<string, unknown>>;

/** What a machine calls to start another. */
export const START_EXECUTION = 'arn:aws:states:::states:startExecution';

export class Executions {
  /** Those that ended by an error. */
  readonly failed: { readonly name: string; readonly error: Error }[] = [];
  private readonly names = new Set<string>();
  private started = 0;

  constructor(private readonly options: ExecutionsOptions) {}

  /** A Standard execution's name is taken for good. */
  start(arn: string, name: string, input: Input): void {
    const machine = this.options.machines[arn];
    if (!machine) throw new Error(`There is no machine ${arn}`);
    const key = `${arn}:${name}`;
    if (!machine.express && this.names.has(key))
      throw new ExecutionAlreadyExists({ message: 'Execution Already Exists', $metadata: {} });
    this.names.add(key);
    const times = machine.express && this.options.runsTwice() ? 2 : 1;
    for (let time = 0; time < times; time += 1) void this.run(machine, key, input);
  }

  /** The same, asked for by a task, which knows the error by another name. */
  startFromTask(parameters: Input): Input {
    const { StateMachineArn: arn, Name: name, Input: input } = parameters;
    try {
      this.start(String(arn), String(name), input as Input);
    } catch (error) {
      if (!(error instanceof ExecutionAlreadyExists)) throw error;
      throw Object.assign(new Error(error.message), {
        name: 'StepFunctions.ExecutionAlreadyExistsException',
      });
    }
    return {};
  }

  private async run({ definition, express }: Machine, name: string, input: Input): Promise<void> {
    this.started += 1;
    const executionId = express ? `${name}:${this.started}` : name;
    try {
      await runExecution(this.options, definition, { input, executionId });
    } catch (error) {
      this.failed.push({ name: executionId, error: error as Error });
    }
  }
}
