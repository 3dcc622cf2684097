import { normalize } from '../lambdas/ingest/normalize.ts';
import { DEFAULT_WORKSPACE_ID } from '../lambdas/core/ids.ts';
import { packRawEvent, rawContext } from '../lambdas/core/raw-event.ts';
import { eventRows } from '../lambdas/store/event-rows.ts';
import type { Row } from '../lambdas/store/table.ts';
import { ENV } from '../lambdas/core/env.ts';
import { writeUnits } from '../sim/capacity.ts';
import { randomSesEvents } from '../sim/ses/random-events.ts';
import { bundle } from './bundle.ts';
import { median, type Figure } from './figure.ts';
import { sendMessage, ended, firstMessage, start } from './process.ts';

interface WorkerReport {
  readonly ingestUs: number;
  readonly sdkUs: number;
  readonly parseUs: number;
  readonly events: number;
  readonly batches: number;
  readonly bareCalls: number;
}

/** CPU, AWS calls and log bytes of the ingest handler. It runs in its own process, with a DynamoDB that responds immediately. */
export async function ingestCost(directory: string): Promise<readonly Figure[]> {
  const stub = start(await bundle(directory, 'aws-stub', { file: 'bench/aws-stub-process.ts' }), {});
  const { port } = await firstMessage<{ port: number }>(stub);
  const worker = start(await bundle(directory, 'ingest-worker', { file: 'bench/ingest-worker.ts' }), {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    [ENV.tableName]: 'table',
    [ENV.retentionDays]: '90',
    [ENV.metricsNamespace]: 'IvyMail/Stack',
    [ENV.topicArn]: 'arn:aws:sns:us-east-1:000000000000:topic',
  });
  const report = await firstMessage<WorkerReport>(worker);
  await ended(worker.child);
  const { counts } = await sendMessage<{ counts: Record<string, number> }>(stub.child, 'counts');
  stub.child.disconnect();

  const { ingestUs, sdkUs, parseUs, events, batches } = report;
  // The SDK calls of the comparison are not calls of the handler.
  const calls = Object.values(counts).reduce((sum, count) => sum + count, 0) - report.bareCalls;
  const logBytes = Buffer.byteLength(worker.stdout().split('MEASURED\n').at(-1) ?? '');
  return [
    {
      name: 'CPU per ingested event at batch 10 over JSON.parse of it',
      value: ingestUs / parseUs,
      goal: 20,
      unit: '×',
      how: `${ingestUs.toFixed(0)} µs over ${parseUs.toFixed(1)} µs, ${events} events, SDK included`,
    },
    {
      name: 'the same without the cost of a bare BatchWriteCommand with the same rows',
      value: (ingestUs - sdkUs) / parseUs,
      goal: 20,
      unit: '×',
      how: `${(ingestUs - sdkUs).toFixed(0)} µs; the SDK's call alone ${sdkUs.toFixed(0)} µs`,
    },
    {
      name: 'AWS calls per event at batch 10',
      value: calls / (batches * 10),
      goal: 0.12,
      unit: 'calls',
      how: JSON.stringify(counts),
    },
    {
      name: 'log bytes per event of ingest at batch 10',
      value: logBytes / events,
      goal: 100,
      unit: 'bytes',
      how: `${logBytes} bytes for ${events} events`,
    },
  ];
}

/** The write units of new rows, index writes included. */
function writeUnitsOf(rows: readonly Row[]): number {
  return rows.reduce((sum, row) => sum + writeUnits(undefined, row), 0);
}

/** Figures of stored events. The sample events are not those from which the compression dictionary was built. */
export function storedFigures(): readonly Figure[] {
  const stored = randomSesEvents({ seed: 11, count: 5_000, recipients: 1 }).map((ses) => {
    const text = JSON.stringify(ses);
    const [event] = normalize(ses).events.map((each) => ({ ...each, workspace_id: DEFAULT_WORKSPACE_ID }));
    if (!event) throw new Error('An SES event makes at least one event');
    const packed = packRawEvent(text, rawContext(event)).byteLength;
    const rows = eventRows([event], { retentionDays: 90, receivedAtMs: 0 }, text);
    return {
      type: ses.eventType,
      units: writeUnitsOf(rows),
      share: packed / Buffer.byteLength(text),
      packed,
    };
  });
  const over = stored.filter((each) => each.units > 3).length / stored.length;
  const types = [...Map.groupBy(stored, (each) => each.type)].map(
    ([type, each]) => `${type} ${median(each.map(({ packed }) => packed)).toFixed(0)}`,
  );
  return [
    {
      name: 'write units per stored event of one recipient, including the raw event',
      value: stored.reduce((sum, each) => sum + each.units, 0) / stored.length,
      goal: 3,
      unit: 'units',
      how: `mean of ${stored.length} events of all types; ${(over * 100).toFixed(1)} % need more than 3`,
    },
    {
      name: 'stored bytes of the raw event over its original bytes',
      value: median(stored.map((each) => each.share)),
      unit: '×',
      how: `median; bytes by type: ${types.join(', ')}`,
    },
  ];
}
