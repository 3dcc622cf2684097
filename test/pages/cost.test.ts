import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { assumed } from '../../pages/cost/assumptions.ts';
import { countsOf, retriedCountsOf, type Counts, type RetriedCounts } from '../../pages/cost/counts.ts';
import { deploymentOf } from '../../pages/cost/deployment.ts';
import { goals, MILLION } from '../../pages/cost/goals.ts';
import { PRICES, totalUsd } from '../../pages/cost/prices.ts';
import { templateOf } from '../../pages/template.ts';

const DEPLOYMENT = deploymentOf(templateOf());
/** As a trickle, this number of emails takes 259 seconds. At ten a second, it takes ten. */
const EMAILS = 100;
/** Emails of a trickle that are sent in one batching window of tally. */
const EMAILS_PER_WINDOW = (DEPLOYMENT.tallyWindowSeconds * MILLION) / assumed('monthSeconds');

/** The goals that are missed, each with the reason. The test fails when one of them is met, so that the list stays true. */
const MISSED: Readonly<Record<string, string>> = {
  'a million webhooks that need one retry, 100 at once':
    'Each failure is one write of the endpoint. A hundred failures open the breaker, and two executions of Recover follow.',
  'a million emails, burst':
    'API Gateway takes $3.50. Storing two events takes $7.13, and the function that waits for SES $1.36.',
  'a million emails, trickle':
    'Each of the two events is received, deleted, ingested and dispatched alone. Tally writes its counters once per shard and minute.',
};

describe('the counted usage', () => {
  let burst: Counts;
  let steady: Counts;
  let trickle: Counts;
  let retried: RetriedCounts;
  beforeAll(async () => {
    burst = await countsOf(DEPLOYMENT, { emails: EMAILS, pace: 'burst' });
    steady = await countsOf(DEPLOYMENT, { emails: EMAILS, pace: 'steady' });
    trickle = await countsOf(DEPLOYMENT, { emails: EMAILS, pace: 'trickle' });
    retried = await retriedCountsOf(DEPLOYMENT, { emails: 2 * EMAILS, together: EMAILS });
  }, 240_000);

  it('has three write units for each of the two events of an email, and three for a webhook', () => {
    // The rest is the counters of a batch, also by dimension, and the time of the last use of the key. A delayed event costs one unit
    // more, for the row of the first delay.
    expect(burst.email.get('dynamodb.write')).toBeGreaterThanOrEqual(6);
    // The counters by dimension may cost half a unit for each of the two events.
    expect(burst.email.get('dynamodb.write')).toBeLessThan(6.2 + 2 * 0.5);
    expect(burst.webhook.get('dynamodb.write')).toBeGreaterThanOrEqual(3);
    expect(burst.webhook.get('dynamodb.write')).toBeLessThan(3.1);
  });

  it('has, in a trickle, one transaction of two counters and a checkpoint per shard and window, and at most three units more per event for the counters by dimension', () => {
    const units = ((2 + 1) * 2 * assumed('streamShards')) / EMAILS_PER_WINDOW;
    const keyUsed = 2 / EMAILS;
    const email = (trickle.email.get('dynamodb.write') ?? 0) - 6 - keyUsed;
    const webhook = (trickle.webhook.get('dynamodb.write') ?? 0) - 3;
    // The emails of a window have three dimensions with one value, and go to several providers. Each value has two rows.
    expect(email).toBeGreaterThan(((2 + 2 * 4 + 1) * 2 * assumed('streamShards') * 0.8) / EMAILS_PER_WINDOW);
    expect(email).toBeLessThan(units + 2 * 3);
    // A shard may get no row in a window. The first and the last window are shorter than the others. So the limits are wide.
    // The same transaction also counts the attempts: two counters of the endpoint more.
    expect(webhook).toBeGreaterThan(((units * 2) / 3) * 0.8);
    expect(webhook).toBeLessThan(((units * 2) / 3) * 1.3);
  });

  it('has three SQS requests per message: one send, and a receive and a delete that a batch shares', () => {
    expect(burst.email.get('sqs.request')).toBeCloseTo(2 * (1 + 0.1 + 0.1));
    for (const { email } of [steady, trickle]) expect(email.get('sqs.request')).toBeCloseTo(2 * 3);
  });

  it('has one decrypted secret per five minutes, and one read of the endpoint per group', () => {
    expect(trickle.webhook.get('kms.request')).toBeCloseTo(1 / EMAILS);
    expect(trickle.webhook.get('dynamodb.read')).toBeCloseTo(1);
    expect(burst.webhook.get('dynamodb.read')).toBeCloseTo(1 / EMAILS);
  });

  it('has one Express execution and one invocation of deliver per group, and no Standard execution', () => {
    expect(burst.webhook.get('stepFunctions.express')).toBeCloseTo(1 / EMAILS);
    expect(trickle.webhook.get('stepFunctions.express')).toBe(1);
    expect(steady.webhook.get('stepFunctions.express')).toBeGreaterThan(0.5);
    expect(steady.webhook.get('stepFunctions.express')).toBeLessThanOrEqual(1);
    for (const { webhook, executionsPerWebhook } of [burst, steady, trickle]) {
      expect(executionsPerWebhook).toBeCloseTo(webhook.get('stepFunctions.express') ?? 0);
      expect(webhook.has('stepFunctions.transition')).toBe(false);
    }
  });

  it('has 20 requests in flight in a group, so a group of 100 waits five times for the receiver', () => {
    expect([burst.mostInFlight, trickle.mostInFlight]).toEqual([20, 1]);
    const seconds = (burst.webhook.get('lambda.gbSecond') ?? 0) / (DEPLOYMENT.memoryMb.deliver / 1024);
    const waits = (5 * assumed('receiverMs')) / 1000;
    const processing = (EMAILS * assumed('deliveryMs')) / 1000;
    expect(seconds * EMAILS).toBeGreaterThan(waits + processing);
    expect(seconds * EMAILS).toBeLessThan((waits + processing) * 1.25);
  });

  it('has one Standard execution for all retries of a group: start, Wait, Attempt, Choose, Done', () => {
    expect(retried.together.redeliverTransitions).toBeCloseTo(5 / EMAILS);
    // A hundred failures open the breaker. Its command and the command of the drain start one execution of Recover each.
    expect(retried.together.recoverTransitions).toBeCloseTo((2 * 8) / EMAILS);
    expect(retried.together.usage.get('stepFunctions.transition')).toBeCloseTo((5 + 2 * 8) / EMAILS);
    expect(retried.alone.get('stepFunctions.transition')).toBeCloseTo(5);
  });

  it('has log lines for each invocation, of less than a kilobyte together', () => {
    for (const { email, webhook } of [burst, trickle])
      for (const usage of [email, webhook]) {
        const bytes = (usage.get('cloudwatch.logs') ?? 0) * 1e9;
        const invocations = usage.get('lambda.request') ?? 0;
        expect(bytes / invocations).toBeGreaterThan(150);
        expect(bytes / invocations).toBeLessThan(1024);
      }
  });

  it('meets each goal that is not listed as missed', () => {
    const figures = goals({ counts: { burst, steady, trickle }, retried });
    const missed = figures.filter(({ value, limit }) => value > limit).map(({ figure }) => figure);
    expect(missed.toSorted()).toEqual(Object.keys(MISSED).toSorted());
  });
});

it('a price is in dollars per quantity, and names its source', () => {
  expect(totalUsd(new Map([['stepFunctions.transition', 40_000] as const]))).toBeCloseTo(1);
  for (const { usd, per, source, seen } of Object.values(PRICES)) {
    expect(usd).toBeGreaterThanOrEqual(0);
    expect(per).toBeGreaterThan(0);
    expect(source).toMatch(/^https:\/\/[a-z.]*aws\.amazon\.com\//);
    expect(seen).not.toBe('');
  }
});

it('docs/generated/cost.md is current: run npm run cost', () => {
  const page = execFileSync('npm', ['run', '--silent', 'cost', '--', '--print'], { encoding: 'utf8' });
  expect(page).toContain('## A month without email');
  expect(
    readFileSync('docs/generated/cost.md', 'utf8') === page,
    'docs/generated/cost.md is out of date',
  ).toBe(true);
});
