import { bundle } from './bundle.ts';
import { median, type Figure } from './figure.ts';
import { start } from './process.ts';

/** CPU of a webhook over that of a bare signed POST, both in one process, in turn. */
export async function webhookCost(directory: string): Promise<readonly Figure[]> {
  const receiver = await start<{ port: number }>(
    await bundle(directory, 'fake-aws', { file: 'bench/fake-aws.ts' }),
    {},
  );
  const url = `http://127.0.0.1:${receiver.first.port}/hook`;
  const aws = await start<{ port: number }>(
    await bundle(directory, 'fake-aws', { file: 'bench/fake-aws.ts' }),
    {
      WEBHOOK_URL: url,
    },
  );
  const worker = await start<Record<'bare' | 'webhook' | 'whole', number[]>>(
    await bundle(directory, 'webhook-worker', { file: 'bench/webhook-worker.ts' }),
    {
      WEBHOOK_URL: url,
      AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.first.port}`,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'bench',
      AWS_SECRET_ACCESS_KEY: 'bench',
    },
  );
  receiver.child.disconnect();
  aws.child.disconnect();

  const bare = median(worker.first.bare);
  const webhook = median(worker.first.webhook);
  const whole = median(worker.first.whole);
  return [
    {
      name: 'CPU per webhook (payload, signature, guard, request) over a bare signed node:http POST',
      value: webhook / bare,
      goal: 1.4,
      unit: '×',
      how: `${webhook.toFixed(0)} µs over ${bare.toFixed(0)} µs, 32 in flight, keep-alive`,
    },
    {
      name: 'CPU per delivery, its seven AWS calls included, over the same POST',
      value: whole / bare,
      unit: '×',
      how: `${whole.toFixed(0)} µs over ${bare.toFixed(0)} µs`,
    },
  ];
}
