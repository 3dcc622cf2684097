/** Must be imported before the product: what its awaits call. */
import { never, processOf } from '../../../sim/process.ts';

declare global {
  var awaitPoint: <T>(label: string, awaited: T) => T | Promise<T>;
  var awaitLabels: string[];
}

/** How often each await came to its end. */
export const passed = new Map<string, number>();

/** Every await of the product that was loaded. */
export const labels: string[] = [];

let plan: { readonly label: string; times: number } | undefined;

/** The process that comes by `label` for the nth time, from 1, is ended there. Undefined: none is. */
export function crashAt(label: string | undefined, nth = 1): void {
  plan = label === undefined ? undefined : { label, times: nth };
}

/** Whether the crash that was planned has come about. */
export function crashed(): boolean {
  return plan?.times === 0;
}

function pass(label: string): Promise<never> | undefined {
  const process = processOf.getStore();
  // The test's own steps are taken by nobody's process.
  if (!process) return undefined;
  // What it did side by side ends with it.
  if (!process.alive) return never;
  passed.set(label, (passed.get(label) ?? 0) + 1);
  if (plan?.label !== label || plan.times === 0) return undefined;
  plan.times -= 1;
  return plan.times === 0 ? process.kill() : undefined;
}

globalThis.awaitLabels = labels;
globalThis.awaitPoint = <T>(label: string, awaited: T): T | Promise<T> =>
  Promise.resolve(awaited).then(
    (value) => pass(label) ?? value,
    (error: Error) => pass(label) ?? Promise.reject(error),
  );
