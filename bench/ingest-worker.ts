/** The measured process: the ingest handler as deployed, fed batches of ten SES events as SNS's raw delivery gives them. */
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { handler } from '../lambdas/handlers/ingest.ts';
import { sesEvents } from '../test/fixtures/ses-events.ts';

const BATCH = 10;
const BATCHES = 400;
const WARM_UP = 60;

function record(body: string, index: number): SQSRecord {
  return {
    messageId: `message-${index}`,
    receiptHandle: 'handle',
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(Date.parse('2026-11-01T00:00:00Z')),
      SenderId: 'sender',
      ApproximateFirstReceiveTimestamp: '0',
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
    awsRegion: 'us-east-1',
  };
}

/** Events of one recipient each, as the ceilings speak of them. */
const bodies = sesEvents({ seed: 7, count: BATCH * (BATCHES + WARM_UP), recipients: 1 }).map((ses) =>
  JSON.stringify(ses),
);
const batches: SQSEvent[] = Array.from({ length: BATCHES + WARM_UP }, (_, batch) => ({
  Records: bodies
    .slice(batch * BATCH, (batch + 1) * BATCH)
    .map((body, index) => record(body, batch * BATCH + index)),
}));

async function run(slice: readonly SQSEvent[]): Promise<void> {
  for (const batch of slice) {
    // oxlint-disable-next-line no-await-in-loop -- a worker has one batch at a time
    const { batchItemFailures } = await handler(batch);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`);
  }
}

function cpuUs(since?: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return user + system;
}

await run(batches.slice(0, WARM_UP));
process.stdout.write('MEASURED\n');
const before = process.cpuUsage();
await run(batches.slice(WARM_UP));
const ingestUs = cpuUs(before) / (BATCH * BATCHES);

// The yardstick, in the same process, over the same texts, as warm.
const measured = bodies.slice(BATCH * WARM_UP);
let parsed = 0;
for (const body of measured) parsed += Object.keys(JSON.parse(body) as object).length;
const beforeParse = process.cpuUsage();
const ROUNDS = 20;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const body of measured) parsed += Object.keys(JSON.parse(body) as object).length;
}
const parseUs = cpuUs(beforeParse) / (ROUNDS * measured.length);
process.send?.({ ingestUs, parseUs, events: measured.length, batches: BATCHES + WARM_UP, parsed }, () =>
  process.disconnect(),
);
