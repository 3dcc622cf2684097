import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import type { Fault } from '../../../sim/faults.ts';
import { AUTOMATED_FIGURE, CONFLICTING_FIGURE, UNCOUNTED_FIGURE } from './ledger.ts';
import type { LedgerOptions, LedgerReport } from './run.ts';

/** A world holds all of its rows in memory: the many of a soak go through many worlds, each in a process of its own. */
const MESSAGES = 20_000;
const WORLDS = sized(1, 50);
const FAULT_SHARE = 0.05;

/** Each of them comes about; as the page has them. */
const KINDS: Readonly<Record<Fault, string>> = {
  error: 'failed',
  throttled: 'throttled',
  partial: 'done by half',
  lost: 'done, and the answer lost',
  killed: 'process ended before the call',
  killed_after: 'process ended after the call',
};

async function inProcess(options: LedgerOptions): Promise<LedgerReport> {
  const child = fork(join(import.meta.dirname, 'world-worker.ts'), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  const told = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (told === undefined) throw new Error(`The world of seed ${options.seed} ended without a word`);
  await ended;
  return told[0] as LedgerReport;
}

/** One after the other on each processor. */
async function runWorlds(): Promise<readonly LedgerReport[]> {
  const reports: LedgerReport[] = [];
  const seeds = Array.from({ length: WORLDS }, (_, index) => SEED + index).values();
  const lanes = Array.from({ length: availableParallelism() }, async () => {
    for (const seed of seeds) {
      reports.push(await inProcess({ seed, messages: MESSAGES, faultShare: FAULT_SHARE }));
      console.log(`${reports.length} of ${WORLDS} worlds`);
    }
  });
  await Promise.all(lanes);
  return reports;
}

function sumOf(reports: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {};
  for (const report of reports)
    for (const [name, value] of Object.entries(report)) sum[name] = (sum[name] ?? 0) + value;
  return sum;
}

function countOf(figures: Readonly<Record<string, number>>, ...names: readonly string[]): number {
  return names.reduce((sum, name) => sum + (figures[name] ?? NaN), 0);
}

describe('of events that go through a world where every twentieth call goes wrong', () => {
  it('none is lost, none is counted twice, and every delivery comes to an end', async () => {
    console.log(`seed ${SEED}, ${WORLDS * MESSAGES} messages`);
    const reports = await runWorlds();
    const found = reports.flatMap(({ atRest, recovered }) => [...atRest, ...recovered]);
    const violations = found.flatMap((each) => each.violations);
    const atRest = sumOf(reports.flatMap((report) => report.atRest.map(({ figures }) => figures)));
    const recovered = sumOf(reports.flatMap((report) => report.recovered.map(({ figures }) => figures)));
    const faults = sumOf(reports.map(({ tally }) => tally.faults));
    const calls = reports.reduce((sum, { tally }) => sum + tally.calls, 0);
    const injected = Object.values(faults).reduce((sum, each) => sum + each, 0);
    const toRecover = countOf(atRest, 'deliveries exhausted', 'deliveries held', 'left to recover');
    const delivered = countOf(recovered, 'deliveries delivered') - countOf(atRest, 'deliveries delivered');
    recordFigures('ledger', {
      seed: String(SEED),
      'messages of SES': WORLDS * MESSAGES,
      ...atRest,
      'of those exhausted, held or left: delivered after recovery': delivered,
      'calls of AWS and of receivers': calls,
      'faults injected': injected,
      ...Object.fromEntries(
        Object.entries(KINDS).map(([kind, name]) => [`faults: ${name}`, faults[kind] ?? 0]),
      ),
      'not accounted for': violations.length,
    });
    expect(violations.slice(0, 20)).toEqual([]);
    expect(delivered).toBe(toRecover);
    expect(countOf(atRest, CONFLICTING_FIGURE)).toBeGreaterThan(0);
    for (const figure of [UNCOUNTED_FIGURE, AUTOMATED_FIGURE])
      expect(countOf(atRest, figure)).toBeGreaterThan(0);
    expect(Object.keys(faults).toSorted()).toEqual(Object.keys(KINDS).toSorted());
    expect(Math.abs(injected / calls - FAULT_SHARE)).toBeLessThan(FAULT_SHARE / 10);
  });
});
