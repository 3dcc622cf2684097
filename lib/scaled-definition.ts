import { scaledSeconds } from '../lambdas/core/wait-scale.ts';
import { DELAY_PATH, type MachineDefinition } from './deliver-machine.ts';

/** The waits that a state of ours can have written in it. */
interface WaitingState {
  readonly Retry?: readonly Retrier[];
  readonly Result?: number;
  readonly ResultPath?: string | null;
}

interface Retrier {
  readonly IntervalSeconds?: number;
  readonly MaxDelaySeconds?: number;
}

function scaledRetrier(retrier: Retrier, waitScale: number): Retrier {
  const { IntervalSeconds: interval, MaxDelaySeconds: longest } = retrier;
  // A second is the language's default.
  const scaled = scaledSeconds(interval ?? 1, waitScale);
  return {
    ...retrier,
    ...(interval !== undefined && { IntervalSeconds: scaled }),
    // The language requires the longest delay to be more than the interval.
    ...(longest !== undefined && {
      MaxDelaySeconds: Math.max(scaled + 1, scaledSeconds(longest, waitScale)),
    }),
  };
}

function scaledState(state: WaitingState, waitScale: number): WaitingState {
  const { Retry: retriers, Result: result, ResultPath: path } = state;
  return {
    ...state,
    ...(retriers && { Retry: retriers.map((retrier) => scaledRetrier(retrier, waitScale)) }),
    ...(path === DELAY_PATH && result !== undefined && { Result: scaledSeconds(result, waitScale) }),
  };
}

/**
 * The definition for the local run. It shortens the waits that are written in a definition: those between tries after an
 * internal error, and the delay that Deliver hands to Redeliver after them. A Wait state stays as it is, because the
 * function says how long it waits.
 */
export function scaledDefinition(definition: MachineDefinition, waitScale: number): MachineDefinition {
  const states = Object.entries(definition.States);
  return {
    ...definition,
    States: Object.fromEntries(states.map(([name, state]) => [name, scaledState(state, waitScale)])),
  };
}
