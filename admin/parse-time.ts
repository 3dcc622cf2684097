import { UsageError } from '../cli/usage-error.ts';

/**
 * A time with its offset, or a date, which means midnight UTC, as in the API. `Date.parse` alone would read `2026-02-25T12:00`
 * in the time zone of the operator's computer.
 */
const TIME = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?$/;

/** The value of the option `--name` in epoch milliseconds, or undefined without a value. Throws a UsageError for any other text. */
export function parseTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const epochMs = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(epochMs)) return epochMs;
  throw new UsageError(`--${name} needs a time with its offset, such as 2026-02-25T12:00:00Z, not ${text}`);
}
