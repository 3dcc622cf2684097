/** What the run of a row saw, for docs/reliability.md. */
export interface SeenFault {
  readonly number: number;
  readonly seen: string;
}

export const SEEN_PREFIX = 'fault-';
