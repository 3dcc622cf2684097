/** A group of deliveries to one endpoint, and the deliver function that attempts it, on a virtual clock. */
import { onTestFinished } from 'vitest';
import type { Attempt, DeliveryGroup, DeliveryTask, GroupResult } from '../../lambdas/core/deliveries.ts';
import type { Endpoint } from '../../lambdas/core/endpoints.ts';
import type { StoredEvent } from '../../lambdas/core/deliverable-events.ts';
import type { EmailEvent } from '../../lambdas/core/events.ts';
import { deliveryId } from '../../lambdas/core/ids.ts';
import { formatTimestamp } from '../../lambdas/core/timestamps.ts';
import type { DeliverDeps } from '../../lambdas/delivery/attempt.ts';
import { deliverGroup, type GroupReport } from '../../lambdas/delivery/deliver.ts';
import { createGroups, createMember } from '../../lambdas/delivery/groups.ts';
import type { AttemptResult, WebhookRequest } from '../../lambdas/delivery/send.ts';
import { getDelivery } from '../../lambdas/store/deliveries.ts';
import { eventRows } from '../../lambdas/store/event-rows.ts';
import { putRows } from '../../lambdas/store/put-rows.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { WORKSPACE_ID, aTask, anEndpoint, anEvent } from '../../sim/builders/events.ts';
import { putEndpoint } from '../../sim/builders/rows.ts';
import { Clock } from '../../sim/clock.ts';
import { Dice, seededRandom } from '../../sim/random.ts';
import { simulatedTable } from '../../sim/table.ts';

export const START_MS = Date.parse('2026-02-25T12:00:10Z');
const TTL = 2_000_000_000;
const FUNCTION_TIMEOUT_MS = 45_000;

/** A receiver's response. By default, it accepts the webhook after 20 ms. */
export interface Response {
  readonly afterMs?: number;
  readonly status?: number;
  readonly error?: Attempt['error_class'];
  readonly retryAfter?: string;
}

export const SERVER_ERROR: Response = { status: 500, error: 'http_status' };
/** The receiver accepts the connection and never responds. */
export const HANGS: Response = { afterMs: 15_000, error: 'timeout' };
export const REFUSES: Response = { afterMs: 2, error: 'connect_error' };

export interface SentRequest {
  readonly eventId: string;
  readonly url: string;
  readonly attempt: number;
  readonly atMs: number;
  readonly body: string;
}

export interface GroupWorldOptions {
  readonly count?: number;
  readonly endpoint?: Endpoint;
  readonly eventOf?: (index: number) => Partial<EmailEvent>;
  readonly taskOf?: (index: number) => Partial<DeliveryTask>;
}

function resultOf({ status, error, retryAfter }: Response, startedMs: number, nowMs: number): AttemptResult {
  const statusCode = status ?? (error === undefined ? 200 : undefined);
  return {
    started_at: formatTimestamp(startedMs),
    duration_ms: nowMs - startedMs,
    ...(statusCode !== undefined && { status_code: statusCode }),
    ...(error !== undefined && { error_class: error }),
    ...(retryAfter !== undefined && { retry_after: retryAfter }),
  };
}

export type GroupWorld = Awaited<ReturnType<typeof setUpGroup>>;

/** Stores the endpoint and the events, and groups the deliveries as dispatch does. */
export async function setUpGroup(options: GroupWorldOptions = {}) {
  const { count = 100, endpoint = anEndpoint(), eventOf = () => ({}), taskOf = () => ({}) } = options;
  const table = simulatedTable();
  const clock = new Clock(START_MS);
  onTestFinished(clock.installTimers());
  const events: readonly StoredEvent<EmailEvent>[] = Array.from({ length: count }, (_, index) => ({
    event: anEvent({ message_id: `message-${index}`, ...eventOf(index) }),
    ttl: TTL,
  }));
  const storing = putRows(
    table,
    events.flatMap(({ event }) => eventRows([event], { retentionDays: 90, receivedAtMs: START_MS })),
  );
  await clock.run();
  await storing;
  await putEndpoint(table, endpoint);
  table.calls.length = 0;
  const groups = createGroups(
    events.map((stored, index) => createMember(aTask(stored.event, endpoint, taskOf(index)), stored)),
  );

  const requests: SentRequest[] = [];
  const unrecorded: unknown[] = [];
  const inFlight = { now: 0, peak: 0 };
  const dice = new Dice(seededRandom(1));
  const receiver = {
    /** The index is the number of requests before this one. */
    respond: (_request: SentRequest, _index: number): Response => ({}),
  };

  async function send(request: WebhookRequest): Promise<AttemptResult> {
    const sent: SentRequest = {
      eventId: String(request.headers['webhook-id']),
      url: request.url,
      attempt: Number(request.headers['x-ivymail-attempt']),
      atMs: clock.nowMs,
      body: request.body,
    };
    const response = receiver.respond(sent, requests.length);
    requests.push(sent);
    inFlight.now += 1;
    inFlight.peak = Math.max(inFlight.peak, inFlight.now);
    await clock.sleep(response.afterMs ?? 20);
    inFlight.now -= 1;
    return resultOf(response, sent.atMs, clock.nowMs);
  }

  const deps: DeliverDeps = {
    table,
    secrets: { open: (_endpoint, { version }) => Promise.resolve(Buffer.alloc(24, version)) },
    send,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    now: clock.now,
    random: dice.random,
    randomBytes: (size) => dice.bytes(size),
    onUnrecorded: (error) => unrecorded.push(error),
  };

  /** One invocation of the function. The clock runs until it ends. */
  async function deliver(
    group: DeliveryGroup,
    changes: {
      readonly deps?: Partial<DeliverDeps>;
      readonly execution?: string;
      readonly remainingMs?: number;
      readonly abandon?: boolean;
      readonly events?: readonly StoredEvent[];
    } = {},
  ): Promise<GroupReport> {
    const { execution = 'one', remainingMs = FUNCTION_TIMEOUT_MS, abandon = false } = changes;
    const settled = Promise.allSettled([
      deliverGroup(
        { ...deps, ...changes.deps },
        {
          group: JSON.parse(JSON.stringify(group)) as DeliveryGroup,
          events: changes.events ?? (group.wakes === 0 ? events : []),
          execution,
          abandon,
          deadlineMs: clock.nowMs + remainingMs,
        },
      ),
    ]);
    await clock.run();
    const [end] = await settled;
    if (end.status === 'rejected') throw end.reason;
    return end.value;
  }

  /** Waits for the delay of the group, and invokes the function again. */
  function wake(result: DeliveryGroup, changes: Parameters<typeof deliver>[1] = {}): Promise<GroupReport> {
    clock.nowMs += result.delay_seconds * 1000;
    return deliver(result, { execution: 'redeliver', ...changes });
  }

  /** Wakes the group as Redeliver does, until no task is left. Returns the number of wakes. */
  async function wakeUntilDone(result: GroupResult): Promise<number> {
    let next = result;
    let wakes = 0;
    for (; next.outcome === 'retry'; wakes += 1) {
      if (wakes === 2_000) throw new Error('The group does not end');
      ({ result: next } = await wake(next));
    }
    return wakes;
  }

  const [start] = groups;
  if (!start) throw new Error('A world has at least one delivery');
  const rowsOf = (kind: string): readonly Row[] =>
    [...table.rows.values()].filter((row) => row['kind'] === kind);
  const idOf = (index: number): string => deliveryId(events[index]?.event.event_id ?? '', endpoint.id);
  return {
    table,
    clock,
    endpoint,
    events,
    groups,
    group: start.group,
    deps,
    receiver,
    requests,
    unrecorded,
    inFlight,
    deliver,
    wake,
    wakeUntilDone,
    rowsOf,
    eventId: (index: number): string => events[index]?.event.event_id ?? '',
    /** The delivery and the attempts of the event with this index. */
    delivery: (index: number) => getDelivery(table, WORKSPACE_ID, idOf(index)),
    statuses: () => countBy(rowsOf('delivery').map((row) => String(row['status']))),
    /** The number of requests for each event. */
    requestCounts: () => countBy(requests.map(({ eventId }) => eventId)),
  };
}

export function countBy(values: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
