/** `2018-10-08T14:05:45 +0000`: the one form of SES's documentation that is not ISO 8601. */
const SPACED_OFFSET = / ([+-]\d{2}):?(?=\d)/;

/** The latest time DynamoDB's sort key can hold in 24 characters. */
const YEAR_10000_MS = 253_402_300_800_000;

/** Epoch milliseconds of any timestamp SES has been seen to write; undefined where it is none. */
export function parseSesTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(SPACED_OFFSET, '$1:');
  // Only dates that begin with a year: Date.parse would take `1` or `May` for a date, too.
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // What names no zone is in UTC: to Date.parse it is in that of the machine.
  const hasZone = /[zZ]|[+-]\d{2}:?\d/.test(text);
  const epochMs = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isFinite(epochMs) && epochMs >= 0 && epochMs < YEAR_10000_MS ? epochMs : undefined;
}
