import { isDeepStrictEqual } from 'node:util';
import type { Dice } from '../../../sim/random.ts';

/** What became of a try: taken for what it says it is, or refused in the way that the parser promises. */
export type ParseResult = 'taken' | 'refused';

/** One reader of what others wrote. A try throws where the parser broke a promise. */
export interface Parser {
  readonly name: string;
  /** Of the tries that are asked for, the share that is made: one, unless a try is dear. */
  readonly share?: number;
  /** Real input of each kind, with nothing wrong in it: what is never taken whole shows nothing where it is damaged. */
  readonly validInputs?: readonly (() => ParseResult | Promise<ParseResult>)[];
  readonly try: (dice: Dice) => ParseResult | Promise<ParseResult>;
}

export function assertThat(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}

/** What comes of a value, which must be left as it was. */
export async function expectUnchanged<T, R>(value: T, read: (value: T) => R | Promise<R>): Promise<R> {
  const before = structuredClone(value);
  const made = await read(value);
  assertThat(isDeepStrictEqual(value, before), 'The parser changed what it was given');
  return made;
}

/** What was thrown, as a value. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
