/** The values that this measurement cannot count, and so assumes. The cost page shows each value with its reason. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly description: string;
  readonly reason: string;
}

const HOURS = 24 * 30;

export const ASSUMED = {
  monthSeconds: { value: HOURS * 3600, unit: 's', description: 'length of a month', reason: '30 days' },
  awsCallMs: {
    value: 6,
    unit: 'ms',
    description: 'duration of a call to AWS within an invocation, if the calls run one after the other',
    reason:
      'A single call waits for some milliseconds. Parallel calls wait at the same time, but each takes some milliseconds of a third of a CPU. `bench/latest.json` states 179 µs of a full CPU per row for the SDK alone.',
  },
  recordMs: {
    value: 1.6,
    unit: 'ms',
    description:
      'processing time of a message or stream record within an invocation, without its calls to AWS',
    reason:
      '`bench/latest.json` of 24 November 2026 states 455 µs of a full CPU per SES event. A function with 512 MB has 0.29 of a CPU.',
  },
  deliveryMs: {
    value: 5,
    unit: 'ms',
    description: 'processing time of a webhook in the deliver function, without its calls to AWS',
    reason:
      '`bench/latest.json` of 29 November 2026 states 261 µs of a full CPU, over plain HTTP. TLS handshakes are not measured. A function with 512 MB has 0.29 of a CPU.',
  },
  requestMs: {
    value: 10,
    unit: 'ms',
    description: 'processing time of a request in the api function, without its calls to AWS',
    reason: 'Not measured on Lambda. A function with 1,024 MB has 0.58 of a CPU.',
  },
  sesMs: {
    value: 80,
    unit: 'ms',
    description: 'duration of a call that sends an email through SES',
    reason: 'Unverified. Ten milliseconds more add $0.13 per million emails.',
  },
  receiverMs: {
    value: 150,
    unit: 'ms',
    description: 'response time of a webhook receiver',
    reason: 'Not measured. Ten milliseconds more add $0.07 per million webhooks.',
  },
  streamShards: {
    value: 4,
    unit: '',
    description: 'shards of the table’s stream, over which the rows are spread by their partition key',
    reason:
      'A new on-demand table accepts 4,000 write units a second, and one partition accepts 1,000: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html. Each partition has a shard.',
  },
  streamPollMs: {
    value: 250,
    unit: 'ms',
    description: 'interval at which Lambda polls a shard of the stream',
    reason: 'https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html',
  },
  machineMs: {
    value: 50,
    unit: 'ms',
    description: 'duration of an Express execution, without its tasks',
    reason: 'Unverified. AWS rounds the billed duration up to 100 ms.',
  },
  pollers: {
    value: 5,
    unit: '',
    description: 'connections on which Lambda polls an idle queue',
    reason: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html',
  },
  keyCallers: {
    value: 6,
    unit: '',
    description:
      'functions for which DynamoDB requests the table’s key from KMS every 5 minutes, under constant traffic',
    reason:
      'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html. AWS bills the requests for this key, but not the key.',
  },
  responseHeaderBytes: {
    value: 500,
    unit: 'bytes',
    description: 'size of the headers of an API response',
    reason: 'Not measured.',
  },
  tlsBytes: {
    value: 1000,
    unit: 'bytes',
    description: 'bytes sent in a TLS handshake, one handshake per webhook',
    reason: 'Not measured. A webhook on an open connection needs no handshake.',
  },
  rowBytes: {
    value: 100,
    unit: 'bytes',
    description: 'overhead of DynamoDB per stored item, in the table and in each index',
    reason: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html',
  },
  retentionMonths: {
    value: 3,
    unit: 'months',
    description: 'retention of a row',
    reason: 'The default of `retentionDays` is 90.',
  },
  logMonths: {
    value: 1,
    unit: 'month',
    description: 'retention of a log line',
    reason: '`lib/ivy-function.ts` sets it.',
  },
  sampledShare: {
    value: 0.05,
    unit: '',
    description:
      'with the option `tracing`: share of the executions that X-Ray records in a burst (in a trickle, X-Ray records every execution)',
    reason: 'The default sampling rule records the first execution of each second, and 5% of the others.',
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export function assumed(name: keyof typeof ASSUMED): number {
  return ASSUMED[name].value;
}
