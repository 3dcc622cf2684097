import type { SimulatedTable } from '../../../../sim/table.ts';

/** What a conditional write promises, as a test on an empty table. It runs once as it is, and once for each changed condition. */
export interface Behavior {
  /** A sentence. */
  readonly name: string;
  readonly run: (table: SimulatedTable) => Promise<void>;
}

export function behavior(name: string, run: Behavior['run']): Behavior {
  return { name, run };
}
