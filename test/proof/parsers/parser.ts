import { isDeepStrictEqual } from 'node:util';
import type { Dice } from '../../../sim/random.ts';

/** The parser accepted the input, or refused it in the documented way. */
export type ParseResult = 'accepted' | 'refused';

/** A parser under test. `try` throws if the parser does anything else than accept the input or refuse it in the documented way. */
export interface Parser {
  readonly name: string;
  /** The share of the tries that is made, by default 1. It is lower if one try takes long. */
  readonly share?: number;
  /** Valid inputs, which must be accepted. If the parser refused them, a refusal of damaged input would show nothing. */
  readonly validInputs?: readonly (() => ParseResult | Promise<ParseResult>)[];
  readonly try: (dice: Dice) => ParseResult | Promise<ParseResult>;
}

export function assertThat(condition: boolean, problem: string): void {
  if (!condition) throw new Error(problem);
}

/** Returns the result of `read`, and asserts that it did not change the value. */
export async function expectUnchanged<T, R>(value: T, read: (value: T) => R | Promise<R>): Promise<R> {
  const before = structuredClone(value);
  const result = await read(value);
  assertThat(isDeepStrictEqual(value, before), 'The parser changed its input');
  return result;
}

/** Converts a thrown value to an error, so that a test can inspect it. */
export function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
