/** The checks of doctor that compare SES with IvyMail Events: the price plan, and the reputation. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SNSClient } from '@aws-sdk/client-sns';
import { afterEach, describe, expect, it } from 'vitest';
import { runCheck } from '../../admin/checks.ts';
import { createReadMetrics, endpointOfEnvironment, type MetricName } from '../../admin/cloudwatch.ts';
import type { Deployment } from '../../admin/deployment.ts';
import { checkPricePlan } from '../../admin/price-plan.ts';
import { checkReputation } from '../../admin/reputation-check.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../lambdas/core/ids.ts';
import { intervalStart } from '../../lambdas/core/intervals.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import {
  KIND,
  dimensionCountersPartition,
  dimensionCountersSort,
  eventCountersPartition,
} from '../../lambdas/store/keys.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import { createWorkspace } from '../../lambdas/store/workspaces.ts';
import { createTestDeployment, errorNamed, simulatedClient } from './deployment.ts';

function planCheck(account: object) {
  const { deployment } = createTestDeployment({ ses: simulatedClient({ GetAccount: () => account }) });
  return checkPricePlan(deployment);
}

describe('the price plan', () => {
  it('is compared with sending alone at the volume of the last 24 hours', async () => {
    const found = await planCheck({
      PricingAttributes: { CurrentPlan: 'ESSENTIALS' },
      SendQuota: { SentLast24Hours: 100_000 },
    });
    expect(found.status).toBe('ok');
    expect(found.detail).toBe(
      'Essentials: $0.16 per 1,000 emails, with Virtual Deliverability Manager. At 100000 emails in 24 hours, that is $180.00 a month more than sending alone',
    );
    expect(found.advice).toContain('IvyMail Events replaces the part of Virtual Deliverability Manager');
    expect(found.advice).toContain('--plan NONE');
  });

  it('includes the monthly fee and a change at the end of the month', async () => {
    const { detail } = await planCheck({
      PricingAttributes: { CurrentPlan: 'PRO', NextPlan: 'ESSENTIALS' },
      SendQuota: { SentLast24Hours: 1_000 },
    });
    expect(detail).toContain('Pro: $0.22 per 1,000 emails and $105.00 a month');
    expect(detail).toContain('that is $108.60 a month more');
    expect(detail).toContain('The plan ESSENTIALS begins next month');
  });

  it('without a plan costs more only with Virtual Deliverability Manager', async () => {
    const none = { CurrentPlan: 'NONE' };
    expect(await planCheck({ PricingAttributes: none })).toEqual({
      status: 'ok',
      detail: 'no plan: $0.10 per 1,000 emails, with sending',
    });
    const vdm = await planCheck({
      PricingAttributes: none,
      VdmAttributes: { VdmEnabled: 'ENABLED' },
      SendQuota: { SentLast24Hours: 100_000 },
    });
    expect(vdm.detail).toContain('$0.17 per 1,000 emails');
    expect(vdm.detail).toContain('$210.00 a month more');
    expect(vdm.advice).not.toContain('--plan NONE');
  });

  it.each([
    [{}, 'SES did not return the price plan'],
    [{ PricingAttributes: { CurrentPlan: 'ULTRA' } }, 'the prices of the plan ULTRA are not known'],
  ])('is not checked if it cannot be read: %j', async (account, detail) => {
    expect(await planCheck(account)).toMatchObject({
      status: 'not_checked',
      detail: expect.stringContaining(detail) as unknown,
    });
  });
});

const OTHER = deterministicId('ws', ['other']);

/** A deployment with counters of today in two workspaces, of which half of the deliveries are to Gmail. */
async function reputationCheck(readMetrics: Deployment['readMetrics']) {
  const { deployment, table } = createTestDeployment({ readMetrics });
  await createWorkspace(table, { id: OTHER, name: 'other', created_at: '2026-01-01T00:00:00Z' });
  const start = formatTimestamp(intervalStart(Date.now(), 'day'));
  await putRows(
    table,
    [DEFAULT_WORKSPACE_ID, OTHER].flatMap((workspaceId) => [
      {
        pk: eventCountersPartition(workspaceId, 'day'),
        sk: start,
        kind: KIND.counters,
        sent: 1000,
        delivered: 800,
        bounced: 10,
        complained: 4,
      },
      {
        pk: dimensionCountersPartition(workspaceId, 'provider', 'day'),
        sk: dimensionCountersSort(start, 'gmail'),
        kind: KIND.dimensionCounters,
        delivered: 400,
      },
    ]),
  );
  return runCheck('SES reputation', () => checkReputation(deployment));
}

describe('the reputation', () => {
  it('shows the rates of the account and of the configuration set beside ours, with and without Gmail', async () => {
    const asked: MetricName[] = [];
    const found = await reputationCheck((metrics) => {
      asked.push(...metrics);
      return Promise.resolve([0.012, 0.00025, undefined, 0]);
    });
    expect(found).toMatchObject({
      status: 'ok',
      detail:
        'AWS, account: bounces 1.2 %, complaints 0.025 %; AWS, ours: bounces no number, complaints 0 %; ours of 30 days: bounces 1 %, complaints 0.5 % (1 % without Gmail)',
    });
    expect(found.advice).toContain('Gmail sends none');
    expect(asked.map(({ name, dimensions }) => [name, dimensions])).toEqual([
      ['Reputation.BounceRate', undefined],
      ['Reputation.ComplaintRate', undefined],
      ['Reputation.BounceRate', { 'ses:configuration-set': 'ours' }],
      ['Reputation.ComplaintRate', { 'ses:configuration-set': 'ours' }],
    ]);
  });

  it.each([
    [[0.05, 0], 'warning'],
    [[0, 0.001], 'warning'],
    [[0.0499, 0.000_99], 'ok'],
    [[undefined, undefined], 'ok'],
  ])('warns at the rates at which SES reviews an account: %j is %s', async (rates, status) => {
    expect(await reputationCheck(() => Promise.resolve(rates))).toMatchObject({ status });
  });

  it('shows our rates if the permission for CloudWatch is missing', async () => {
    const found = await reputationCheck(() => Promise.reject(errorNamed('AccessDenied')));
    expect(found.status).toBe('not_checked');
    expect(found.detail).toContain('AWS denied cloudwatch:GetMetricData; ours of 30 days: bounces 1 %');
  });

  it('shows our rates if CloudWatch does not respond', async () => {
    const found = await reputationCheck(() => Promise.reject(new Error('fetch failed')));
    expect(found.status).toBe('not_checked');
    expect(found.detail).toContain(
      'CloudWatch could not be read (fetch failed); ours of 30 days: bounces 1 %',
    );
  });

  it('shows no rate for a deployment that never sent', async () => {
    const found = await checkReputation(createTestDeployment().deployment);
    expect(found.detail).toContain('ours of 30 days: bounces no number, complaints no number');
  });
});

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: { readonly MetricDataQueries: readonly { readonly MetricStat: object }[] };
}

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** CloudWatch on loopback. */
async function startCloudWatch(status: number, response: string) {
  const received: Received[] = [];
  const server = createServer((request, out) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({
        headers: request.headers,
        body: JSON.parse(Buffer.concat(chunks).toString()) as Received['body'],
      });
      out.writeHead(status).end(response);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(() => server.close());
  const client = new SNSClient({
    region: 'eu-west-1',
    credentials: { accessKeyId: 'AKID', secretAccessKey: 'secret' },
  });
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { received, readMetrics: createReadMetrics({ client, endpoint, now: () => 1_800_000_000_000 }) };
}

describe('the reader of CloudWatch metrics', () => {
  const METRICS: readonly MetricName[] = [
    { namespace: 'AWS/SES', name: 'Reputation.BounceRate' },
    {
      namespace: 'AWS/SES',
      name: 'Reputation.BounceRate',
      dimensions: { 'ses:configuration-set': 'ours' },
    },
  ];

  it('signs one request for CloudWatch, and returns the latest value of each metric', async () => {
    const results = [
      { Id: 'm1', Values: [] },
      { Id: 'm0', Values: [0.02, 0.01] },
    ];
    const { received, readMetrics } = await startCloudWatch(
      200,
      JSON.stringify({ MetricDataResults: results }),
    );
    expect(await readMetrics(METRICS)).toEqual([0.02, undefined]);
    const [request] = received;
    expect(received).toHaveLength(1);
    expect(request?.headers).toMatchObject({
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/monitoring\//,
      ) as unknown,
    });
    expect(request?.body).toMatchObject({
      StartTime: 1_799_740_800,
      EndTime: 1_800_000_000,
      ScanBy: 'TimestampDescending',
    });
    expect(request?.body.MetricDataQueries[1]?.MetricStat).toMatchObject({
      Metric: { Dimensions: [{ Name: 'ses:configuration-set', Value: 'ours' }] },
    });
  });

  it('reads from the endpoint that the environment sets', () => {
    expect(endpointOfEnvironment({})).toBeUndefined();
    expect(endpointOfEnvironment({ AWS_ENDPOINT_URL: 'http://all' })).toBe('http://all');
    const both = { AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_CLOUDWATCH: 'http://one' };
    expect(endpointOfEnvironment(both)).toBe('http://one');
  });

  it.each([
    [
      403,
      JSON.stringify({ __type: 'com.amazon#AccessDeniedException', message: 'No' }),
      'AccessDeniedException',
      'No',
    ],
    [503, '<html>', 'CloudWatchError', 'CloudWatch responded with 503'],
  ])(
    'rejects a response with status %d by the name of its error',
    async (status, response, name, message) => {
      const { readMetrics } = await startCloudWatch(status, response);
      await expect(readMetrics(METRICS)).rejects.toMatchObject({ name, message });
    },
  );
});
