import type { SimulatedTable } from '../../../../sim/table.ts';

/** A test of a conditional write, on an empty table. It runs with the original condition, and again with each changed condition. */
export interface Behavior {
  /** A sentence about the behavior. */
  readonly name: string;
  readonly run: (table: SimulatedTable) => Promise<void>;
}

export function behavior(name: string, run: Behavior['run']): Behavior {
  return { name, run };
}
