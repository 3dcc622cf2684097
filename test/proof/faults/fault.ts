import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { RECORDS } from '../../../pages/reliability/records.ts';
import { recordName, type SeenFault } from '../../../pages/reliability/fault-record.ts';
import { FAULTS, type FaultRow } from '../../../pages/reliability/faults.ts';

const TIMEOUT_MS = 600_000;

/**
 * The test of one row of the table. `run` expects what the row says, and tells in a few words what it saw. What of it
 * another place than the row's own must show is a second test, for `also`.
 */
export function fault(number: number, run: () => Promise<string> | string, also?: FaultRow['place']): void {
  const row = FAULTS.find((each) => each.number === number);
  if (!row) throw new Error(`There is no fault ${number}`);
  if (also !== undefined && also !== row.also)
    throw new Error(`The page does not read fault ${number}, ${also}`);
  const name = also === undefined ? String(number) : `${number}, ${also}`;
  // oxlint-disable-next-line vitest/expect-expect -- what is expected of a row is expected in `run`
  it(`${name}. ${row.fault}: ${row.expected}`, { timeout: TIMEOUT_MS }, async () => {
    const seen: SeenFault = { number, seen: await run() };
    mkdirSync(RECORDS, { recursive: true });
    writeFileSync(join(RECORDS, `${recordName(number, also)}.json`), `${JSON.stringify(seen)}\n`);
  });
}
