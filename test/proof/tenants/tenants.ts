/** Two workspaces in one deployment. Each has one resource of every kind that has an id, and a marker word in each of its texts. */
import { DIMENSIONS } from '../../../lambdas/core/dimensions.ts';
import { deliveryId, deterministicId } from '../../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import { getEndpoint } from '../../../lambdas/store/endpoints.ts';
import { eventRows } from '../../../lambdas/store/event-rows.ts';
import {
  KIND,
  dimensionCountersPartition,
  dimensionCountersSort,
  endpointCountersPartition,
  eventCountersPartition,
} from '../../../lambdas/store/keys.ts';
import { openProbe } from '../../../lambdas/store/doctor-probes.ts';
import { putRows } from '../../../lambdas/store/put-rows.ts';
import { createWorkspace } from '../../../lambdas/store/workspaces.ts';
import { NOW_MS, setUpApi, type ApiRequest, type ApiResponse } from '../../api/harness.ts';
import { storeAttempt } from '../../../sim/builders/deliveries.ts';
import { aTask, anEvent } from '../../../sim/builders/events.ts';
import { SEED } from '../size.ts';
import { Dice, seededRandom } from '../../../sim/random.ts';

/** The kinds of resources that have an id. */
export const KINDS = [
  'workspace',
  'endpoint',
  'delivery',
  'recovery',
  'key',
  'event',
  'message',
  'recipient',
  'sender',
  'tag',
  'idempotency',
  'probe',
] as const;
export type Kind = (typeof KINDS)[number];
export type Ids = Readonly<Record<Kind, string>>;

export interface Tenant {
  readonly workspaceId: string;
  /** A word in every name, address, subject and URL of this tenant. A response to another tenant with this word is a leak. */
  readonly marker: string;
  /** The number of its events, and of the attempts at its endpoint. */
  readonly count: number;
  /** The API key that sends the requests of this tenant. */
  readonly keyId: string;
  readonly ids: Ids;
  /** For the path of each list with pages, the cursor of its second page. */
  readonly cursors: Readonly<Record<string, string>>;
  /** The keys and secrets that the API returned to this tenant in plain text. */
  readonly revealedSecrets: readonly string[];
}

export type TwoTenants = Awaited<ReturnType<typeof setUpTwoTenants>>;

const EVENTS = 3;
const RETENTION = { retentionDays: 90, receivedAtMs: NOW_MS };

export const SEND_BODY = { from: 'you@yourdomain.com', to: ['x@example.com'], subject: 'Hello', text: 'Hi' };

type Deployment = ReturnType<typeof setUpApi>;

async function storeEmails(
  deployment: Deployment,
  workspaceId: string,
  { marker, endpointId }: { marker: string; endpointId: string },
) {
  const { table } = deployment;
  const endpoint = await getEndpoint(table, workspaceId, endpointId);
  if (!endpoint) throw new Error('The endpoint does not exist');
  const events = Array.from({ length: EVENTS }, (_, number) =>
    anEvent({
      event_id: deterministicId('evt', [marker, String(number)]),
      message_id: `0100-${marker}-${number}`,
      workspace_id: workspaceId,
      // A list of messages begins at `sent`, `suppressed` and `failed` events.
      event: 'failed',
      details: { error_code: 'message_rejected', error_message: marker },
      to: `ann${number}.${marker}@example.com`,
      from: `shop@${marker}.example.com`,
      subject: `About ${marker}`,
      tags: [['campaign', marker]],
      timestamp: formatTimestamp(NOW_MS - 60_000 * (number + 1)),
    }),
  );
  await putRows(
    table,
    events.flatMap((event) => eventRows([event], RETENTION, JSON.stringify({ mail: { marker } }))),
  );
  for (const event of events) {
    const task = aTask(event, endpoint);
    const stored = { event, ttl: 1 };
    await storeAttempt(
      table,
      { task, stored, execution: 'x', nowMs: NOW_MS },
      { status: 'exhausted', attempt: { started_at: event.timestamp, response_excerpt: marker } },
    );
  }
  const [event] = events;
  if (!event) throw new Error('No event');
  return event;
}

interface TenantTraits {
  readonly marker: string;
  /** A number of events that no other tenant has, so a leaked count is recognizable. */
  readonly count: number;
  /** A different hour for each tenant. If both tenants shared one counter partition, both rows would appear in its list. */
  readonly countedAt: string;
}

async function storeCounters(
  { table }: Deployment,
  { workspaceId, endpointId }: { workspaceId: string; endpointId: string },
  { marker, count, countedAt: sk }: TenantTraits,
) {
  const kind = KIND.counters;
  await putRows(table, [
    ...DIMENSIONS.map((dimension) => ({
      pk: dimensionCountersPartition(workspaceId, dimension, 'hour'),
      sk: dimensionCountersSort(sk, marker),
      kind: KIND.dimensionCounters,
      bounced: count,
    })),
    {
      pk: dimensionCountersPartition(workspaceId, 'provider', 'hour'),
      sk,
      kind: KIND.dimensionCounters,
      n0: `${marker}.example`,
      s0: count,
    },
    { pk: eventCountersPartition(workspaceId, 'hour'), sk, kind, delivered: count },
    { pk: endpointCountersPartition(workspaceId, endpointId, 'hour'), sk, kind, attempts: count },
  ]);
}

async function createTenant(deployment: Deployment, traits: TenantTraits): Promise<Tenant> {
  const { marker, count } = traits;
  const workspaceId = deterministicId('ws', [marker]);
  const send = async (request: ApiRequest, keyId?: string): Promise<ApiResponse> => {
    const response = await deployment.sendRequest({
      ...request,
      workspaceId,
      ...(keyId !== undefined && { keyId }),
    });
    if (response.status >= 300) throw new Error(`${request.path}: ${response.text}`);
    return response;
  };
  const post = async (path: string, body: object, headers = {}) =>
    (await send({ method: 'POST', path, body, headers })).body as Record<string, string>;

  await createWorkspace(deployment.table, {
    id: workspaceId,
    name: marker,
    created_at: formatTimestamp(NOW_MS),
  });
  const callerKey = await post('/v1/api-keys', { name: `${marker} caller`, scopes: ['admin'] });
  const { id: key = '', key: keyText = '' } = await post('/v1/api-keys', { name: `${marker} server` });
  const { id: endpoint = '', secret = '' } = await post('/v1/webhooks', {
    url: `https://hooks.example.com/${marker}?token=${marker}`,
    description: `Endpoint of ${marker}`,
    events: ['*'],
  });
  const path = `/v1/webhooks/${endpoint}`;
  const { secret: rotated = '' } = await post(`${path}/rotate-secret`, {});
  const event = await storeEmails(deployment, workspaceId, { marker, endpointId: endpoint });
  await storeCounters(deployment, { workspaceId, endpointId: endpoint }, traits);
  for (const number of [0, 1, 2])
    await post('/v1/suppressions', { address: `ann${number}.${marker}@example.com` });
  const { recovery_id: recovery = '' } = await post(`${path}/recover`, { since: '2026-02-25T11:00:00Z' });
  const set = { configuration_set: marker };
  const changes = [
    { action: 'pause', body: {} },
    { action: 'pause', body: set },
    { action: 'resume', body: {} },
    { action: 'resume', body: set },
    // The only configuration set of a workspace is in GET /v1/reputation only while it is not ok.
    { action: 'pause', body: set },
  ];
  for (const { action, body } of changes)
    await send({ method: 'POST', path: `/v1/reputation/${action}`, body, keyName: marker });
  const idempotency = `order-${marker}`;
  await post('/v1/send', SEND_BODY, { 'idempotency-key': idempotency });
  const probe = `${marker.padEnd(8, 'a')}${'b'.repeat(44)}`;
  await openProbe(deployment.table, probe, NOW_MS);

  const lists = [
    '/v1/messages',
    '/v1/send/logs',
    `${path}/changes`,
    `${path}/deliveries`,
    '/v1/suppressions',
    '/v1/reputation/history',
  ];
  const cursors: Record<string, string> = {};
  for (const list of lists)
    cursors[list] = (await send({ path: list, query: { limit: '1' } })).body.next_cursor;
  const exported = await send({ path: '/v1/send/logs/export', query: { format: 'csv', limit: '1' } });
  cursors['/v1/send/logs/export'] = String(exported.headers['x-next-cursor']);
  return {
    workspaceId,
    marker,
    count,
    keyId: callerKey['id'] ?? '',
    ids: {
      workspace: workspaceId,
      endpoint,
      delivery: deliveryId(event.event_id, endpoint),
      recovery,
      key,
      event: event.event_id,
      message: event.message_id,
      recipient: `ann0.${marker}@example.com`,
      sender: `shop@${marker}.example.com`,
      tag: `campaign:${marker}`,
      idempotency,
      probe,
    },
    cursors,
    revealedSecrets: [callerKey['key'] ?? '', keyText, secret, rotated],
  };
}

/** Every call creates the same content, because the random bytes of ids and nonces come from a seed. */
export async function setUpTwoTenants() {
  const deployment = setUpApi();
  const dice = new Dice(seededRandom(SEED));
  Object.assign(deployment.deps, { randomBytes: (size: number) => dice.bytes(size) });
  const victim = await createTenant(deployment, {
    marker: 'quartz',
    count: 48_151_623,
    countedAt: '2026-02-25T10:00:00Z',
  });
  const attacker = await createTenant(deployment, {
    marker: 'basalt',
    count: 7,
    countedAt: '2026-02-25T11:00:00Z',
  });
  return { ...deployment, victim, attacker };
}
