/** Two workspaces in one deployment, each with one of everything that has an id, and a word of its own in every text. */
import { deliveryId, deterministicId } from '../../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { recordAttempt } from '../../../lambdas/store/deliveries.ts';
import { settleDelivery } from '../../../lambdas/store/delivery-settlement.ts';
import { claimAttempt } from '../../../lambdas/store/delivery-claims.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import { KIND, endpointCountersPartition, eventCountersPartition } from '../../../lambdas/store/keys.ts';
import { openProbe } from '../../../lambdas/store/probes.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { createWorkspace } from '../../../lambdas/store/workspaces.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse } from '../../api/harness.ts';
import { aTask, anEvent } from '../../../sim/builders/events.ts';
import { SEED } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';

/** What an id can be of. */
export const KINDS = [
  'workspace',
  'endpoint',
  'delivery',
  'recovery',
  'key',
  'event',
  'message',
  'recipient',
  'idempotency',
  'probe',
] as const;
export type Kind = (typeof KINDS)[number];
export type Ids = Readonly<Record<Kind, string>>;

export interface Tenant {
  readonly workspaceId: string;
  /** In every name, address, subject and URL that is its own. */
  readonly word: string;
  /** Of its events, and of attempts at its endpoint. */
  readonly count: number;
  /** The key that asks. */
  readonly keyId: string;
  readonly ids: Ids;
  /** A path of each list that has pages, and the cursor to its second one. */
  readonly cursors: Readonly<Record<string, string>>;
  /** Keys and secrets it was shown. */
  readonly shown: readonly string[];
}

export type World = Awaited<ReturnType<typeof twoTenants>>;

const EVENTS = 3;
const RETENTION = { retentionDays: 90, receivedAtMs: NOW_MS };

export const SEND_BODY = { from: 'you@yourdomain.com', to: ['x@example.com'], subject: 'Hello', text: 'Hi' };

type Deployment = ReturnType<typeof setUpApi>;

async function storeMail(
  deployment: Deployment,
  workspaceId: string,
  { word, endpointId }: { word: string; endpointId: string },
) {
  const { table } = deployment;
  const endpoint = await getEndpoint(table, workspaceId, endpointId);
  if (!endpoint) throw new Error('The endpoint is gone');
  const events = Array.from({ length: EVENTS }, (_, number) =>
    anEvent({
      event_id: deterministicId('evt', [word, String(number)]),
      message_id: `0100-${word}-${number}`,
      workspace_id: workspaceId,
      to: `ann${number}.${word}@example.com`,
      subject: `About ${word}`,
      tags: [['campaign', word]],
      timestamp: formatTimestamp(NOW_MS - 60_000 * (number + 1)),
    }),
  );
  await putRows(
    table,
    events.flatMap((event) => eventRows([event], RETENTION, JSON.stringify({ mail: { word } }))),
  );
  for (const event of events) {
    const task = aTask(event, endpoint);
    const stored = { event, ttl: 1 };
    await claimAttempt(table, { task, stored, execution: 'x', nowMs: NOW_MS });
    const attempt = {
      number: 1,
      trigger: 'auto',
      started_at: event.timestamp,
      duration_ms: 5,
      response_excerpt: word,
    } as const;
    await recordAttempt(table, task, { attempt, ttl: 1 });
    await settleDelivery(table, task, { status: 'exhausted', attemptCount: 1, nowMs: NOW_MS });
  }
  const [event] = events;
  if (!event) throw new Error('No event');
  return event;
}

interface Character {
  readonly word: string;
  /** So many events that the number tells whose they are. */
  readonly count: number;
  /** Another hour for each: counts in one place would stand side by side. */
  readonly countedAt: string;
}

async function storeCounters(
  { table }: Deployment,
  { workspaceId, endpointId }: { workspaceId: string; endpointId: string },
  { count, countedAt: sk }: Character,
) {
  const kind = KIND.counters;
  await putRows(table, [
    { pk: eventCountersPartition(workspaceId, 'hour'), sk, kind, delivered: count },
    { pk: endpointCountersPartition(workspaceId, endpointId, 'hour'), sk, kind, attempts: count },
  ]);
}

async function aTenant(deployment: Deployment, character: Character): Promise<Tenant> {
  const { word, count } = character;
  const workspaceId = deterministicId('ws', [word]);
  const ask = async (request: ApiRequest, keyId?: string): Promise<ApiResponse> => {
    const told = await deployment.sendRequest({
      ...request,
      workspaceId,
      ...(keyId !== undefined && { keyId }),
    });
    if (told.status >= 300) throw new Error(`${request.path}: ${told.text}`);
    return told;
  };
  const post = async (path: string, body: object, headers = {}) =>
    (await ask({ method: 'POST', path, body, headers })).body as Record<string, string>;

  await createWorkspace(deployment.table, {
    id: workspaceId,
    name: word,
    created_at: formatTimestamp(NOW_MS),
  });
  const asking = await post('/v1/api-keys', { name: `${word} asks`, scopes: ['admin'] });
  const { id: key = '', key: keyText = '' } = await post('/v1/api-keys', { name: `${word} server` });
  const { id: endpoint = '', secret = '' } = await post('/v1/webhooks', {
    url: `https://hooks.example.com/${word}?token=${word}`,
    description: `Of ${word}`,
    events: ['*'],
  });
  const path = `/v1/webhooks/${endpoint}`;
  const { secret: rotated = '' } = await post(`${path}/rotate-secret`, {});
  const event = await storeMail(deployment, workspaceId, { word, endpointId: endpoint });
  await storeCounters(deployment, { workspaceId, endpointId: endpoint }, character);
  for (const number of [0, 1, 2])
    await post('/v1/suppressions', { address: `ann${number}.${word}@example.com` });
  const { recovery_id: recovery = '' } = await post(`${path}/recover`, { since: '2026-02-25T11:00:00Z' });
  const idempotency = `order-${word}`;
  await post('/v1/send', SEND_BODY, { 'idempotency-key': idempotency });
  const probe = `${word.padEnd(8, 'a')}${'b'.repeat(44)}`;
  await openProbe(deployment.table, probe, NOW_MS);

  const lists = ['/v1/send/logs', `${path}/changes`, `${path}/deliveries`, '/v1/suppressions'];
  const cursors: Record<string, string> = {};
  for (const list of lists)
    cursors[list] = (await ask({ path: list, query: { limit: '1' } })).body.next_cursor;
  const exported = await ask({ path: '/v1/send/logs/export', query: { format: 'csv', limit: '1' } });
  cursors['/v1/send/logs/export'] = String(exported.headers['x-next-cursor']);
  return {
    workspaceId,
    word,
    count,
    keyId: asking['id'] ?? '',
    ids: {
      workspace: workspaceId,
      endpoint,
      delivery: deliveryId(event.event_id, endpoint),
      recovery,
      key,
      event: event.event_id,
      message: event.message_id,
      recipient: `ann0.${word}@example.com`,
      idempotency,
      probe,
    },
    cursors,
    shown: [asking['key'] ?? '', keyText, secret, rotated],
  };
}

/** The same on every call, random ids and nonces included. */
export async function twoTenants() {
  const deployment = setUpApi();
  const dice = new Dice(seededRandom(SEED));
  Object.assign(deployment.deps, { randomBytes: (size: number) => dice.bytes(size) });
  const victim = await aTenant(deployment, {
    word: 'quartz',
    count: 48_151_623,
    countedAt: '2026-02-25T10:00:00Z',
  });
  const attacker = await aTenant(deployment, { word: 'basalt', count: 7, countedAt: '2026-02-25T11:00:00Z' });
  return { ...deployment, victim, attacker };
}
