import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'vitest';
import { RECORDS } from '../record.ts';
import { SEEN_PREFIX, type SeenFault } from './fault-record.ts';
import { FAULTS } from './rows.ts';

/** The test of one row of the table. `run` expects what the row says, and tells in a few words what it saw. */
export function fault(number: number, run: () => Promise<string> | string, timeoutMs = 600_000): void {
  const row = FAULTS.find((each) => each.number === number);
  if (!row) throw new Error(`There is no fault ${number}`);
  // oxlint-disable-next-line vitest/expect-expect -- what is expected of a row is expected in `run`
  it(`${number}. ${row.fault}: ${row.expected}`, { timeout: timeoutMs }, async () => {
    const seen: SeenFault = { number, seen: await run() };
    mkdirSync(RECORDS, { recursive: true });
    writeFileSync(join(RECORDS, `${SEEN_PREFIX}${number}.json`), `${JSON.stringify(seen)}\n`);
  });
}
