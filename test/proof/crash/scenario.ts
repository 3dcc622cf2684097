/**
 * A small scenario that runs every step of the pipeline at least once. It contains events of every kind, receivers that accept, fail,
 * come back, return 410 or are blocked, a paused endpoint, a redelivery, a recovery and counters.
 */
import { TransactionConflictException } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { newRecovery, type Command } from '../../../lambdas/core/commands.ts';
import type { Endpoint } from '../../../lambdas/core/endpoints.ts';
import { DEFAULT_WORKSPACE_ID, deterministicId } from '../../../lambdas/core/ids.ts';
import { DEFAULT_MISSED_KINDS } from '../../../lambdas/core/missed-kinds.ts';
import { REPUTATION_EVENTS } from '../../../lambdas/core/reputation/event-names.ts';
import type { ReputationLimits } from '../../../lambdas/core/reputation/types.ts';
import { formatTimestamp } from '../../../lambdas/core/timestamps.ts';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { createFirstTask, createTask } from '../../../lambdas/delivery/dispatch.ts';
import { putCommand, putRecovery } from '../../../lambdas/store/commands.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import { deleteEndpoint, updateEndpoint } from '../../../lambdas/store/endpoints.ts';
import { eventCountersPartition } from '../../../lambdas/store/keys.ts';
import { writeReputationSettings } from '../../../lambdas/store/reputation.ts';
import { createWorkspace } from '../../../lambdas/store/workspaces.ts';
import {
  bounceEvent,
  deliveryDelayEvent,
  deliveryEvent,
  sendEvent,
  subscriptionEvent,
} from '../../../sim/ses/events.ts';
import { putEndpoint } from '../../../sim/builders/rows.ts';
import { randomLifecycle, type PublishedMessage } from '../../../sim/ses/email-lifecycle.ts';
import { SimulatedReceiver, type ReceiverBehavior } from '../../../sim/receiver.ts';
import { SimulatedDeployment } from '../../../sim/deployment.ts';
import { scheduleReputation } from '../ledger/reputation.ts';
import { attemptExpired, continueGroup, HELD_TOGETHER, refuseBatches, smallFaults } from './group-cases.ts';

const START_MS = Date.parse('2026-03-01T00:00:00Z');
const MINUTE_MS = 60_000;
/** Many events at once, enough to open a breaker while some deliveries are in progress. */
const BURST_MS = START_MS + 2 * MINUTE_MS;

export interface Scenario {
  readonly deployment: SimulatedDeployment;
  readonly endpoints: readonly Endpoint[];
  readonly published: readonly PublishedMessage[];
}

function until(minutes: number, behavior: ReceiverBehavior): ReceiverBehavior {
  return (nowMs) => (nowMs < START_MS + minutes * MINUTE_MS ? behavior(nowMs) : {});
}

const RECEIVERS: Readonly<Record<string, ReceiverBehavior>> = {
  healthy: () => ({}),
  failing: until(20, () => ({ status: 500 })),
  // It hangs, and its breaker opens. Probes fail and then succeed, and the held deliveries are delivered.
  away: until(120, () => ({ status: undefined, error: 'timeout', afterMs: 15_000 })),
  // The product disables it after five days of failures.
  dead: () => ({ status: 503 }),
  // Slow enough that many attempts of the burst get a 410 at once. The first one disables the endpoint.
  gone: (nowMs) => (nowMs < BURST_MS ? {} : { status: 410, afterMs: 10_000 }),
  forbidden: () => ({ status: undefined, error: 'blocked_address' }),
  // Fails four times over half an hour, which is too seldom to open the breaker, and then recovers.
  seldom: until(120, () => ({ status: 500 })),
  // Fails once or twice, too few times to count as a failing endpoint, and then recovers.
  briefly: until(2, () => ({ status: 500 })),
  // It hangs from the burst on, and is deleted during these attempts.
  removed: (nowMs) => (nowMs < BURST_MS ? {} : { status: undefined, error: 'timeout', afterMs: 15_000 }),
};

/** The events of the endpoints that do not receive all events. */
const EVENTS: Readonly<Record<string, Endpoint['events']>> = {
  healthy: ['*', ...REPUTATION_EVENTS],
  seldom: ['unsubscribed'],
  briefly: ['unsubscribed'],
  removed: ['sent'],
};

const UNKNOWN = '0100-unknown';
const WORKSPACE = deterministicId('ws', ['tenant']);
/** The beginning of an hour without other events, and its row of counters, which DynamoDB refuses. */
const UNCOUNTED_MS = START_MS + 3 * 24 * 60 * MINUTE_MS;
const REFUSED_COUNTER_ROW = `"pk":"${eventCountersPartition(WORKSPACE, 'hour')}","sk":"${formatTimestamp(UNCOUNTED_MS)}"`;

const LOW_METRIC = { warning: 0.001, pause: 1, min_count: 1 };
const LOW_WINDOW = { min_sent: 1, bounce: LOW_METRIC, complaint: LOW_METRIC };
/** With these limits of the guard, the first bounce is a warning. */
const LOW_LIMITS: ReputationLimits = { hour: LOW_WINDOW, day: LOW_WINDOW };

export async function createScenario(seed: number): Promise<Scenario> {
  const deployment = new SimulatedDeployment({ seed, startMs: START_MS, consumerConcurrency: 8 });
  const at = formatTimestamp(START_MS);
  await createWorkspace(deployment.table, {
    id: WORKSPACE,
    name: 'tenant',
    created_at: at,
    configuration_set: 'set',
  });
  await writeReputationSettings(deployment.table, WORKSPACE, { limits: LOW_LIMITS });
  const endpoints = Object.entries(RECEIVERS).map(([name, behavior]): Endpoint => {
    const url = `https://${name}.example.com/`;
    const secret = deployment.dice.bytes(24);
    deployment.receivers.set(url, new SimulatedReceiver(url, secret, behavior));
    return {
      id: deterministicId('ep', [name]),
      workspace_id: WORKSPACE,
      url,
      events: EVENTS[name] ?? ['*'],
      status: 'active',
      status_changed_at: at,
      created_at: at,
      updated_at: at,
      secrets: [{ version: 1, sealed: secret }],
    };
  });
  for (const endpoint of endpoints) await putEndpoint(deployment.table, endpoint);

  const published: PublishedMessage[] = [];
  for (let email = 0; email < 8; email += 1) {
    const workspaceId = email % 4 === 3 ? DEFAULT_WORKSPACE_ID : WORKSPACE;
    published.push(
      ...randomLifecycle(deployment.dice, { acceptedAtMs: START_MS + email * 3 * MINUTE_MS, workspaceId }),
    );
  }
  published.push(...rareCases(deployment));
  refuseBatches(deployment);
  return { deployment, endpoints, published };
}

/** Rare messages, and errors of DynamoDB that the pipeline must handle. */
function rareCases({ dice, table }: SimulatedDeployment): readonly PublishedMessage[] {
  const email = {
    acceptedAtMs: START_MS,
    source: 'a@example.com',
    to: ['b@example.com'],
    operation: 'SendEmail',
  } as const;
  const untagged = { ...email, messageId: `0100-${dice.hex(8)}-bounced`, configurationSet: 'set' };
  // Two rows at least, because a row that is refused alone in its batch need not be searched for.
  const refused = {
    ...untagged,
    to: ['b@example.com', 'c@example.com'],
    messageId: `0100-${dice.hex(8)}-refused`,
  };
  let conflicts = 0;
  table.before = (command, input) => {
    const text = JSON.stringify(input);
    // DynamoDB never accepts these rows, so ingest must quarantine the message.
    if (command === 'BatchWriteCommand' && text.includes(`M#${WORKSPACE}#${refused.messageId}`))
      throw Object.assign(new Error('The item is too large'), { name: 'ValidationException' });
    // DynamoDB refuses one row of counters. The record is skipped, and the other records of its batch are counted.
    if (command === 'TransactWriteCommand' && text.includes(REFUSED_COUNTER_ROW))
      throw Object.assign(new Error('The counter is refused'), { name: 'ValidationException' });
    if (command === 'UpdateCommand' && text.includes('attempt_count = :count') && (conflicts += 1) === 3)
      throw new TransactionConflictException({ message: 'Another write is under way', $metadata: {} });
  };
  const sent = (name: string, atMs: number): PublishedMessage => {
    const messageId = `0100-${dice.hex(8)}-${name}`;
    const ses = sendEvent({ ...untagged, messageId, acceptedAtMs: atMs });
    return {
      atMs,
      body: JSON.stringify(ses),
      expectedEvents: [{ messageId, to: 'b@example.com', event: 'sent', workspaceId: WORKSPACE }],
    };
  };
  // Three rows of one partition, which are in one batch of the stream.
  const recipients = ['b@example.com', 'c@example.com', 'd@example.com'];
  const held = { ...untagged, to: recipients, messageId: `0100-${dice.hex(8)}-${HELD_TOGETHER}` };
  const heldTogether: PublishedMessage = {
    atMs: START_MS + 35 * MINUTE_MS,
    body: JSON.stringify(sendEvent({ ...held, acceptedAtMs: START_MS + 35 * MINUTE_MS })),
    expectedEvents: recipients.map((to) => {
      return { messageId: held.messageId, to, event: 'sent', workspaceId: WORKSPACE };
    }),
  };
  const bounce = { type: 'Permanent', subType: 'General', status: '5.1.1' };
  const uncounted = (['sent', 'delivered'] as const).map((event): PublishedMessage => {
    const source = { ...untagged, messageId: '0100-uncounted', acceptedAtMs: UNCOUNTED_MS };
    const { messageId } = source;
    const ses = event === 'sent' ? sendEvent(source) : deliveryEvent(source, source.to, UNCOUNTED_MS - 1);
    const fact = { messageId, to: 'b@example.com', event, workspaceId: WORKSPACE };
    const facts = [event === 'sent' ? { ...fact, counters: [] } : fact];
    return { atMs: UNCOUNTED_MS, body: JSON.stringify(ses), expectedEvents: facts };
  });
  const bounced = bounceEvent({ ...untagged, tags: { ivymail_workspace: WORKSPACE } }, ['b@example.com'], {
    atMs: START_MS,
    bounce,
  });
  const delayed: PublishedMessage = {
    atMs: START_MS + MINUTE_MS,
    body: JSON.stringify(
      deliveryDelayEvent(untagged, ['b@example.com'], {
        atMs: START_MS + MINUTE_MS,
        expiresAtMs: START_MS + 60 * MINUTE_MS,
      }),
    ),
    expectedEvents: [
      { messageId: untagged.messageId, to: 'b@example.com', event: 'delayed', workspaceId: WORKSPACE },
    ],
  };
  return [
    { atMs: START_MS, body: 'not JSON', expectedEvents: [], unreadable: true },
    { atMs: START_MS, body: JSON.stringify(sendEvent(refused)), expectedEvents: [], unreadable: true },
    {
      atMs: START_MS,
      body: JSON.stringify(bounced),
      expectedEvents: [
        { messageId: untagged.messageId, to: 'b@example.com', event: 'bounced', workspaceId: WORKSPACE },
      ],
    },
    ...Array.from({ length: 24 }, (_, index) => sent(`burst-${index}`, BURST_MS + index)),
    {
      atMs: START_MS,
      body: JSON.stringify(subscriptionEvent(untagged, START_MS)),
      expectedEvents: [
        { messageId: untagged.messageId, to: 'b@example.com', event: 'unsubscribed', workspaceId: WORKSPACE },
      ],
    },
    // A type that the product does not know: it is stored and not delivered.
    {
      atMs: START_MS,
      body: JSON.stringify({ ...sendEvent({ ...untagged, messageId: UNKNOWN }), eventType: 'Vanished' }),
      expectedEvents: [{ messageId: UNKNOWN, to: 'b@example.com', event: 'unknown', workspaceId: WORKSPACE }],
    },
    // Two events of one message, so that one batch of the stream contains both. They are in different hours. One cannot be counted.
    ...uncounted,
    heldTogether,
    delayed,
    // Late enough that the product disables the endpoint that has failed since the first day.
    sent('late', START_MS + 6 * 24 * 60 * MINUTE_MS),
  ];
}

/** Runs the scenario to its end. */
export async function runScenario({ deployment, endpoints, published }: Scenario): Promise<void> {
  const { clock, table } = deployment;
  const restore = clock.installTimers();
  try {
    for (const { atMs, body } of published)
      clock.after(atMs - clock.nowMs, () => deployment.ingestQueue.send(body));
    const [healthy, failing, away] = endpoints as [Endpoint, Endpoint, Endpoint];
    const removed = endpoints.at(-1) as Endpoint;
    deployment.faults = smallFaults(deployment);
    clock.after(BURST_MS + 5_000 - clock.nowMs, () => void remove(table, removed));
    scheduleReputation(deployment, { workspaceId: WORKSPACE, unitMs: 2 * MINUTE_MS });
    clock.after(MINUTE_MS, () => void poison(deployment));
    clock.after(5 * MINUTE_MS, () => void setStatus(deployment, failing, 'paused'));
    clock.after(15 * MINUTE_MS, () => void setStatus(deployment, failing, 'active'));
    clock.after(20 * MINUTE_MS, () => void continueDrain(deployment, healthy));
    clock.after(25 * MINUTE_MS, () => void dispatchToOpenBreaker(deployment, away));
    clock.after(26 * MINUTE_MS, () => void attemptExpired(deployment, undelivered(deployment), healthy));
    clock.after(27 * MINUTE_MS, () => void continueGroup(deployment, undelivered(deployment), failing));
    clock.after(30 * MINUTE_MS, () => void redeliver(deployment));
    clock.after(40 * MINUTE_MS, () => void setStatus(deployment, healthy, 'paused'));
    clock.after(60 * MINUTE_MS, () => void setStatus(deployment, healthy, 'active'));
    clock.after(200 * MINUTE_MS, () => void recover(deployment, endpoints));
    await clock.run();
  } finally {
    restore();
  }
}

/** The event that no endpoint gets by itself. */
function undelivered({ table }: Pick<SimulatedDeployment, 'table'>): EmailEvent {
  const row = [...table.rows.values()].find((each) => each['kind'] === 'event' && each.pk.endsWith(UNKNOWN));
  if (!row) throw new Error('The event is not stored');
  return toEmailEvent(row);
}

/** Makes a first attempt at an endpoint whose breaker is open, as if the attempt had been dispatched before the breaker opened. */
async function dispatchToOpenBreaker(
  { table, clock }: SimulatedDeployment,
  endpoint: Endpoint,
): Promise<void> {
  const task = createFirstTask(undelivered({ table }), endpoint.id);
  const ids = { id: deterministicId('req', ['overtake']), workspace_id: WORKSPACE };
  await putCommand(table, { command: 'redeliver', task, ...ids }, formatTimestamp(clock.nowMs));
}

/** Writes a row that dispatch cannot read. The other rows of its batch must be dispatched. */
async function poison({ table }: SimulatedDeployment): Promise<void> {
  const Item = { pk: 'M#nobody', sk: 'E#nothing', kind: 'event' };
  await table.client.send(new PutCommand({ TableName: table.name, Item }));
  table.rows.delete(`${Item.pk}\n${Item.sk}`);
}

/** A drain that has used up the steps of its execution and continues in a new one. */
async function continueDrain(
  { table, clock }: SimulatedDeployment,
  endpoint: Endpoint | undefined,
): Promise<void> {
  const at = formatTimestamp(clock.nowMs);
  const ids = { workspace_id: WORKSPACE, id: deterministicId('rcv', ['drain']) };
  await putCommand(table, { command: 'drain', endpoint_id: endpoint?.id ?? '', ...ids }, at);
  const task = {
    workspace_id: WORKSPACE,
    command_id: ids.id,
    command: 'drain' as const,
    execution_name: 'full',
    delay_seconds: 0,
    steps: 1_999,
    probes: 0,
  };
  await putCommand(table, { command: 'continue', task, ...ids, id: deterministicId('rcv', ['full']) }, at);
}

async function redeliver({ table, clock }: SimulatedDeployment): Promise<void> {
  const row = [...table.rows.values()].find(
    (each) => each['kind'] === 'delivery' && each['status'] === 'delivered',
  );
  if (!row) return;
  const delivery = toDelivery(row);
  const id = deterministicId('req', ['redeliver']);
  const task = createTask({ ...delivery, timestamp: delivery.event_timestamp }, delivery.endpoint_id, {
    id,
    trigger: 'manual',
    attempts: delivery.attempt_count,
  });
  const command: Command = { command: 'redeliver', task, id, workspace_id: WORKSPACE };
  await putCommand(table, command, formatTimestamp(clock.nowMs));
}

async function remove(table: SimulatedDeployment['table'], { id }: Endpoint): Promise<void> {
  const entry = { id: deterministicId('req', ['removed']), at: formatTimestamp(START_MS) };
  await deleteEndpoint(
    table,
    { workspaceId: WORKSPACE, endpointId: id },
    { ...entry, action: 'deleted', by: 'test' },
  );
}

async function setStatus(
  { table, clock }: SimulatedDeployment,
  endpoint: Endpoint | undefined,
  status: 'active' | 'paused',
): Promise<void> {
  const at = formatTimestamp(clock.nowMs);
  const action = status === 'paused' ? ('paused' as const) : ('resumed' as const);
  const change = { id: deterministicId('req', [status]), at, action, by: 'test', filter: null };
  await updateEndpoint(
    table,
    { workspaceId: WORKSPACE, endpointId: endpoint?.id ?? '' },
    { changes: { status }, historyEntry: change },
  );
}

async function recover({ table, clock }: SimulatedDeployment, endpoints: readonly Endpoint[]): Promise<void> {
  const at = formatTimestamp(clock.nowMs);
  for (const { id } of endpoints) {
    const recovery = newRecovery({
      id: deterministicId('rcv', [id]),
      endpoint: { id, workspace_id: WORKSPACE },
      range: { since: formatTimestamp(START_MS), until: at },
      include: DEFAULT_MISSED_KINDS,
      count: 0,
      nowMs: clock.nowMs,
    });
    await putRecovery(table, recovery);
  }
}
