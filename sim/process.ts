/**
 * The processes that a Lambda function runs in, and what befalls their calls to AWS. A process that is killed goes no
 * further: what it waits for never comes, and what it had asked for may have been done all the same.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import type { Dice } from './random.ts';

/** What a call meets. `lost`: done, and the answer got lost. `killed_after`: done, and its process is gone. */
export type Fault = 'error' | 'throttled' | 'partial' | 'lost' | 'killed' | 'killed_after';

/** One try of a call, as whoever decides what it meets sees it. */
export interface CallAttempt {
  readonly name: string;
  readonly process: LambdaProcess | undefined;
  /** What has an effect on this call. */
  readonly possible: readonly Fault[];
  /** From 0; the SDK makes some more of a call that failed. */
  readonly attempt: number;
}

export type FaultPlan = (tried: CallAttempt) => Fault | undefined;

export const NO_FAULTS: FaultPlan = () => undefined;

/** Of ten calls that go wrong, one takes its process with it: some steps make a hundred calls. */
const DEADLY_SHARE = 0.1;
const DEADLY: ReadonlySet<Fault> = new Set(['killed', 'killed_after']);

/** So many of all calls, each drawn once, however often the SDK tries it. */
export function randomFaults(dice: Dice, share: number): FaultPlan {
  return ({ possible, attempt }) => {
    if (attempt > 0 || !dice.chance(share)) return undefined;
    const deadly = possible.filter((each) => DEADLY.has(each));
    const others = possible.filter((each) => !DEADLY.has(each));
    return dice.pick(deadly.length > 0 && dice.chance(DEADLY_SHARE) ? deadly : others);
  };
}

/** How much was called, and what went wrong: each call once, however often it was tried. */
export interface CallCounts {
  calls: number;
  readonly faults: Partial<Record<Fault, number>>;
}

export const neverSettles = new Promise<never>(() => {});

export class LambdaProcess {
  alive = true;
  /** What its end means to others; anew for each invocation. */
  onDeath: (() => void)[] = [];

  /** Ends it; whoever waits for it waits for ever. */
  kill(): Promise<never> {
    this.alive = false;
    for (const told of this.onDeath.splice(0)) told();
    return neverSettles;
  }
}

/** Of AWS's SDKs: three tries of every call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const TRIES = 3;
const RETRY_MS = 100;

function fault(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The process whose code runs just now. */
export const currentProcess = new AsyncLocalStorage<LambdaProcess>();

export interface AwsCall<T> {
  readonly name: string;
  readonly run: () => Promise<T> | T;
  /** Does a part of it only, where that can be. */
  readonly runPartly?: () => Promise<T> | T;
  /** What a second try of a call that was done the first time gives, where the service tells it by a token. */
  readonly repeat?: (first: T) => T;
}

export interface CallContext {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly faults: FaultPlan;
  readonly tally: CallCounts;
}

/** What it meets at this try; none where that would have no effect. A first try without a fault is the only one. */
export function drawFault(
  { faults, tally }: Pick<CallContext, 'faults' | 'tally'>,
  tried: CallAttempt,
): Fault | undefined {
  const drawn = faults(tried);
  const met = drawn !== undefined && tried.possible.includes(drawn) ? drawn : undefined;
  if (tried.attempt > 0) return met;
  tally.calls += 1;
  if (met !== undefined) tally.faults[met] = (tally.faults[met] ?? 0) + 1;
  return met;
}

const OF_ANY_CALL: readonly Fault[] = ['error', 'throttled', 'lost', 'killed', 'killed_after'];

/** One call as the SDK makes it: tries again what may pass, and gives up after three. */
export async function callAws<T>(calls: CallContext, process: LambdaProcess, call: AwsCall<T>): Promise<T> {
  const { clock, dice } = calls;
  const { name } = call;
  const possible: readonly Fault[] = call.runPartly ? [...OF_ANY_CALL, 'partial'] : OF_ANY_CALL;
  let done: { readonly answer: T } | undefined;
  let failure: Error | undefined;
  // Every other fault is over by the next try; the rest outlasts all of them, and reaches our code.
  let lasting: Fault | undefined;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    await clock.sleep(2 + dice.below(8) + attempt * RETRY_MS);
    if (!process.alive) return neverSettles;
    const met = lasting ?? drawFault(calls, { name, process, possible, attempt });
    if (met !== undefined && met !== 'partial' && dice.chance(0.5)) lasting = met;
    if (met === 'killed') return process.kill();
    if (met === 'error') failure = fault('InternalServerError', `${name} failed`);
    else if (met === 'throttled') failure = fault('ThrottlingException', `${name} was throttled`);
    else {
      const first = done;
      const run = (met === 'partial' ? call.runPartly : undefined) ?? call.run;
      const [told] = await Promise.allSettled([
        Promise.resolve().then(() => (first && call.repeat ? call.repeat(first.answer) : run())),
      ]);
      if (met === 'killed_after') return process.kill();
      await clock.sleep(1 + dice.below(4));
      if (!process.alive) return neverSettles;
      if (met !== 'lost' && told.status === 'rejected') throw told.reason;
      if (told.status === 'fulfilled') {
        if (met !== 'lost') return told.value;
        done = { answer: told.value };
      }
      failure = fault('TimeoutError', `${name} gave no answer`);
    }
  }
  throw failure ?? new Error('Not tried');
}
