import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { recordFigures } from '../../../pages/reliability/records.ts';
import { SEED, sized } from '../size.ts';
import type { Fault } from '../../../sim/faults.ts';
import {
  AUTOMATED_FIGURE,
  CONFLICTING_FIGURE,
  INSIDE_FIGURE,
  OWN_FIGURE,
  UNCOUNTED_FIGURE,
} from './ledger.ts';
import { REPUTATION_DELIVERIES_FIGURE, REPUTATION_FIGURE } from './reputation.ts';
import { GROUPS_FIGURE, type LedgerOptions, type LedgerReport } from './run.ts';

/** A deployment keeps all of its rows in memory. So the messages of a soak run are split over many deployments, each in its own process. */
const MESSAGES = 20_000;
const DEPLOYMENTS = sized(1, 50);
const FAULT_SHARE = 0.05;

/** Every kind of fault, with its name in docs/generated/reliability.md. Each kind must occur in the run. */
const FAULT_NAMES: Readonly<Record<Fault, string>> = {
  error: 'failed',
  throttled: 'throttled',
  partial: 'carried out in part',
  lost: 'carried out, response lost',
  killed: 'process ended before the call',
  killed_after: 'process ended after the call',
};

async function runInProcess(options: LedgerOptions): Promise<LedgerReport> {
  const child = fork(join(import.meta.dirname, 'run-worker.ts'), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  const message = await Promise.race([once(child, 'message'), ended.then(() => undefined)]);
  if (message === undefined) throw new Error(`The process with seed ${options.seed} ended without a report`);
  await ended;
  return message[0] as LedgerReport;
}

/** Runs one deployment at a time on each processor. */
async function runDeployments(): Promise<readonly LedgerReport[]> {
  const reports: LedgerReport[] = [];
  const seeds = Array.from({ length: DEPLOYMENTS }, (_, index) => SEED + index).values();
  const workers = Array.from({ length: availableParallelism() }, async () => {
    for (const seed of seeds) {
      reports.push(await runInProcess({ seed, messages: MESSAGES, faultShare: FAULT_SHARE }));
      console.log(`${reports.length} of ${DEPLOYMENTS} deployments`);
    }
  });
  await Promise.all(workers);
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

describe('with one call in twenty failing', () => {
  it('no event is lost or counted twice, and every delivery ends', async () => {
    console.log(`seed ${SEED}, ${DEPLOYMENTS * MESSAGES} messages`);
    const reports = await runDeployments();
    const findings = reports.flatMap(({ withFaults, recovered }) => [...withFaults, ...recovered]);
    const violations = findings.flatMap((each) => each.violations);
    const withFaults = sumOf(reports.flatMap((report) => report.withFaults.map(({ figures }) => figures)));
    const recovered = sumOf(reports.flatMap((report) => report.recovered.map(({ figures }) => figures)));
    const faults = sumOf(reports.map(({ tally }) => tally.faults));
    const calls = reports.reduce((sum, { tally }) => sum + tally.calls, 0);
    const injected = Object.values(faults).reduce((sum, each) => sum + each, 0);
    const toRecover = countOf(
      withFaults,
      'deliveries exhausted',
      'deliveries held',
      'missed events without a delivery',
    );
    const delivered =
      countOf(recovered, 'deliveries delivered') - countOf(withFaults, 'deliveries delivered');
    recordFigures('ledger', {
      seed: String(SEED),
      'SES messages': DEPLOYMENTS * MESSAGES,
      ...withFaults,
      'exhausted, held or missed, and delivered after recovery': delivered,
      'calls to AWS and to receivers': calls,
      'injected faults': injected,
      ...Object.fromEntries(
        Object.entries(FAULT_NAMES).map(([kind, name]) => [`injected faults: ${name}`, faults[kind] ?? 0]),
      ),
      'not accounted for': violations.length,
    });
    expect(violations.slice(0, 20)).toEqual([]);
    expect(delivered).toBe(toRecover);
    expect(countOf(withFaults, CONFLICTING_FIGURE)).toBeGreaterThan(0);
    for (const figure of [
      UNCOUNTED_FIGURE,
      AUTOMATED_FIGURE,
      INSIDE_FIGURE,
      OWN_FIGURE,
      GROUPS_FIGURE,
      REPUTATION_FIGURE,
      REPUTATION_DELIVERIES_FIGURE,
    ])
      expect(countOf(withFaults, figure)).toBeGreaterThan(0);
    expect(Object.keys(faults).toSorted()).toEqual(Object.keys(FAULT_NAMES).toSorted());
    expect(Math.abs(injected / calls - FAULT_SHARE)).toBeLessThan(FAULT_SHARE / 10);
  });

  it('the same is true in an account with 10 concurrent invocations', async () => {
    const { withFaults, recovered } = await runInProcess({
      seed: SEED,
      messages: sized(2_000, MESSAGES),
      faultShare: FAULT_SHARE,
      account: { concurrency: 10, consumerConcurrency: 2 },
    });
    expect([...withFaults, ...recovered].flatMap(({ violations }) => violations).slice(0, 20)).toEqual([]);
    expect(countOf(sumOf(recovered.map(({ figures }) => figures)), 'deliveries delivered')).toBeGreaterThan(
      0,
    );
  });
});
