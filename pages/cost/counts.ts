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
import { GB_BYTES, loadFunctions, type Functions } from './functions.ts';
import { Pipeline, type Pace } from './pipeline.ts';
import { added, scaled, type Usage } from './prices.ts';

const MILLION = 1_000_000;

/** The behavior of the receiver. With `none`, no endpoint exists. With `fails once`, the first attempt of each webhook fails. */
type ReceiverMode = 'none' | 'accepts' | 'fails once';

export interface Counts {
  /** The usage of one email without webhooks. */
  readonly email: Usage;
  /** The additional usage of one webhook. */
  readonly webhook: Usage;
  /** The additional usage of one webhook whose first attempt fails. */
  readonly retriedWebhook: Usage;
}

const SENDER = 'Fjord Travel <noreply@mail.fjord-travel.no>';

function emailOf(index: number): { readonly to: string; readonly subject: string } {
  return {
    to: `recipient.number.${index}@customers.example.com`,
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

/** Counts the usage of `emails` emails. Each has one recipient, and SES delivers it. The endpoint receives only `delivered` events. */
async function count(
  deployment: Deployment,
  { emails, pace, mode }: { readonly emails: number; readonly pace: Pace; readonly mode: ReceiverMode },
): Promise<Usage> {
  const functions = await loadFunctions(deployment);
  try {
    const { meter, table, receiver } = functions;
    const sender = new Sender(functions, await setUp(functions, mode));
    const pipeline = new Pipeline(functions, pace);
    receiver.state.shouldFail = () => mode === 'fails once' && receiver.state.received % 2 === 1;
    const before = table.stored(assumed('rowBytes'));
    meter.takeUsage();
    for (let index = 0; index < emails; index += 1) {
      const sentMs = meter.nowMs;
      const email = await sender.send(index);
      pipeline.publish(JSON.stringify(sendEvent(email)));
      pipeline.publish(JSON.stringify(deliveryEvent(email, email.to, email.acceptedAtMs + 1_200)));
      if (pace === 'burst') continue;
      await pipeline.drain();
      meter.nowMs = Math.max(meter.nowMs, sentMs + (assumed('monthSeconds') * 1000) / MILLION);
    }
    await pipeline.drain();
    const expected = { none: 0, accepts: emails, 'fails once': 2 * emails }[mode];
    if (receiver.state.received !== expected)
      throw new Error(`The receiver got ${receiver.state.received} webhooks, expected ${expected}`);
    const after = table.stored(assumed('rowBytes'));
    const gigabytes = (name: 'table' | 'all'): number =>
      (roundedUp((after[name] - before[name]) / emails) / GB_BYTES) * assumed('retentionMonths');
    const usage = scaled(meter.takeUsage(), 1 / emails);
    return added(
      usage,
      new Map([
        ['dynamodb.storage', gigabytes('all')],
        ['dynamodb.backup', gigabytes('table')],
      ]),
    );
  } finally {
    functions.stop();
  }
}

export async function countsOf(
  deployment: Deployment,
  { emails, pace }: { readonly emails: number; readonly pace: Pace },
): Promise<Counts> {
  const email = await count(deployment, { emails, pace, mode: 'none' });
  const accepted = await count(deployment, { emails, pace, mode: 'accepts' });
  const retried = await count(deployment, { emails, pace, mode: 'fails once' });
  const difference = (total: Usage, part: Usage): Usage => added(total, scaled(part, -1));
  return { email, webhook: difference(accepted, email), retriedWebhook: difference(retried, email) };
}
