/** The observed result of a fault test, for docs/generated/reliability.md. */
export interface FaultResult {
  readonly number: number;
  readonly observed: string;
}

/** The name of the record. A fault that also runs in a second environment has a second record. */
export function recordName(number: number, secondEnvironment?: string): string {
  return secondEnvironment === undefined ? `fault-${number}` : `fault-${number}-${secondEnvironment}`;
}
