// Only for the local run. A deployment uses the definitions unchanged.
import { scaledSeconds } from '../lambdas/core/wait-scale.ts';
import { PAUSE_PATH, type MachineDefinition } from '../lib/deliver-machine.ts';

/** The fields of an Amazon States Language state that contain a wait. */
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
  // The default of IntervalSeconds in Amazon States Language is 1.
  const scaled = scaledSeconds(interval ?? 1, waitScale);
  return {
    ...retrier,
    ...(interval !== undefined && { IntervalSeconds: scaled }),
    // Amazon States Language requires MaxDelaySeconds to be greater than IntervalSeconds.
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
    ...(path === PAUSE_PATH && result !== undefined && { Result: scaledSeconds(result, waitScale) }),
  };
}

/**
 * Shortens two kinds of waits in a definition: the delays of retriers, and the delay that Deliver's Pause state passes to
 * Redeliver. A Wait state stays unchanged, because the deliver or recover function returns its delay.
 */
export function scaledDefinition(definition: MachineDefinition, waitScale: number): MachineDefinition {
  const states = Object.entries(definition.States);
  return {
    ...definition,
    States: Object.fromEntries(states.map(([name, state]) => [name, scaledState(state, waitScale)])),
  };
}
