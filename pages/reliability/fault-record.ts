/** What the run of a row saw, for docs/generated/reliability.md. */
export interface SeenFault {
  readonly number: number;
  readonly seen: string;
}

/** Its name; a row that is also run against another place has two. */
export function recordName(number: number, also?: string): string {
  return also === undefined ? `fault-${number}` : `fault-${number}-${also}`;
}
