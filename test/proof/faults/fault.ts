import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { RECORDS } from '../../../pages/reliability/records.ts';
import { recordName, type FaultResult } from '../../../pages/reliability/fault-record.ts';
import { FAULTS, type FaultRow } from '../../../pages/reliability/faults.ts';

const TIMEOUT_MS = 600_000;

/**
 * Defines the test of one row of the fault table. `run` checks the expected result and returns a short description of what it
 * observed. A row with a second environment has a second test, which passes `secondEnvironment`.
 */
export function fault(
  number: number,
  run: () => Promise<string> | string,
  secondEnvironment?: FaultRow['environment'],
): void {
  const row = FAULTS.find((each) => each.number === number);
  if (!row) throw new Error(`The fault table has no row ${number}`);
  if (secondEnvironment !== undefined && secondEnvironment !== row.secondEnvironment)
    throw new Error(`Row ${number} of the fault table has no second environment ${secondEnvironment}`);
  const name = secondEnvironment === undefined ? String(number) : `${number}, ${secondEnvironment}`;
  // oxlint-disable-next-line vitest/expect-expect -- `run` contains the expectations
  it(`${name}. ${row.fault}: ${row.expected}`, { timeout: TIMEOUT_MS }, async () => {
    const result: FaultResult = { number, observed: await run() };
    mkdirSync(RECORDS, { recursive: true });
    writeFileSync(
      join(RECORDS, `${recordName(number, secondEnvironment)}.json`),
      `${JSON.stringify(result)}\n`,
    );
  });
}
