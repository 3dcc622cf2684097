/**
 * The processes that a Lambda function runs in, and what befalls their calls to AWS. A process that is killed goes no
 * further: what it waits for never comes, and what it had asked for may have been done all the same.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock } from './clock.ts';
import type { Dice } from './random.ts';

/** What a call meets. `lost`: done, and the answer got lost. `killed_after`: done, and its process is gone. */
export type Fault = 'error' | 'throttled' | 'partial' | 'lost' | 'killed' | 'killed_after';

export type Faults = (call: { readonly name: string; readonly process: Process }) => Fault | undefined;

export const NO_FAULTS: Faults = () => undefined;

/** Of ten calls that go wrong, one takes its process with it: some steps make a hundred calls. */
const KINDS: readonly Fault[] = [
  ...(['error', 'throttled', 'partial', 'lost', 'error', 'throttled', 'partial', 'lost', 'lost'] as const),
  'killed',
];

export function randomFaults(dice: Dice, share: number): Faults {
  return () => {
    const kind = dice.chance(share) ? dice.of(KINDS) : undefined;
    return kind === 'killed' && dice.chance(0.5) ? 'killed_after' : kind;
  };
}

export const never = new Promise<never>(() => {});

export class Process {
  alive = true;
  /** What its end means to others; anew for each invocation. */
  onDeath: (() => void)[] = [];

  /** Ends it; whoever waits for it waits for ever. */
  kill(): Promise<never> {
    this.alive = false;
    for (const told of this.onDeath.splice(0)) told();
    return never;
  }
}

/** Of AWS's SDKs: three tries of every call. https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html */
const TRIES = 3;
const RETRY_MS = 100;

function fault(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** The process whose code runs just now. */
export const processOf = new AsyncLocalStorage<Process>();

export interface Call<T> {
  readonly name: string;
  readonly run: () => Promise<T> | T;
  /** Does a part of it only, where that can be. */
  readonly runPartly?: () => Promise<T> | T;
  /** What a second try of a call that was done the first time gives, where the service tells it by a token. */
  readonly again?: (first: T) => T;
}

export interface Calls {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly faults: Faults;
  /** Faults so far, by kind. */
  readonly injected: Record<string, number>;
}

/** One call as the SDK makes it: tries again what may pass, and gives up after three. */
export async function callAws<T>(calls: Calls, process: Process, call: Call<T>): Promise<T> {
  const { clock, dice, faults, injected } = calls;
  let done: { readonly answer: T } | undefined;
  let failure: Error | undefined;
  // Every other fault is over by the next try; the rest outlasts all of them, and reaches our code.
  let lasting: Fault | undefined;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    // oxlint-disable-next-line no-await-in-loop -- a try follows the one before it
    await clock.sleep(2 + dice.upTo(8) + attempt * RETRY_MS);
    if (!process.alive) return never;
    const met = lasting ?? faults({ name: call.name, process });
    if (met !== undefined && met !== 'partial' && dice.chance(0.5)) lasting = met;
    if (met !== undefined) injected[met] = (injected[met] ?? 0) + 1;
    if (met === 'killed') return process.kill();
    if (met === 'error') failure = fault('InternalServerError', `${call.name} failed`);
    else if (met === 'throttled') failure = fault('ThrottlingException', `${call.name} was throttled`);
    else {
      const partly = met === 'partial' ? call.runPartly : undefined;
      // oxlint-disable-next-line no-await-in-loop
      const answer = done && call.again ? call.again(done.answer) : await (partly ?? call.run)();
      if (met === 'killed_after') return process.kill();
      // oxlint-disable-next-line no-await-in-loop -- the way back takes time, too, and others go on meanwhile
      await clock.sleep(1 + dice.upTo(4));
      if (!process.alive) return never;
      if (met !== 'lost') return answer;
      done = { answer };
      failure = fault('TimeoutError', `${call.name} gave no answer`);
    }
  }
  throw failure ?? new Error('Not tried');
}
