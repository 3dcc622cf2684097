/** What a mail and a webhook cost in calls, units and bytes: counted while some hundreds of them go all the way. */
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

/** What the receiver does: there is none, it takes all, or it refuses each webhook once. */
type Receiver = 'none' | 'takes' | 'refuses once';

export interface Counts {
  /** Each for one of it, and beside what comes before it. */
  readonly mail: Usage;
  readonly webhook: Usage;
  readonly retriedWebhook: Usage;
}

const SENDER = 'Fjord Travel <noreply@mail.fjord-travel.no>';

function mailOf(index: number): { readonly to: string; readonly subject: string } {
  return {
    to: `recipient.number.${index}@customers.example.com`,
    subject: `Your order ${index} is on its way`,
  };
}

/** As API Gateway hands it over. */
function sendRequest(index: number): APIGatewayProxyEvent {
  const { to, subject } = mailOf(index);
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

  /** What SES will tell of the mail it took. */
  async send(index: number): Promise<AcceptedEmail> {
    const { meter, authorizer, api } = this.functions;
    meter.count('apiGateway.request');
    await authorizer({
      methodArn: 'arn:aws:execute-api:us-east-1:000000000000:api1/prod/POST/v1/send',
      headers: { 'x-api-key': this.key },
    } as unknown as APIGatewayRequestAuthorizerEvent);
    const { statusCode, body } = await api(sendRequest(index));
    if (statusCode !== 202) throw new Error(`A mail was answered with ${statusCode}: ${body}`);
    meter.count('egress', (Buffer.byteLength(body) + assumed('answerHeaderBytes')) / GB_BYTES);
    const { to, subject } = mailOf(index);
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

async function setUp({ table, receiver }: Functions, mode: Receiver): Promise<string> {
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
    // As long as KMS seals 24 bytes.
    secrets: [{ version: 1, sealed: new Uint8Array(176) }],
  });
  const Item = { ...endpointKey(DEFAULT_WORKSPACE_ID, id), kind: KIND.endpoint, ...endpoint };
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
  return key;
}

/** How small a raw event is packed differs by some bytes from one build of zlib to another. */
function roundedUp(bytes: number): number {
  return Math.ceil(bytes / 100) * 100;
}

/** So many mails to one recipient each, which SES delivers; `delivered` is what the endpoint wants. */
async function count(
  deployment: Deployment,
  { mails, pace, mode }: { readonly mails: number; readonly pace: Pace; readonly mode: Receiver },
): Promise<Usage> {
  const functions = await loadFunctions(deployment);
  try {
    const { meter, table, receiver } = functions;
    const sender = new Sender(functions, await setUp(functions, mode));
    const pipeline = new Pipeline(functions, pace);
    receiver.state.refuses = () => mode === 'refuses once' && receiver.state.received % 2 === 1;
    const before = table.stored(assumed('rowBytes'));
    meter.take();
    for (let index = 0; index < mails; index += 1) {
      const sentMs = meter.nowMs;
      const mail = await sender.send(index);
      pipeline.publish(JSON.stringify(sendEvent(mail)));
      pipeline.publish(JSON.stringify(deliveryEvent(mail, mail.to, mail.acceptedAtMs + 1_200)));
      if (pace === 'burst') continue;
      await pipeline.drain();
      meter.nowMs = Math.max(meter.nowMs, sentMs + (assumed('monthSeconds') * 1000) / MILLION);
    }
    await pipeline.drain();
    const expected = { none: 0, takes: mails, 'refuses once': 2 * mails }[mode];
    if (receiver.state.received !== expected)
      throw new Error(`${receiver.state.received} webhooks came, and not ${expected}`);
    const after = table.stored(assumed('rowBytes'));
    const gigabytes = (name: 'table' | 'all'): number =>
      (roundedUp((after[name] - before[name]) / mails) / GB_BYTES) * assumed('retentionMonths');
    const usage = scaled(meter.take(), 1 / mails);
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
  { mails, pace }: { readonly mails: number; readonly pace: Pace },
): Promise<Counts> {
  const mail = await count(deployment, { mails, pace, mode: 'none' });
  const taken = await count(deployment, { mails, pace, mode: 'takes' });
  const retried = await count(deployment, { mails, pace, mode: 'refuses once' });
  const less = (all: Usage, part: Usage): Usage => added(all, scaled(part, -1));
  return { mail, webhook: less(taken, mail), retriedWebhook: less(retried, mail) };
}
