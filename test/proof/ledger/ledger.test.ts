import { describe, expect, it } from 'vitest';
import { recordFigures } from '../record.ts';
import { SEED, sized } from '../size.ts';
import { runLedger, type LedgerReport } from './run.ts';

/** A world holds all of its rows in memory: the many of a soak go through many worlds. */
const MESSAGES = 20_000;
const WORLDS = sized(1, 50);
const FAULT_SHARE = 0.05;

function sumOf(reports: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const report of reports)
    for (const [name, value] of Object.entries(report)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

describe('of events that go through a world where every twentieth call goes wrong', () => {
  it('none is lost, none is counted twice, and every delivery comes to an end', async () => {
    console.log(`seed ${SEED}, ${WORLDS * MESSAGES} messages`);
    const reports: LedgerReport[] = [];
    for (let index = 0; index < WORLDS; index += 1)
      // oxlint-disable-next-line no-await-in-loop -- one world at a time is in memory
      reports.push(await runLedger({ seed: SEED + index, messages: MESSAGES, faultShare: FAULT_SHARE }));
    const found = reports.flatMap(({ atRest, recovered }) => [...atRest, ...recovered]);
    const violations = found.flatMap((each) => each.violations);
    recordFigures('ledger', {
      seed: String(SEED),
      'messages of SES': WORLDS * MESSAGES,
      ...sumOf(reports.flatMap(({ atRest }) => atRest.map(({ figures }) => figures))),
      'faults injected': Object.values(sumOf(reports.map(({ injected }) => injected))).reduce(
        (sum, n) => sum + n,
        0,
      ),
      'not accounted for': violations.length,
    });
    expect(violations.slice(0, 20)).toEqual([]);
  });
});
