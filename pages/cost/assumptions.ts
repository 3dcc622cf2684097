/** What cannot be counted here, and is taken to be so: each with its reason, as the page has it. */
export interface Assumption {
  readonly value: number;
  readonly unit: string;
  readonly what: string;
  readonly why: string;
}

const HOURS = 24 * 30;

export const ASSUMED = {
  monthSeconds: { value: HOURS * 3600, unit: 's', what: 'a month', why: '30 days' },
  awsCallMs: {
    value: 6,
    unit: 'ms',
    what: 'a call to AWS within an invocation, as if one came after the other',
    why: 'some milliseconds of waiting where it is alone; where many go side by side, the milliseconds of a third of a CPU that each takes (`bench/latest.json`: 179 µs a row of a full CPU for the SDK alone)',
  },
  recordMs: {
    value: 1.6,
    unit: 'ms',
    what: 'a message or stream record within an invocation, beside its calls',
    why: '`bench/latest.json` of 24 November 2026: 455 µs of a full CPU for an SES event; 512 MB are 0.29 of one',
  },
  requestMs: {
    value: 10,
    unit: 'ms',
    what: 'the api function’s own work on a request, beside its calls',
    why: 'not measured on Lambda; 1,024 MB are 0.58 of a CPU',
  },
  sesMs: {
    value: 80,
    unit: 'ms',
    what: 'SES takes a mail',
    why: 'unverified; ten milliseconds more are $0.13 a million mails',
  },
  receiverMs: {
    value: 150,
    unit: 'ms',
    what: 'a receiver answers a webhook',
    why: 'ten milliseconds more are $0.07 a million webhooks',
  },
  machineMs: {
    value: 50,
    unit: 'ms',
    what: 'an Express execution, beside its tasks',
    why: 'unverified; what is billed is rounded up to 100 ms',
  },
  pollers: {
    value: 5,
    unit: '',
    what: 'connections on which Lambda polls an idle queue',
    why: 'https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html',
  },
  keyCallers: {
    value: 6,
    unit: '',
    what: 'functions for which DynamoDB asks KMS for the table’s key every 5 minutes, while there is mail at all times',
    why: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html; requests for that key are paid for, the key is not',
  },
  answerHeaderBytes: {
    value: 500,
    unit: 'bytes',
    what: 'headers of an answer of the API',
    why: 'not counted',
  },
  tlsBytes: {
    value: 1000,
    unit: 'bytes',
    what: 'our side of a TLS handshake, one for each webhook',
    why: 'none where the connection is still open; not counted',
  },
  rowBytes: {
    value: 100,
    unit: 'bytes',
    what: 'what DynamoDB adds to each stored item, in the table and in each index',
    why: 'https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html',
  },
  retentionMonths: { value: 3, unit: 'months', what: 'a row is kept', why: '`retentionDays` is 90' },
  logMonths: { value: 1, unit: 'months', what: 'a log line is kept', why: '`lib/ivy-function.ts`' },
  sampledShare: {
    value: 0.05,
    unit: '',
    what: 'executions that X-Ray records in a burst; one by one it records all',
    why: 'its default rule: the first of each second, and a twentieth of the rest',
  },
} as const satisfies Readonly<Record<string, Assumption>>;

export function assumed(name: keyof typeof ASSUMED): number {
  return ASSUMED[name].value;
}
