import { intervalEnd } from '../lambdas/core/intervals.ts';
import { percentText } from '../lambdas/core/reputation/reason-text.ts';
import { SES_LIMITS, addCounts, type EventCounts } from '../lambdas/core/stats.ts';
import { readEventCounters, type CounterRange } from '../lambdas/store/counters.ts';
import { readDimensionCounters } from '../lambdas/store/dimension-counters.ts';
import { listWorkspaces } from '../lambdas/store/workspaces.ts';
import { isDenied, notChecked, ok, warning, type Finding } from './checks.ts';
import type { MetricName } from './cloudwatch.ts';
import type { Deployment } from './deployment.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;

interface Rates {
  /** Shares of 1. Undefined if there is no number. */
  readonly bounce: number | undefined;
  readonly complaint: number | undefined;
}

interface OwnRates extends Rates {
  /** Without the emails to Gmail, which sends no feedback. */
  readonly complaintWithoutGmail: number | undefined;
}

function metric(rate: 'BounceRate' | 'ComplaintRate', configurationSet?: string): MetricName {
  return {
    namespace: 'AWS/SES',
    name: `Reputation.${rate}`,
    ...(configurationSet !== undefined && { dimensions: { 'ses:configuration-set': configurationSet } }),
  };
}

/** The rates that AWS publishes for the account and for our configuration set. */
async function readAwsRates({ readMetrics, configurationSet }: Deployment): Promise<{
  readonly account: Rates;
  readonly set: Rates;
}> {
  const [bounce, complaint, setBounce, setComplaint] = await readMetrics([
    metric('BounceRate'),
    metric('ComplaintRate'),
    metric('BounceRate', configurationSet),
    metric('ComplaintRate', configurationSet),
  ]);
  return { account: { bounce, complaint }, set: { bounce: setBounce, complaint: setComplaint } };
}

function share(part: number, total: number): number | undefined {
  return total === 0 ? undefined : part / total;
}

/** The counts of every workspace in the last 30 days, and those of emails to Gmail. All workspaces share the SES account. */
async function readOwnRates({ table, defaultWorkspaceId }: Deployment, nowMs: number): Promise<OwnRates> {
  const beforeMs = intervalEnd(nowMs, 'day');
  const range: CounterRange = { interval: 'day', afterMs: beforeMs - DAYS * DAY_MS, beforeMs };
  const ids = new Set([defaultWorkspaceId, ...(await listWorkspaces(table)).map(({ id }) => id)]);
  const counts: EventCounts[] = [];
  const gmail: EventCounts[] = [];
  // Sequential: the command must not exhaust the table of a deployment with many workspaces.
  for (const workspaceId of ids) {
    counts.push(...(await readEventCounters(table, workspaceId, range)).values());
    const rows = await readDimensionCounters(table, { workspaceId, dimension: 'provider' }, range);
    gmail.push(...rows.filter(({ value }) => value === 'gmail').map((row) => row.counts));
  }
  const all = addCounts(counts);
  const ofGmail = addCounts(gmail);
  return {
    bounce: share(all.bounced, all.sent),
    complaint: share(all.complained, all.delivered),
    complaintWithoutGmail: share(all.complained - ofGmail.complained, all.delivered - ofGmail.delivered),
  };
}

function percent(value: number | undefined): string {
  return value === undefined ? 'no number' : percentText(value, 3);
}

function ratesText({ bounce, complaint }: Rates): string {
  return `bounces ${percent(bounce)}, complaints ${percent(complaint)}`;
}

const DIFFERENCE = [
  'Why the numbers differ: AWS counts only hard bounces to domains that you have not verified, over a volume that it calls representative, which can span months',
  'Its complaint rate is a share of the emails to providers that send feedback. Gmail sends none, so compare our rate without Gmail',
  'AWS counts every email of the account. We count emails with a configuration set of this deployment, and bounces to all domains',
  'Neither counts the mailbox simulator. AWS does not show spam traps, blocklists and complaints to AWS itself, and neither do we',
].join('. ');

/** The bounce and complaint rates of AWS beside ours, and why they differ. Warns at the rates at which SES reviews an account. */
export async function checkReputation(deployment: Deployment): Promise<Finding> {
  const own = await readOwnRates(deployment, Date.now());
  const ownText = `ours of ${DAYS} days: ${ratesText(own)} (${percent(own.complaintWithoutGmail)} without Gmail)`;
  try {
    const { account, set } = await readAwsRates(deployment);
    const detail = `AWS, account: ${ratesText(account)}; AWS, ${deployment.configurationSet}: ${ratesText(set)}; ${ownText}`;
    const isHigh =
      (account.bounce ?? 0) >= SES_LIMITS.bounce.review ||
      (account.complaint ?? 0) >= SES_LIMITS.complaint.review;
    return isHigh ? warning(detail, DIFFERENCE) : { ...ok(detail), advice: DIFFERENCE };
  } catch (error) {
    // A network without a route to CloudWatch is no failure of the deployment, so the test emails are still sent.
    const reason = isDenied(error)
      ? 'AWS denied cloudwatch:GetMetricData'
      : `CloudWatch could not be read (${error instanceof Error ? error.message : String(error)})`;
    return notChecked(`${reason}; ${ownText}`);
  }
}
