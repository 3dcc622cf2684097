/** A burst of events for receivers that fail and hang, on a local stack of its own, whose first retry comes after a minute. */
import { onTestFinished, expect, it } from 'vitest';
import { randomUUID } from 'node:crypto';
import { isProcessAlive } from '../../admin/stack-file.ts';
import { startApiProbe } from '../../bench/api-probe.ts';
import { emulatorProcesses, watchLambdaProcesses } from '../../bench/lambda-processes.ts';
import { startReceivers, type ReceiverBehavior } from '../../bench/receivers.ts';
import { startLocalStack } from '../../local/stack.ts';
import { createTopic } from '../../local/topic.ts';
import { deliveryEvent, sesMessageId, type SesEvent } from '../../sim/ses/events.ts';
import { until } from '../time.ts';
import { checkLogs } from './logs.ts';

const EVENTS = 200;
const FAILING: Readonly<Record<string, ReceiverBehavior>> = {
  'fails-1': 'fails',
  'fails-2': 'fails',
  'fails-3': 'fails',
  'hangs-1': 'hangs',
  'hangs-2': 'hangs',
  'hangs-3': 'hangs',
};
const MOST_LAMBDA_PROCESSES = 24;

interface DeliveryEntry {
  readonly attempt_count: number;
  readonly next_attempt_at?: string;
}

function newEvent(configurationSet: string): SesEvent {
  const nowMs = Date.now();
  const to = [`recipient-${randomUUID()}@customers.example.com`];
  const email = {
    messageId: sesMessageId(nowMs, randomUUID()),
    acceptedAtMs: nowMs,
    source: 'noreply@mail.fjord-travel.no',
    to,
    subject: 'Your order is on its way',
    configurationSet,
    operation: 'SendEmail' as const,
  };
  return deliveryEvent(email, to, nowMs);
}

/** Starts a stack with the retries of a deployment. Its other waits are short, so that a throttled invocation is soon repeated. */
async function startStack() {
  const running = await startLocalStack({ seed: false, quiet: true, retryScale: 1, waitScale: 0.02 });
  onTestFinished(() => running.stop());
  const { stack } = running;
  async function api<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await fetch(`${stack.base_url}${path}`, {
      method,
      headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    expect(response.status).toBeLessThan(300);
    return (await response.json()) as T;
  }
  return { stack, api, stop: () => running.stop() };
}

it('a burst for one healthy and six failing receivers reaches the healthy one before the first retry is due', async () => {
  const receivers = await startReceivers();
  onTestFinished(() => receivers.close());
  const { stack, api, stop } = await startStack();
  const createEndpoint = async (name: string, behavior: ReceiverBehavior): Promise<string> => {
    const url = receivers.urlOf(name, behavior);
    return (await api<{ id: string }>('POST', '/v1/webhooks', { url, events: ['delivered'] })).id;
  };
  await createEndpoint('healthy', 'accepts');
  const failingIds: string[] = [];
  for (const [name, behavior] of Object.entries(FAILING))
    failingIds.push(await createEndpoint(name, behavior));

  const processes = watchLambdaProcesses(stack.pid);
  const probe = startApiProbe({ baseUrl: stack.base_url, apiKey: stack.api_key, oneAtATime: true });
  const topic = createTopic(stack.aws_endpoint_url, stack.topic_arn);
  await topic.publishAll(Array.from({ length: EVENTS }, () => newEvent(stack.configuration_set)));
  await until(`${EVENTS} webhooks at the healthy receiver`, () =>
    receivers.received('healthy') === EVENTS ? true : undefined,
  );
  // The failing receivers keep the stack busy until each of them has a retry to wait for.
  await until('a failed delivery of each failing receiver', () =>
    Object.keys(FAILING).every((name) => receivers.received(name) > 0) ? true : undefined,
  );
  const deliveries = await until('the time of a first retry', async () => {
    const pages = await Promise.all(
      failingIds.map((id) =>
        api<{ data: DeliveryEntry[] }>('GET', `/v1/webhooks/${id}/deliveries?status=retrying&limit=100`),
      ),
    );
    const found = pages.flatMap(({ data }) => data);
    return found.length > 0 ? found : undefined;
  });

  const healthyMs = Math.max(...receivers.times('healthy').map(([first = Infinity]) => first));
  const firstRetriesMs = [
    ...deliveries
      .filter(({ attempt_count: attempts }) => attempts === 1)
      .map(({ next_attempt_at: at = '' }) => Date.parse(at)),
    ...Object.keys(FAILING).flatMap((name) => receivers.times(name).flatMap(([, second]) => second ?? [])),
  ];
  expect(firstRetriesMs.length).toBeGreaterThan(0);
  expect(healthyMs).toBeLessThan(Math.min(...firstRetriesMs));
  // No webhook to the healthy receiver was repeated.
  expect(receivers.times('healthy').filter((times) => times.length > 1)).toEqual([]);

  const { errors, requests } = await probe.stop();
  expect(requests).toBeGreaterThan(0);
  expect(errors).toBe(0);
  expect(await processes.stop()).toBeLessThanOrEqual(MOST_LAMBDA_PROCESSES);
  expect(await checkLogs(stack.aws_endpoint_url)).toBeGreaterThan(0);

  const { emulator, workers } = await emulatorProcesses(stack.pid);
  await stop();
  // A killed process needs a moment to end on a busy machine.
  await until('the end of every process', () =>
    [...emulator, ...workers].some(isProcessAlive) ? undefined : true,
  );
});
