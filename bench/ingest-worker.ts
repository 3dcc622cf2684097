/** The measured process: the deployed ingest handler with batches of ten SES events, in the form of SNS raw delivery. */
import { BatchWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { SQSEvent } from 'aws-lambda';
import { ENV } from '../lambdas/core/env.ts';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { normalize } from '../lambdas/ingest/normalize.ts';
import type { JsonObject } from '../lambdas/core/json.ts';
import { handler } from '../lambdas/handlers/ingest.ts';
import { eventRows } from '../lambdas/store/event-rows.ts';
import { createTable, type Row } from '../lambdas/store/table.ts';
import { sqsRecord } from '../sim/builders/lambda-events.ts';
import { randomSesEvents } from '../sim/ses/random-events.ts';

const BATCH = 10;
const BATCHES = 2000;
const WARM_UP = 600;

const SENT_MS = Date.parse('2026-11-01T00:00:00Z');

/** Events with one recipient each, because the goals are per such event. */
const bodies = randomSesEvents({ seed: 7, count: BATCH * (BATCHES + WARM_UP), recipients: 1 }).map((ses) =>
  JSON.stringify(ses),
);
const batches: SQSEvent[] = Array.from({ length: BATCHES + WARM_UP }, (_, batch) => ({
  Records: bodies
    .slice(batch * BATCH, (batch + 1) * BATCH)
    .map((body, index) => sqsRecord(`message-${batch * BATCH + index}`, body, SENT_MS)),
}));

async function run(slice: readonly SQSEvent[]): Promise<void> {
  for (const batch of slice) {
    const { batchItemFailures } = await handler(batch);
    if (batchItemFailures.length > 0) throw new Error(`${batchItemFailures.length} messages failed`);
  }
}

function rowOf(body: string): Row {
  const [event] = normalize(JSON.parse(body) as JsonObject).events;
  if (!event) throw new Error('An SES event makes at least one event');
  const [row] = eventRows(
    [{ ...event, workspace_id: DEFAULT_WORKSPACE_ID }],
    { retentionDays: 90, receivedAtMs: 0 },
    body,
  );
  if (!row) throw new Error('An event makes at least one row');
  return row;
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

/** The SDK call alone with the same rows. This is the cost that our code cannot reduce. */
const table = createTable(process.env[ENV.tableName] ?? '');
const writes = batches.slice(WARM_UP).map(
  ({ Records }) =>
    new BatchWriteCommand({
      RequestItems: {
        [table.name]: Records.map(({ body }) => ({ PutRequest: { Item: rowOf(body) } })),
      },
    }),
);
const beforeWrites = process.cpuUsage();
for (const write of writes) {
  await table.client.send(write);
}
const sdkUs = cpuUs(beforeWrites) / (BATCH * BATCHES);

// The unit of comparison: JSON.parse of the same texts, in the same process, equally warmed up.
const measured = bodies.slice(BATCH * WARM_UP);
let parsed = 0;
for (const body of measured) parsed += Object.keys(JSON.parse(body) as object).length;
const beforeParse = process.cpuUsage();
const ROUNDS = 20;
for (let round = 0; round < ROUNDS; round += 1) {
  for (const body of measured) parsed += Object.keys(JSON.parse(body) as object).length;
}
const parseUs = cpuUs(beforeParse) / (ROUNDS * measured.length);
process.send?.(
  {
    ingestUs,
    sdkUs,
    parseUs,
    events: measured.length,
    batches: BATCHES + WARM_UP,
    bareCalls: BATCHES,
    parsed,
  },
  () => process.disconnect(),
);
