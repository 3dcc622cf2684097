import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { startLocalStack, type LocalStack } from '../local/stack.ts';
import { createTopic } from '../local/topic.ts';
import { deliveryEvent, sesMessageId, type SesEvent } from '../sim/ses/events.ts';
import { startApiProbe, type ProbeReport } from './api-probe.ts';
import type { Figure } from './figure.ts';
import { watchLambdaProcesses } from './lambda-processes.ts';
import { startReceivers, type ReceiverBehavior } from './receivers.ts';

interface Load {
  readonly events: number;
  readonly receivers: Readonly<Record<string, ReceiverBehavior>>;
  /** The load ends without success if the publishes take this long, or the deliveries after the last publish. */
  readonly giveUpSeconds: number;
  /** Sends one API request at a time, because the emulator needs the processors for the load. */
  readonly oneApiRequest: boolean;
  /** The load lasts at least this long after the last publish, also if everything has been delivered earlier. */
  readonly lastsSeconds: number;
}

/** One healthy receiver among receivers that fail. Half of those respond with 500, half do not respond. */
const FAILING_RECEIVERS: Load = {
  events: 200,
  receivers: {
    healthy: 'accepts',
    'fails-1': 'fails',
    'fails-2': 'fails',
    'fails-3': 'fails',
    'hangs-1': 'hangs',
    'hangs-2': 'hangs',
    'hangs-3': 'hangs',
  },
  giveUpSeconds: 120,
  oneApiRequest: false,
  lastsSeconds: 30,
};

const HEALTHY_RECEIVERS: Load = {
  events: 2_000,
  receivers: { 'healthy-1': 'accepts', 'healthy-2': 'accepts', 'healthy-3': 'accepts' },
  giveUpSeconds: 300,
  oneApiRequest: true,
  lastsSeconds: 0,
};

const PUBLISHED_AT_ONCE = 8;
/** A publish without a response after this time counts as not answered. */
const PUBLISH_GIVE_UP_MS = 30_000;
const POLL_MS = 50;

interface LoadReport {
  /** From the first publish to the last webhook that a healthy receiver must get. */
  readonly totalSeconds: number;
  /** From the last publish to the last webhook that a healthy receiver must get. */
  readonly seconds: number;
  /** The webhooks that the healthy receivers got, without repeated ones. */
  readonly delivered: number;
  readonly expected: number;
  readonly requests: number;
  readonly publishSeconds: number;
  readonly unanswered: number;
  readonly probe: ProbeReport;
  readonly peakProcesses: number;
}

function newEvent(configurationSet: string): SesEvent {
  const nowMs = Date.now();
  const to = [`recipient-${randomUUID()}@customers.example.com`];
  const email = {
    messageId: sesMessageId(nowMs, randomUUID()),
    acceptedAtMs: nowMs,
    source: 'Fjord Travel <noreply@mail.fjord-travel.no>',
    to,
    subject: 'Your order is on its way',
    configurationSet,
    operation: 'SendEmail' as const,
  };
  return deliveryEvent(email, to, nowMs);
}

/** Whether a publish succeeded in time. */
async function isAnswered(publish: Promise<void>): Promise<boolean> {
  const answered = new AbortController();
  const giveUp = wait(PUBLISH_GIVE_UP_MS, false, { signal: answered.signal }).catch(() => false);
  const result = await Promise.race([
    publish.then(
      () => true,
      () => false,
    ),
    giveUp,
  ]);
  answered.abort();
  return result;
}

/** Publishes events, a few at once, until the deadline. Returns the number of events that were not published. */
async function publishAll(
  publish: (event: SesEvent) => Promise<void>,
  events: readonly SesEvent[],
  deadlineMs: number,
): Promise<number> {
  const left = [...events];
  let published = 0;
  async function lane(): Promise<void> {
    while (performance.now() < deadlineMs) {
      const event = left.shift();
      if (!event) return;
      if (await isAnswered(publish(event))) published += 1;
    }
  }
  await Promise.all(Array.from({ length: PUBLISHED_AT_ONCE }, lane));
  return events.length - published;
}

async function createEndpoint({ stack }: LocalStack, url: string): Promise<void> {
  const response = await fetch(`${stack.base_url}/v1/webhooks`, {
    method: 'POST',
    headers: { 'x-api-key': stack.api_key, 'content-type': 'application/json' },
    body: JSON.stringify({ url, events: ['delivered'] }),
  });
  if (response.status !== 201) throw new Error(`Cannot create an endpoint: ${await response.text()}`);
}

/** Starts a local run without seed data, and puts a load on it. */
async function runLoad({ events, receivers: behaviors, ...limits }: Load): Promise<LoadReport> {
  const receivers = await startReceivers();
  const running = await startLocalStack({ seed: false, quiet: true });
  try {
    const { stack } = running;
    for (const [name, behavior] of Object.entries(behaviors))
      await createEndpoint(running, receivers.urlOf(name, behavior));
    const healthy = Object.keys(behaviors).filter((name) => behaviors[name] === 'accepts');
    const expected = healthy.length * events;
    const delivered = (): number => healthy.reduce((sum, name) => sum + receivers.received(name), 0);

    const processes = watchLambdaProcesses(stack.pid);
    const probe = startApiProbe({
      baseUrl: stack.base_url,
      apiKey: stack.api_key,
      oneAtATime: limits.oneApiRequest,
    });
    // The SDK would hide an error by a second try.
    const topic = createTopic(stack.aws_endpoint_url, stack.topic_arn, { maxAttempts: 1 });
    const startMs = performance.now();
    const unanswered = await publishAll(
      (event) => topic.publish(event),
      Array.from({ length: events }, () => newEvent(stack.configuration_set)),
      startMs + limits.giveUpSeconds * 1000,
    );
    const publishedMs = performance.now();
    const sinceSeconds = (ms: number): number => (performance.now() - ms) / 1000;
    while (delivered() < expected && sinceSeconds(publishedMs) < limits.giveUpSeconds) await wait(POLL_MS);
    const [totalSeconds, seconds] = [sinceSeconds(startMs), sinceSeconds(publishedMs)];
    await wait(Math.max(0, limits.lastsSeconds - seconds) * 1000);
    return {
      totalSeconds,
      seconds,
      delivered: delivered(),
      expected,
      requests: receivers.requests(),
      publishSeconds: (publishedMs - startMs) / 1000,
      unanswered,
      probe: await probe.stop(),
      peakProcesses: await processes.stop(),
    };
  } finally {
    await receivers.close();
    await running.stop();
  }
}

/** Two loads on the local run: one healthy receiver among six that fail, and many events for three healthy receivers. */
export async function localRun(): Promise<readonly Figure[]> {
  const failing = await runLoad(FAILING_RECEIVERS);
  const name = '200 events × (1 healthy + 3 failing + 3 hanging receivers)';
  const healthy = await runLoad(HEALTHY_RECEIVERS);
  const healthyName = '2,000 events × 3 healthy receivers';
  return [
    {
      name: `${name}: time from the last publish until the healthy receiver has all`,
      value: failing.seconds,
      goal: 20,
      unit: 's',
      how: `${failing.delivered} of ${failing.expected}, ${failing.requests} requests at all receivers, published in ${failing.publishSeconds.toFixed(1)} s`,
    },
    {
      name: `${name}: API p95`,
      value: failing.probe.p95Ms,
      goal: 1000,
      unit: 'ms',
      how: `${failing.probe.requests} × GET /v1/send/logs, one each 200 ms`,
    },
    {
      name: `${name}: API requests with a 5xx or without a response`,
      value: failing.probe.errors + failing.probe.unanswered,
      goal: 0,
      unit: '',
      how: `of ${failing.probe.requests}: ${failing.probe.errors} with a 5xx`,
    },
    {
      name: `${name}: Lambda processes at the peak`,
      value: failing.peakProcesses,
      goal: 24,
      unit: '',
      how: 'Node processes of the emulator, idle ones included, counted five times a second',
    },
    {
      name: `${healthyName}: time from the first publish until all are delivered`,
      value: healthy.totalSeconds,
      goal: 120,
      unit: 's',
      how: `${healthy.delivered} of ${healthy.expected}; published 8 at a time in ${healthy.publishSeconds.toFixed(1)} s; ${healthy.peakProcesses} Lambda processes at the peak`,
    },
    {
      name: `${healthyName}: publishes without a response`,
      value: healthy.unanswered,
      goal: 0,
      unit: '',
      how: 'of 2,000',
    },
    {
      name: `${healthyName}: API requests with a 5xx or without a response`,
      value: healthy.probe.errors + healthy.probe.unanswered,
      goal: 0,
      unit: '',
      how: `of ${healthy.probe.requests}, one at a time, p95 ${healthy.probe.p95Ms.toFixed(0)} ms`,
    },
  ];
}
