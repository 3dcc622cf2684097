/** The part of Amazon States Language that the definitions of the state machines use. */
interface Retrier {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly MaxAttempts: number;
}

export interface State {
  readonly Type: string;
  readonly Resource?: string;
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Next: string }[];
  readonly Catch?: readonly { readonly ErrorEquals: readonly string[]; readonly Next: string }[];
  readonly Retry?: readonly Retrier[];
  readonly TimeoutSeconds?: number;
  readonly Parameters?: Record<string, unknown>;
  readonly ResultPath?: string | null;
}

export interface StateMachineDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

export function stateOf(definition: StateMachineDefinition, name: string): State {
  const state = definition.States[name];
  if (!state) throw new Error(`The definition has no state ${name}`);
  return state;
}

export function successorsOf(state: State): readonly string[] {
  return [
    ...(state.Next === undefined ? [] : [state.Next]),
    ...(state.Default === undefined ? [] : [state.Default]),
    ...(state.Choices ?? []).map(({ Next }) => Next),
    ...(state.Catch ?? []).map(({ Next }) => Next),
  ];
}

/** Returns the delays between the retries after any error, in seconds. */
export function retryWaits(state: State): readonly number[] {
  const retrier = state.Retry?.find(({ ErrorEquals }) => ErrorEquals.includes('States.ALL'));
  if (!retrier) return [];
  const { IntervalSeconds = 1, BackoffRate = 2, MaxDelaySeconds = Infinity, MaxAttempts } = retrier;
  return Array.from({ length: MaxAttempts }, (_, n) =>
    Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds),
  );
}

/** Returns the duration of a state if every try times out. */
export function longestSeconds(state: State): number {
  const waits = retryWaits(state);
  const tries = waits.length + 1;
  return tries * (state.TimeoutSeconds ?? 0) + waits.reduce((sum, wait) => sum + wait, 0);
}

/** Returns the longest duration of a definition without loops. */
export function longestPathSeconds(definition: StateMachineDefinition, from = definition.StartAt): number {
  const state = stateOf(definition, from);
  const rest = successorsOf(state).map((next) => longestPathSeconds(definition, next));
  return longestSeconds(state) + Math.max(0, ...rest);
}
