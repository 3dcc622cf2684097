import type { Reason } from './reasons.ts';

/** Text, or several texts in this order with any text between. In lower case. */
export type Phrase = string | readonly string[];

/** A diagnostic that contains one of the phrases has the reason. */
export interface Rule {
  readonly reason: Reason;
  /** Only for a temporary or only for a permanent failure. */
  readonly only?: 'temporary' | 'permanent';
  readonly phrases: readonly Phrase[];
}
