import type { SNSClient } from '@aws-sdk/client-sns';
import { HttpRequest } from '@smithy/core/protocols';

/** A metric of CloudWatch. Its statistic is the average. */
export interface MetricName {
  readonly namespace: string;
  readonly name: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Reads the latest value of each metric. Undefined for a metric without a value in the last days. */
export type ReadMetrics = (metrics: readonly MetricName[]) => Promise<readonly (number | undefined)[]>;

const DAYS = 3;
const DAY_SECONDS = 86_400;
const PERIOD_SECONDS = 3600;
const TIMEOUT_MS = 10_000;

export interface CloudWatchAccess {
  /** Any SDK client of the account. Only its region, its credentials and its signer are used. */
  readonly client: Pick<SNSClient, 'config'>;
  /** Base URL. Default: CloudWatch in the region of the client. */
  readonly endpoint?: string | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

function endpointOf(region: string): string {
  return `https://monitoring.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

function queryOf(metric: MetricName, index: number) {
  const dimensions = Object.entries(metric.dimensions ?? {});
  return {
    Id: `m${index}`,
    MetricStat: {
      Metric: {
        Namespace: metric.namespace,
        MetricName: metric.name,
        Dimensions: dimensions.map(([Name, Value]) => ({ Name, Value })),
      },
      Period: PERIOD_SECONDS,
      Stat: 'Average',
    },
  };
}

/** The endpoint that the environment sets for CloudWatch. The SDK clients read the same variables. */
export function endpointOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return environment['AWS_ENDPOINT_URL_CLOUDWATCH'] ?? environment['AWS_ENDPOINT_URL'];
}

interface GetMetricDataResponse {
  readonly MetricDataResults?: readonly { readonly Id?: string; readonly Values?: readonly number[] }[];
}

/** An error with the name that CloudWatch returns, so that a missing permission is recognized. */
function errorOf(status: number, text: string): Error {
  let body: { readonly __type?: string; readonly message?: string; readonly Message?: string } = {};
  try {
    body = JSON.parse(text) as typeof body;
  } catch {
    // A proxy can respond with HTML.
  }
  const { __type: type, message = body.Message ?? `CloudWatch responded with ${status}` } = body;
  const name = type?.split('#').at(-1) ?? 'CloudWatchError';
  return Object.assign(new Error(message), { name });
}

/**
 * Reads metrics with one request, GetMetricData of the JSON protocol. The request is signed by the signer of another SDK client: the
 * SDK client of CloudWatch would be one more package, for one request of one command.
 */
export function createReadMetrics({ client, endpoint, now }: CloudWatchAccess): ReadMetrics {
  return async (metrics) => {
    const region = await client.config.region();
    const { protocol, hostname, port, host, href } = new URL(endpoint ?? endpointOf(region));
    const endSeconds = Math.floor(now() / 1000);
    const body = JSON.stringify({
      StartTime: endSeconds - DAYS * DAY_SECONDS,
      EndTime: endSeconds,
      ScanBy: 'TimestampDescending',
      MetricDataQueries: metrics.map(queryOf),
    });
    const headers = {
      host,
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.GetMetricData',
    };
    const request = new HttpRequest({
      method: 'POST',
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: '/',
      headers,
      body,
    });
    const signer = await client.config.signer({
      name: 'sigv4',
      signingName: 'monitoring',
      signingRegion: region,
      properties: {},
    });
    const signed = await signer.sign(request);
    const response = await fetch(href, {
      method: 'POST',
      headers: signed.headers,
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (!response.ok) throw errorOf(response.status, text);
    const { MetricDataResults: results = [] } = JSON.parse(text) as GetMetricDataResponse;
    const byId = new Map(results.map(({ Id, Values }) => [Id, Values?.[0]]));
    return metrics.map((_metric, index) => byId.get(`m${index}`));
  };
}
