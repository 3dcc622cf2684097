/** The offset in `2018-10-08T14:05:45 +0000`. Of the formats in SES's documentation, only this one is not ISO 8601. */
const SPACED_OFFSET = / ([+-]\d{2}):?(?=\d)/;

/** From the year 10000 on, a timestamp in a sort key would need more than 24 characters. */
const YEAR_10000_MS = 253_402_300_800_000;

/** Epoch milliseconds of a timestamp in any format that SES writes. Undefined if the value is not a timestamp. */
export function parseSesTimestamp(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().replace(SPACED_OFFSET, '$1:');
  // A date must begin with a year, because Date.parse also accepts `1` and `May`.
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  // A time without a zone is in UTC. Date.parse would read it in the zone of the machine.
  const hasZone = /[zZ]|[+-]\d{2}:?\d/.test(text);
  const epochMs = Date.parse(hasZone ? text : `${text}Z`);
  return Number.isFinite(epochMs) && epochMs >= 0 && epochMs < YEAR_10000_MS ? epochMs : undefined;
}
