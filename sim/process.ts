/**
 * The processes of Lambda functions, and their calls to AWS through the SDK. A killed process does not continue: the promise
 * it waits for never settles. The call it made may still have had its effect.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { namedError } from './aws-error.ts';
import type { Clock } from './clock.ts';
import { drawFault, type CallCounts, type Fault, type FaultPlan } from './faults.ts';
import type { Dice } from './random.ts';

export const neverSettles = new Promise<never>(() => {});

export class LambdaProcess {
  alive = true;
  /** Runs when the process is killed. Each invocation replaces the list. */
  onDeath: (() => void)[] = [];

  /** Returns a promise that never settles, because the code of a killed process must not continue. */
  kill(): Promise<never> {
    this.alive = false;
    for (const listener of this.onDeath.splice(0)) listener();
    return neverSettles;
  }
}

/** The process whose code is running. */
export const currentProcess = new AsyncLocalStorage<LambdaProcess>();

/** The default of the SDK. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 100;

export interface AwsCall<T> {
  readonly name: string;
  readonly run: () => Promise<T> | T;
  /** Does a part of the work. Present only if the service can do a batch partly. */
  readonly runPartly?: () => Promise<T> | T;
  /**
   * The response to a retry of a call that already succeeded. Present only if the request has an idempotency token, by which
   * the service recognizes the retry.
   */
  readonly repeat?: (firstResponse: T) => T;
}

export interface CallContext {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly faults: FaultPlan;
  readonly callCounts: CallCounts;
}

const FAULTS_OF_EVERY_CALL: readonly Fault[] = ['error', 'throttled', 'lost', 'killed', 'killed_after'];

/** Makes one call as the SDK does: it retries transient errors and rejects after three attempts. */
export async function callAws<T>(context: CallContext, process: LambdaProcess, call: AwsCall<T>): Promise<T> {
  const { clock, dice } = context;
  const { name } = call;
  const possible: readonly Fault[] = call.runPartly
    ? [...FAULTS_OF_EVERY_CALL, 'partial']
    : FAULTS_OF_EVERY_CALL;
  let done: { readonly response: T } | undefined;
  let failure: Error | undefined;
  // Half of all faults end before the retry. The other half outlasts every retry and reaches our code.
  let lastingFault: Fault | undefined;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
    await clock.sleep(2 + dice.below(8) + attempt * RETRY_MS);
    if (!process.alive) return neverSettles;
    const fault = lastingFault ?? drawFault(context, { name, process, possible, attempt });
    if (fault !== undefined && fault !== 'partial' && dice.chance(0.5)) lastingFault = fault;
    if (fault === 'killed') return process.kill();
    if (fault === 'error') failure = namedError('InternalServerError', `${name} failed`);
    else if (fault === 'throttled') failure = namedError('ThrottlingException', `${name} was throttled`);
    else {
      const first = done;
      const run = (fault === 'partial' ? call.runPartly : undefined) ?? call.run;
      const [result] = await Promise.allSettled([
        Promise.resolve().then(() => (first && call.repeat ? call.repeat(first.response) : run())),
      ]);
      if (fault === 'killed_after') return process.kill();
      await clock.sleep(1 + dice.below(4));
      if (!process.alive) return neverSettles;
      if (fault !== 'lost' && result.status === 'rejected') throw result.reason;
      if (result.status === 'fulfilled') {
        if (fault !== 'lost') return result.value;
        done = { response: result.value };
      }
      failure = namedError('TimeoutError', `${name} returned no response`);
    }
  }
  throw failure ?? new Error('The call was not attempted');
}
