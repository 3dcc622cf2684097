import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { countsOf, type Counts } from '../../pages/cost/counts.ts';
import type { Deployment } from '../../pages/cost/deployment.ts';
import { PRICES, totalUsd } from '../../pages/cost/prices.ts';

const DEPLOYMENT: Deployment = {
  memoryMb: { api: 1024, authorizer: 512, ingest: 512, dispatch: 512, deliver: 512, tally: 512 },
  batchSize: { ingest: 10, dispatch: 100, tally: 1000 },
  isTraced: true,
};
/** As a trickle, this number of emails takes 259 seconds. */
const EMAILS = 100;

describe('the counted usage', () => {
  let burst: Counts;
  let trickle: Counts;
  beforeAll(async () => {
    burst = await countsOf(DEPLOYMENT, { emails: EMAILS, pace: 'burst' });
    trickle = await countsOf(DEPLOYMENT, { emails: EMAILS, pace: 'trickle' });
  }, 120_000);

  it('has three write units for each of the two events of an email, and six for a webhook', () => {
    // The rest is the counters of a batch, and the time of the last use of the key.
    expect(burst.email.get('dynamodb.write')).toBeGreaterThanOrEqual(6);
    expect(burst.email.get('dynamodb.write')).toBeLessThan(6.2);
    expect(burst.webhook.get('dynamodb.write')).toBeGreaterThanOrEqual(6);
    expect(burst.webhook.get('dynamodb.write')).toBeLessThan(6.2);
  });

  it('has, in a trickle, one transaction of two counters and a checkpoint per row', () => {
    const keyUsed = 2 / EMAILS;
    expect(trickle.email.get('dynamodb.write')).toBeCloseTo(6 + 2 * 6 + keyUsed);
    expect(trickle.webhook.get('dynamodb.write')).toBeCloseTo(6 + 6);
  });

  it('has three SQS requests per message: one send, and a receive and a delete that a batch shares', () => {
    expect(burst.email.get('sqs.request')).toBeCloseTo(2 * (1 + 0.1 + 0.1));
    expect(trickle.email.get('sqs.request')).toBeCloseTo(2 * 3);
  });

  it('has one decrypted secret per five minutes, and one read of the API key per minute', () => {
    expect(trickle.webhook.get('kms.request')).toBeCloseTo(1 / EMAILS);
    const authorizerApiAndPipeline = 1 + 1 + 2 + 2 + 2 * 2;
    expect(trickle.email.get('lambda.request')).toBeCloseTo(authorizerApiAndPipeline);
    // Besides the read of the key: one read of the suppression list, and two reads of tally for each of two rows. The trickle takes five minutes.
    const keyReads = 5 / EMAILS;
    expect(trickle.email.get('dynamodb.read')).toBeCloseTo(1 + 2 * 2 + keyReads, 5);
  });

  it('has one Express execution per webhook, and five Standard transitions more if the first attempt fails', () => {
    expect(burst.webhook.get('stepFunctions.express')).toBe(1);
    expect(burst.webhook.has('stepFunctions.transition')).toBe(false);
    // The transitions: start, Wait, Attempt, Choose, Done.
    expect(burst.retriedWebhook.get('stepFunctions.transition')).toBe(5);
    expect(burst.retriedWebhook.get('lambda.request')).toBeGreaterThanOrEqual(2);
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
