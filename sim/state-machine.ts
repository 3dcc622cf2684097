/** Runs the part of Amazon States Language that the product's definitions use, on the virtual clock. Other syntax throws. */
import { namedError } from './aws-error.ts';
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
    readonly StringEquals?: string;
    readonly IsPresent?: boolean;
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
  /** A number in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** Calls the resource of a Task. If the call throws, `ErrorEquals` is compared with the name of the error. */
  readonly task: (resource: string, parameters: unknown) => Promise<unknown>;
}

const ANY_ERROR = 'States.ALL';

/** The names of the fields in a path, such as `group` and `outcome` in `$.group.outcome`. */
function fieldsOf(path: string): readonly string[] {
  if (!/^\$(\.\w+)+$/.test(path)) throw new Error(`Cannot read the path ${path}`);
  return path.split('.').slice(1);
}

/** Undefined if the input does not have the field. */
function findPath(path: string, input: Data, executionId: string): unknown {
  if (path === '$$.Execution.Id') return executionId;
  if (path === '$') return input;
  let value: unknown = input;
  for (const name of fieldsOf(path)) value = (value as Data | undefined)?.[name];
  return value;
}

/** Step Functions ends the execution if a path finds nothing. */
function readPath(path: string, input: Data, executionId: string): unknown {
  const value = findPath(path, input, executionId);
  if (value === undefined) throw namedError('States.Runtime', `The path ${path} finds nothing`);
  return value;
}

function parametersOf(state: State, input: Data, executionId: string): unknown {
  if (!state.Parameters) return input;
  return Object.fromEntries(
    Object.entries(state.Parameters).map(([name, value]) =>
      name.endsWith('.$') ? [name.slice(0, -2), readPath(String(value), input, executionId)] : [name, value],
    ),
  );
}

function writePath(path: string | null | undefined, input: Data, result: unknown): Data {
  if (path === null) return input;
  if (path === undefined || path === '$') return result as Data;
  return writeFields(fieldsOf(path), input, result) as Data;
}

function writeFields(fields: readonly string[], input: unknown, result: unknown): unknown {
  const [name, ...rest] = fields;
  if (name === undefined) return result;
  return { ...(input as Data), [name]: writeFields(rest, (input as Data | undefined)?.[name], result) };
}

function matches(names: readonly string[], error: Error): boolean {
  return names.includes(ANY_ERROR) || names.includes(error.name);
}

/** Runs one execution and returns its output. Rejects with an error that no state catches. */
export async function runExecution(
  deps: ExecutionDeps,
  definition: StateMachineDefinition,
  { input, executionId }: { readonly input: Data; readonly executionId: string },
): Promise<Data> {
  let data = input;
  let name: string | undefined = definition.StartAt;
  while (name !== undefined) {
    const state: State | undefined = definition.States[name];
    if (!state) throw new Error(`The definition has no state ${name}`);
    if (state.Type === 'Succeed') return data;
    const step = await runState(deps, state, { data, executionId });
    data = step.data;
    name = step.next;
  }
  return data;
}

interface Step {
  readonly data: Data;
  readonly next: string | undefined;
}

async function runState(
  deps: ExecutionDeps,
  state: State,
  { data, executionId }: { readonly data: Data; readonly executionId: string },
): Promise<Step> {
  switch (state.Type) {
    case 'Wait':
      await deps.clock.sleep(Number(readPath(state.SecondsPath ?? '', data, executionId)) * 1000);
      return { data, next: state.Next };
    case 'Pass': {
      const result = state.Result ?? parametersOf(state, data, executionId);
      return { data: writePath(state.ResultPath, data, result), next: state.Next };
    }
    case 'Choice': {
      const chosen = state.Choices?.find(({ Variable, StringEquals, IsPresent }) => {
        if (IsPresent !== undefined)
          return (findPath(Variable, data, executionId) !== undefined) === IsPresent;
        return readPath(Variable, data, executionId) === StringEquals;
      });
      return { data, next: chosen?.Next ?? state.Default };
    }
    case 'Task':
      return runTask(deps, state, { data, executionId });
    default:
      throw new Error(`A state of type ${state.Type} is not supported`);
  }
}

async function runTask(
  deps: ExecutionDeps,
  state: State,
  { data, executionId }: { readonly data: Data; readonly executionId: string },
): Promise<Step> {
  const retryCounts = new Map<Retrier, number>();
  for (;;) {
    try {
      const result = await withTimeout(
        deps,
        deps.task(state.Resource ?? '', parametersOf(state, data, executionId)),
        state.TimeoutSeconds,
      );
      return { data: writePath(state.ResultPath, data, result), next: state.Next };
    } catch (cause) {
      const error = cause as Error;
      const retrier = state.Retry?.find(({ ErrorEquals }) => matches(ErrorEquals, error));
      const retryCount = retrier ? (retryCounts.get(retrier) ?? 0) : 0;
      if (retrier && retryCount < (retrier.MaxAttempts ?? 3)) {
        retryCounts.set(retrier, retryCount + 1);
        await deps.clock.sleep(waitSeconds(retrier, retryCount, deps.random) * 1000);
        continue;
      }
      const catcher = state.Catch?.find(({ ErrorEquals }) => matches(ErrorEquals, error));
      if (!catcher) throw error;
      return {
        data: writePath(catcher.ResultPath, data, { Error: error.name, Cause: error.message }),
        next: catcher.Next,
      };
    }
  }
}

function waitSeconds(retrier: Retrier, retryCount: number, random: () => number): number {
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, JitterStrategy } = retrier;
  const seconds = Math.min(IntervalSeconds * BackoffRate ** retryCount, MaxDelaySeconds);
  return JitterStrategy === 'FULL' ? seconds * random() : seconds;
}

function withTimeout<T>(deps: ExecutionDeps, work: Promise<T>, seconds: number | undefined): Promise<T> {
  if (seconds === undefined) return work;
  return new Promise((resolve, reject) => {
    let isSettled = false;
    deps.clock.after(seconds * 1000, () => {
      if (!isSettled) reject(namedError('States.Timeout', 'The task timed out'));
      isSettled = true;
    });
    work.then(
      (result) => {
        isSettled = true;
        resolve(result);
      },
      (error: unknown) => {
        isSettled = true;
        reject(error);
      },
    );
  });
}
