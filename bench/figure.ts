/** One measured figure and its goal. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** The maximum. Absent if the figure has no goal. */
  readonly goal?: number;
  readonly unit: string;
  readonly how: string;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
