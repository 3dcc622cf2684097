/** Defines the function that every await of the product calls. Import this file before the product. */
import { neverSettles, currentProcess } from '../../../sim/process.ts';

declare global {
  var awaitPoint: <T>(label: string, awaited: T) => T | Promise<T>;
  var awaitLabels: string[];
}

/** How often each await has settled, by its label. */
export const settledAwaits = new Map<string, number>();

/** The label of every await in the product files that are loaded. */
export const awaitLabels: string[] = [];

let plan: { readonly label: string; remaining: number } | undefined;

/** Ends the process that settles the await `label` for the nth time (from 1). With undefined, no process ends. */
export function crashAt(label: string | undefined, nth = 1): void {
  plan = label === undefined ? undefined : { label, remaining: nth };
}

/** Whether the planned crash has happened. */
export function hasCrashed(): boolean {
  return plan?.remaining === 0;
}

function settle(label: string): Promise<never> | undefined {
  const process = currentProcess.getStore();
  // The test itself runs outside of any process.
  if (!process) return undefined;
  // An ended process also ends the work that it did in parallel.
  if (!process.alive) return neverSettles;
  settledAwaits.set(label, (settledAwaits.get(label) ?? 0) + 1);
  if (plan?.label !== label || plan.remaining === 0) return undefined;
  plan.remaining -= 1;
  return plan.remaining === 0 ? process.kill() : undefined;
}

globalThis.awaitLabels = awaitLabels;
globalThis.awaitPoint = <T>(label: string, awaited: T): T | Promise<T> =>
  Promise.resolve(awaited).then(
    (value) => settle(label) ?? value,
    (error: Error) => settle(label) ?? Promise.reject(error),
  );
