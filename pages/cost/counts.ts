/** Counts the usage per email and per webhook, while some hundred emails pass through the complete pipeline. */
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEvent, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { apiKeyHash, newApiKey } from '../../lambdas/core/api-key.ts';
import { DEFAULT_ENDPOINT_EVENTS } from '../../lambdas/core/events.ts';
import { DEFAULT_WORKSPACE_ID } from '../../lambdas/core/ids.ts';
import { putApiKey } from '../../lambdas/store/api-keys.ts';
import { endpointKey, KIND } from '../../lambdas/store/keys.ts';
import { deliveryEvent, sendEvent, type AcceptedEmail } from '../../sim/ses/events.ts';
import { anEndpoint } from '../../sim/builders/events.ts';
import { apiGatewayEvent } from '../../sim/builders/lambda-events.ts';
import { assumed } from './assumptions.ts';
import type { Deployment } from './deployment.ts';
import { loadFunctions, type Functions } from './functions.ts';
import { MILLION } from './goals.ts';
import { GB_BYTES } from './meter.ts';
import type { MachineCounts } from './machines.ts';
import { Pipeline, type Pace } from './pipeline.ts';
import { added, scaled, type Usage } from './prices.ts';

/** The behavior of the receiver. With `none`, no endpoint exists. */
type ReceiverMode = 'none' | 'accepts' | 'fails once' | 'fails sometimes';

export interface Counts {
  /** The usage of one email without webhooks. */
  readonly email: Usage;
  /** The additional usage of one webhook. */
  readonly webhook: Usage;
  /** The calls to AWS that one webhook adds, of all functions and state machines. */
  readonly callsPerWebhook: number;
  readonly executionsPerWebhook: number;
  /** The highest number of webhooks that one invocation had in flight. */
  readonly mostInFlight: number;
}

const SENDER = 'Fjord Travel <noreply@mail.fjord-travel.no>';

/** The mailbox providers of ten recipients. Each provider in a batch of tally has rows of counters. */
const RECIPIENT_DOMAINS = [
  ...Array.from({ length: 4 }, () => 'gmail.com'),
  ...Array.from({ length: 2 }, () => 'outlook.com'),
  'yahoo.com',
  'icloud.com',
  ...Array.from({ length: 2 }, () => 'customers.example.com'),
];

function emailOf(index: number): { readonly to: string; readonly subject: string } {
  // A multiplier without a common factor with the number of domains mixes them.
  const domain = RECIPIENT_DOMAINS[(index * 7) % RECIPIENT_DOMAINS.length] ?? '';
  return {
    to: `recipient.number.${index}@${domain}`,
    subject: `Your order ${index} is on its way`,
  };
}

/** The event that API Gateway passes to the api function for `POST /v1/send`. */
function sendEmailRequest(index: number): APIGatewayProxyEvent {
  const { to, subject } = emailOf(index);
  return apiGatewayEvent({
    method: 'POST',
    path: '/v1/send',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ from: SENDER, to: [to], subject, text: 'It left this morning.' }),
    authorizer: { workspace_id: DEFAULT_WORKSPACE_ID, key_id: 'key_asking', scopes: 'admin' },
  });
}

class Sender {
  constructor(
    private readonly functions: Functions,
    private readonly key: string,
  ) {}

  /** Sends an email through the API. Returns the email as SES describes it in its events. */
  async send(index: number): Promise<AcceptedEmail> {
    const { meter, authorizer, api } = this.functions;
    meter.count('apiGateway.request');
    await authorizer({
      methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/prod/POST/v1/send',
      headers: { 'x-api-key': this.key },
    } as unknown as APIGatewayRequestAuthorizerEvent);
    const { statusCode, body } = await api(sendEmailRequest(index));
    if (statusCode !== 202) throw new Error(`The API responded with ${statusCode} to an email: ${body}`);
    meter.count('egress', (Buffer.byteLength(body) + assumed('responseHeaderBytes')) / GB_BYTES);
    const { to, subject } = emailOf(index);
    return {
      messageId: (JSON.parse(body) as { message_id: string }).message_id,
      acceptedAtMs: Date.now(),
      source: SENDER,
      to: [to],
      subject,
      tags: { ivymail_workspace: DEFAULT_WORKSPACE_ID },
      configurationSet: 'IvyMailEvents-7f3a',
      operation: 'SendEmail',
    };
  }
}

async function setUp({ table, receiver }: Functions, mode: ReceiverMode): Promise<string> {
  const key = newApiKey('live', (size) => Buffer.alloc(size, 7));
  await putApiKey(table, apiKeyHash(key), {
    id: 'key_aaaaaaaaaaaaaaaaaaaaaaaaaa',
    workspace_id: DEFAULT_WORKSPACE_ID,
    name: 'shop',
    scopes: ['admin'],
    hint: 'ivy_live_…',
    created_at: '2026-11-01T00:00:00Z',
  });
  if (mode === 'none') return key;
  const { id, ...endpoint } = anEndpoint({
    workspace_id: DEFAULT_WORKSPACE_ID,
    url: receiver.url,
    events: DEFAULT_ENDPOINT_EVENTS,
    // The length of the ciphertext that KMS returns for 24 bytes.
    secrets: [{ version: 1, sealed: new Uint8Array(176) }],
  });
  const Item = { ...endpointKey(DEFAULT_WORKSPACE_ID, id), kind: KIND.endpoint, ...endpoint };
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
  return key;
}

/** Rounds to 100 bytes. The compressed size of a raw event differs by some bytes between builds of zlib. */
function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 100) * 100;
}

interface Load {
  readonly pace: Pace;
  readonly emails: number;
  readonly mode: ReceiverMode;
  /** In a burst, the number of emails that are sent at once. Ten minutes later, the next ones follow. */
  readonly atOnce?: number;
}

const BETWEEN_BURSTS_MS = 10 * 60_000;
/** The time from a request to the API until the topic has the event `sent`, and from then until it has the event `delivered`. */
const SENT_AFTER_MS = 300;
const DELIVERED_AFTER_MS = 1_230;
/** With `fails sometimes`, one webhook in 40 needs a retry. So no failure streak is long enough to open the breaker. */
const FAILS_ONE_IN = 40;

/** The time of an email, from the start of the load. */
function sentAfterMs({ pace, atOnce = Infinity }: Load, index: number): number {
  if (pace === 'burst') return Math.floor(index / atOnce) * BETWEEN_BURSTS_MS;
  if (pace === 'steady') return index * 100;
  return index * ((assumed('monthSeconds') * 1000) / MILLION);
}

/** Per email, except for the last. */
interface LoadUsage {
  readonly usage: Usage;
  /** The calls to AWS. */
  readonly calls: number;
  /** The executions and the transitions of each state machine. */
  readonly machines: MachineCounts;
  readonly mostInFlight: number;
}

/** Counts the usage of emails. Each has one recipient, and SES delivers it. The endpoint receives only `delivered` events. */
async function count(deployment: Deployment, load: Load): Promise<LoadUsage> {
  const { emails, pace, mode } = load;
  const functions = await loadFunctions(deployment);
  try {
    const { meter, table, receiver } = functions;
    const sender = new Sender(functions, await setUp(functions, mode));
    const pipeline = new Pipeline(functions, pace);
    const { timeline } = pipeline;
    const retries = { none: 0, accepts: 0, 'fails once': emails, 'fails sometimes': emails / FAILS_ONE_IN };
    receiver.shouldFail = ({ index, previous }) =>
      previous === 0 &&
      (mode === 'fails once' || (mode === 'fails sometimes' && index % FAILS_ONE_IN === FAILS_ONE_IN - 1));
    const before = table.stored(assumed('rowBytes'));
    meter.takeUsage();
    const startMs = meter.nowMs;
    for (let index = 0; index < emails; index += 1) {
      const atMs = startMs + sentAfterMs(load, index);
      const accepted = Promise.withResolvers<AcceptedEmail>();
      timeline.at(atMs, async () => accepted.resolve(await sender.send(index)));
      timeline.at(atMs + SENT_AFTER_MS, async () =>
        pipeline.publish(JSON.stringify(sendEvent(await accepted.promise))),
      );
      timeline.at(atMs + SENT_AFTER_MS + DELIVERED_AFTER_MS, async () => {
        const email = await accepted.promise;
        pipeline.publish(
          JSON.stringify(deliveryEvent(email, email.to, email.acceptedAtMs + DELIVERED_AFTER_MS)),
        );
      });
    }
    await timeline.run();
    const expected = mode === 'none' ? 0 : emails + retries[mode];
    if (receiver.received !== expected)
      throw new Error(`The receiver got ${receiver.received} webhooks, expected ${expected}`);
    const after = table.stored(assumed('rowBytes'));
    const gigabytes = (name: 'table' | 'all'): number =>
      (roundedUp((after[name] - before[name]) / emails) / GB_BYTES) * assumed('retentionMonths');
    const calls = meter.awsCalls / emails;
    const usage = scaled(meter.takeUsage(), 1 / emails);
    const storage: Usage = new Map([
      ['dynamodb.storage', gigabytes('all')],
      ['dynamodb.backup', gigabytes('table')],
    ]);
    // The one metric that the functions publish without a failure: DispatchStalled. Its months are those of the load.
    const metric: Usage = new Map([
      ['cloudwatch.metric', sentAfterMs(load, 1) / 1000 / assumed('monthSeconds')],
    ]);
    return {
      usage: added(usage, storage, metric),
      calls,
      machines: pipeline.machineCounts(1 / emails),
      mostInFlight: receiver.mostInFlight,
    };
  } finally {
    functions.stop();
  }
}

function difference(total: Usage, part: Usage): Usage {
  return added(total, scaled(part, -1));
}

export async function countsOf(
  deployment: Deployment,
  load: { readonly emails: number; readonly pace: Pace },
): Promise<Counts> {
  const email = await count(deployment, { ...load, mode: 'none' });
  const accepted = await count(deployment, { ...load, mode: 'accepts' });
  return {
    email: email.usage,
    webhook: difference(accepted.usage, email.usage),
    callsPerWebhook: accepted.calls - email.calls,
    executionsPerWebhook: Object.values(accepted.machines.executions).reduce((sum, each) => sum + each, 0),
    mostInFlight: accepted.mostInFlight,
  };
}

/** The usage of webhooks whose first attempt fails and whose first retry succeeds. */
export interface RetriedCounts {
  /** All webhooks of a burst to one endpoint fail. */
  readonly together: {
    /** The number of webhooks in a burst. */
    readonly size: number;
    /** Per webhook. */
    readonly usage: Usage;
    /** The transitions of Redeliver per webhook. */
    readonly redeliverTransitions: number;
    /** The transitions per webhook that the breaker adds, because it opens and closes. */
    readonly recoverTransitions: number;
  };
  /** A single webhook fails, between many that succeed. */
  readonly alone: Usage;
}

export async function retriedCountsOf(
  deployment: Deployment,
  { emails, together: size }: { readonly emails: number; readonly together: number },
): Promise<RetriedCounts> {
  const bursts = { pace: 'burst', emails, atOnce: size } as const;
  const email = await count(deployment, { ...bursts, mode: 'none' });
  const failed = await count(deployment, { ...bursts, mode: 'fails once' });
  const trickle = { pace: 'trickle', emails } as const;
  const trickledEmail = await count(deployment, { ...trickle, mode: 'none' });
  const accepted = await count(deployment, { ...trickle, mode: 'accepts' });
  const sometimes = await count(deployment, { ...trickle, mode: 'fails sometimes' });
  const retry = scaled(difference(sometimes.usage, accepted.usage), FAILS_ONE_IN);
  const { redeliver = 0, recover = 0 } = failed.machines.transitions;
  return {
    together: {
      size,
      usage: difference(failed.usage, email.usage),
      redeliverTransitions: redeliver,
      recoverTransitions: recover,
    },
    alone: added(difference(accepted.usage, trickledEmail.usage), retry),
  };
}
