/** Amazon States Language as far as our definitions use it, run by the world's clock. Anything else throws. */
import type { Clock } from './clock.ts';

interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly MaxAttempts?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

interface Catcher {
  readonly ErrorEquals: readonly string[];
  readonly ResultPath?: string | null;
  readonly Next: string;
}

interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Parameters?: Readonly<Record<string, unknown>>;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Retrier[];
  readonly Catch?: readonly Catcher[];
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly {
    readonly Variable: string;
    readonly StringEquals: string;
    readonly Next: string;
  }[];
  readonly SecondsPath?: string;
  readonly Result?: unknown;
  readonly ResultPath?: string | null;
}

export interface StateMachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

type Data = Readonly<Record<string, unknown>>;

export interface ExecutionDeps {
  readonly clock: Clock;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Calls what a Task names. What it throws is known by the error's name. */
  readonly task: (resource: string, parameters: unknown) => Promise<unknown>;
}

const ANY = 'States.ALL';

function read(path: string, input: Data, executionId: string): unknown {
  if (path === '$$.Execution.Id') return executionId;
  if (path === '$') return input;
  const name = /^\$\.(\w+)$/.exec(path)?.[1];
  if (name === undefined) throw new Error(`Cannot read the path ${path}`);
  return input[name];
}

function parametersOf(state: State, input: Data, executionId: string): unknown {
  if (!state.Parameters) return input;
  return Object.fromEntries(
    Object.entries(state.Parameters).map(([name, value]) =>
      name.endsWith('.$') ? [name.slice(0, -2), read(String(value), input, executionId)] : [name, value],
    ),
  );
}

function place(path: string | null | undefined, input: Data, result: unknown): Data {
  if (path === null) return input;
  if (path === undefined || path === '$') return result as Data;
  const name = /^\$\.(\w+)$/.exec(path)?.[1];
  if (name === undefined) throw new Error(`Cannot write to the path ${path}`);
  return { ...input, [name]: result };
}

function takes(names: readonly string[], error: Error): boolean {
  return names.includes(ANY) || names.includes(error.name);
}

/** Runs one execution to its end, and gives its output. Rejects with the error that no state caught. */
export async function runExecution(
  deps: ExecutionDeps,
  definition: StateMachineDefinition,
  { input, executionId }: { readonly input: Data; readonly executionId: string },
): Promise<Data> {
  let data = input;
  let name: string | undefined = definition.StartAt;
  while (name !== undefined) {
    const state: State | undefined = definition.States[name];
    if (!state) throw new Error(`There is no state ${name}`);
    if (state.Type === 'Succeed') return data;
    const step = await enter(deps, state, { data, executionId });
    data = step.data;
    name = step.next;
  }
  return data;
}

interface Step {
  readonly data: Data;
  readonly next: string | undefined;
}

async function enter(
  deps: ExecutionDeps,
  state: State,
  { data, executionId }: { readonly data: Data; readonly executionId: string },
): Promise<Step> {
  switch (state.Type) {
    case 'Wait':
      await deps.clock.sleep(Number(read(state.SecondsPath ?? '', data, executionId)) * 1000);
      return { data, next: state.Next };
    case 'Pass':
      return { data: place(state.ResultPath, data, state.Result ?? data), next: state.Next };
    case 'Choice': {
      const chosen = state.Choices?.find(
        ({ Variable, StringEquals }) => read(Variable, data, executionId) === StringEquals,
      );
      return { data, next: chosen?.Next ?? state.Default };
    }
    case 'Task':
      return runTask(deps, state, { data, executionId });
    default:
      throw new Error(`Nothing is known of a state of type ${state.Type}`);
  }
}

async function runTask(
  deps: ExecutionDeps,
  state: State,
  { data, executionId }: { readonly data: Data; readonly executionId: string },
): Promise<Step> {
  const tries = new Map<Retrier, number>();
  for (;;) {
    try {
      const result = await withTimeout(
        deps,
        deps.task(state.Resource ?? '', parametersOf(state, data, executionId)),
        state.TimeoutSeconds,
      );
      return { data: place(state.ResultPath, data, result), next: state.Next };
    } catch (cause) {
      const error = cause as Error;
      const retrier = state.Retry?.find(({ ErrorEquals }) => takes(ErrorEquals, error));
      const made = retrier ? (tries.get(retrier) ?? 0) : 0;
      if (retrier && made < (retrier.MaxAttempts ?? 3)) {
        tries.set(retrier, made + 1);
        await deps.clock.sleep(waitSeconds(retrier, made, deps.random) * 1000);
        continue;
      }
      const catcher = state.Catch?.find(({ ErrorEquals }) => takes(ErrorEquals, error));
      if (!catcher) throw error;
      return {
        data: place(catcher.ResultPath, data, { Error: error.name, Cause: error.message }),
        next: catcher.Next,
      };
    }
  }
}

function waitSeconds(retrier: Retrier, made: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy } = retrier;
  const plain = Math.min(IntervalSeconds * BackoffRate ** made, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? plain * random() : plain;
}

function withTimeout<T>(deps: ExecutionDeps, work: Promise<T>, seconds: number | undefined): Promise<T> {
  if (seconds === undefined) return work;
  return new Promise((resolve, reject) => {
    let over = false;
    deps.clock.after(seconds * 1000, () => {
      if (!over) reject(Object.assign(new Error('The task took too long'), { name: 'States.Timeout' }));
      over = true;
    });
    work.then(
      (result) => {
        over = true;
        resolve(result);
      },
      (error: unknown) => {
        over = true;
        reject(error);
      },
    );
  });
}
