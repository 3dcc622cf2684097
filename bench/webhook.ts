import { bundle } from './bundle.ts';
import { median, type Figure } from './figure.ts';
import { firstMessage, sendMessage, start } from './process.ts';

/** CPU times in µs, one per round. */
interface WorkerReport {
  readonly bare: readonly number[];
  readonly webhook: readonly number[];
  /** Per delivery. */
  readonly delivery: readonly number[];
  /** The number of deliveries in all rounds. */
  readonly deliveries: number;
}

/** The CPU time of a webhook divided by that of a bare signed POST. Both run in one process, alternating. */
export async function webhookCost(directory: string): Promise<readonly Figure[]> {
  const awsStub = await bundle(directory, 'aws-stub', { file: 'bench/aws-stub-process.ts' });
  const receiver = start(awsStub, {});
  const url = `http://127.0.0.1:${(await firstMessage<{ port: number }>(receiver)).port}/hook`;
  const aws = start(awsStub, { WEBHOOK_URL: url });
  const { port } = await firstMessage<{ port: number }>(aws);
  const worker = start(await bundle(directory, 'webhook-worker', { file: 'bench/webhook-worker.ts' }), {
    WEBHOOK_URL: url,
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
  });
  const report = await firstMessage<WorkerReport>(worker);
  const { counts } = await sendMessage<{ counts: Record<string, number> }>(aws.child, 'counts');
  receiver.child.disconnect();
  aws.child.disconnect();

  const bare = median(report.bare);
  const webhook = median(report.webhook);
  const delivery = median(report.delivery);
  return [
    {
      name: 'CPU per webhook (payload, signature, guard, request) over a bare signed node:http POST',
      value: webhook / bare,
      goal: 1.4,
      unit: '×',
      how: `${webhook.toFixed(0)} µs over ${bare.toFixed(0)} µs, 20 in flight, keep-alive`,
    },
    {
      name: 'CPU per delivery in a group of 100, with its AWS calls, over the same POST',
      value: delivery / bare,
      goal: 6,
      unit: '×',
      how: `${delivery.toFixed(0)} µs over ${bare.toFixed(0)} µs, the deliver function with the events in its input`,
    },
    {
      name: 'AWS calls of the deliver function per delivery in a group of 100',
      value: Object.values(counts).reduce((sum, count) => sum + count, 0) / report.deliveries,
      goal: 2.2,
      unit: 'calls',
      how: `${JSON.stringify(counts)} for ${report.deliveries} deliveries`,
    },
  ];
}
