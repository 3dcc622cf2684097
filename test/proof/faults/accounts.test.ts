import { describe, expect, it } from 'vitest';
import { ACCOUNT_CONCURRENCY } from '../../../sim/deployment.ts';
import {
  runAccountWorld,
  type AccountWorldOptions,
  type AccountWorldReport,
} from '../../../sim/account-world.ts';
import { checkDeliveries, checkEvents, checkRequests } from '../ledger/ledger.ts';
import { SEED } from '../size.ts';

const seconds = (ms: number | undefined): string =>
  ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`;
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

/** The share of API requests that failed in these minutes. */
function errorShare(minutes: AccountWorldReport['api']): number {
  const requests = minutes.reduce((sum, each) => sum + each.requests, 0);
  return minutes.reduce((sum, each) => sum + each.errors, 0) / requests;
}

function describeWorld(report: AccountWorldReport): string {
  const { options, lagOfFirstMinute: first, lagSincePublished: since, api } = report;
  const statuses = (counts: object): string =>
    Object.entries(counts)
      .map(([status, count]) => `${count} ${status}`)
      .join(', ');
  const lines: readonly (readonly [string, string | number])[] = [
    ['the account’s limit', options.concurrency],
    ['consumerConcurrency', options.consumerConcurrency ?? 'not set'],
    ['events for the receiver that hangs', options.floodEvents],
    ['concurrent invocations at the peak', report.peak],
    ['throttled invocations', report.throttled],
    ['the breaker opened after', seconds(report.breakerOpenedMs)],
    ['requests to the receiver while it hung', report.hungRequests],
    ['its deliveries while it hung', statuses(report.whileHanging)],
    ['its deliveries afterwards', statuses(report.afterwards)],
    ['other endpoints: p99', seconds(report.lag.p99)],
    [
      'other endpoints, first minute: p50, p99, longest',
      [first.p50, first.p99, first.max].map(seconds).join(', '),
    ],
    ['the same, since SES published the event', [since.p50, since.p99, since.max].map(seconds).join(', ')],
    ['API errors', percent(errorShare(api))],
    ['API errors by minute', api.map((minute) => percent(errorShare([minute]))).join(', ')],
  ];
  return lines.map(([name, value]) => `${name.padEnd(50)} ${value}`).join('\n');
}

async function runWorld(options: Omit<AccountWorldOptions, 'seed'>): Promise<AccountWorldReport> {
  const report = await runAccountWorld({ seed: SEED, ...options });
  console.log(describeWorld(report));
  return report;
}

/** What must be true in every account: nothing is lost, and every request is explained. */
function violationsOf(report: AccountWorldReport): readonly string[] {
  const { deployment, endpoints, published } = report;
  const checks = [
    checkEvents(deployment, published),
    checkDeliveries(deployment, endpoints, new Set(['delivered'])),
    checkRequests(deployment, endpoints),
  ];
  return [
    ...checks.flatMap(({ violations }) => violations),
    ...report.failedExecutions,
    ...(report.deadLetters > 0 ? [`${report.deadLetters} dead letters`] : []),
    ...(report.breakerOpenedMs === undefined ? ['the breaker did not open'] : []),
    ...(deployment.invocations.timedOut > 0
      ? [`${deployment.invocations.timedOut} invocations timed out`]
      : []),
  ];
}

describe('a receiver that hangs and gets many events at once', () => {
  it('delays no other endpoint by more than 5 s in an account with 1,000 concurrent invocations', async () => {
    const report = await runWorld({
      concurrency: ACCOUNT_CONCURRENCY,
      floodEvents: 10_000,
      healthyEndpoints: 9,
      eventsPerSecond: 5,
      minutes: 2,
    });
    expect(violationsOf(report)).toEqual([]);
    expect(report.lagOfFirstMinute.p99).toBeLessThanOrEqual(5_000);
    expect(report.lagSincePublished.p99).toBeLessThanOrEqual(5_000);
    expect([report.throttled, errorShare(report.api)]).toEqual([0, 0]);
  });

  const SMALL = { floodEvents: 1_000, healthyEndpoints: 1, eventsPerSecond: 1, minutes: 20 };

  it('fails at most 1 % of the API requests in an account with 100 concurrent invocations', async () => {
    const report = await runWorld({ ...SMALL, concurrency: 100 });
    expect(violationsOf(report)).toEqual([]);
    expect(errorShare(report.api)).toBeLessThanOrEqual(0.01);
    expect(report.lagSincePublished.p99).toBeLessThanOrEqual(5_000);
  });

  it('fails at most 5 % of the API requests after the first minute in an account with 10', async () => {
    const report = await runWorld({ ...SMALL, concurrency: 10 });
    expect(violationsOf(report)).toEqual([]);
    for (const minute of report.api.slice(1)) expect(errorShare([minute])).toBeLessThanOrEqual(0.05);
  });

  it('fails at most 1 % of the API requests of every minute there with the option consumerConcurrency', async () => {
    const report = await runWorld({ ...SMALL, concurrency: 10, consumerConcurrency: 2 });
    expect(violationsOf(report)).toEqual([]);
    for (const minute of report.api) expect(errorShare([minute])).toBeLessThanOrEqual(0.01);
    expect(report.lagSincePublished.p99).toBeLessThanOrEqual(5_000);
  });
});
