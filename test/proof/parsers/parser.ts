import type { Dice } from '../world/random.ts';

/** What became of a try: taken for what it says it is, or refused in the way that the parser promises. */
export type Verdict = 'taken' | 'refused';

/** One reader of what others wrote. A try throws where the parser broke a promise. */
export interface Parser {
  readonly name: string;
  /** Of the tries that are asked for, the share that is made: one, unless a try is dear. */
  readonly share?: number;
  readonly try: (dice: Dice) => Verdict | Promise<Verdict>;
}

export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
