/**
 * A deployment in an account with a limit of concurrent invocations. One receiver hangs and gets many events at once. Other
 * endpoints receive a steady stream of events, and a user sends API requests.
 */
import type { Endpoint } from '../lambdas/core/endpoints.ts';
import type { DeliveryStatus } from '../lambdas/core/deliveries.ts';
import { toDelivery } from '../lambdas/store/deliveries.ts';
import { toEmailEvent } from '../lambdas/store/event-rows.ts';
import { addEndpoint, delivered, MINUTE_MS, rows, run, sent, START_MS } from './builders/deployment.ts';
import { SimulatedDeployment, TOO_MANY_REQUESTS } from './deployment.ts';
import type { PublishedMessage } from './ses/email-lifecycle.ts';

export interface AccountWorldOptions {
  readonly seed: number;
  /** The account's limit of concurrent invocations of all functions. */
  readonly concurrency: number;
  /** The option of the same name. */
  readonly consumerConcurrency?: number;
  /** The events that are published at once for the receiver that hangs. */
  readonly floodEvents: number;
  readonly healthyEndpoints: number;
  /** The events per second that every healthy endpoint receives. */
  readonly eventsPerSecond: number;
  /** The duration of the steady stream and of the API requests. */
  readonly minutes: number;
}

/** The API requests of one minute. `errors` are those that Lambda refused, because the account's limit was reached. */
export interface ApiMinute {
  requests: number;
  errors: number;
}

/** The times from an event to its first request, in milliseconds. */
export interface Lags {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type StatusCounts = Readonly<Partial<Record<DeliveryStatus | 'missing', number>>>;

export interface AccountWorldReport {
  readonly options: AccountWorldOptions;
  /** Concurrent invocations: the peak, and how many were throttled. */
  readonly peak: number;
  readonly throttled: number;
  /** The lags of the healthy endpoints, since the event's row was stored. */
  readonly lag: Lags;
  /** The same for the events that were published in the first minute. */
  readonly lagOfFirstMinute: Lags;
  /** The same events, since SES published the event. This includes the wait for ingest. */
  readonly lagSincePublished: Lags;
  readonly api: readonly ApiMinute[];
  /** The time from the flood until the circuit breaker of the hanging endpoint opened. Undefined if it did not open. */
  readonly breakerOpenedMs: number | undefined;
  /** Requests to the receiver while it hung. */
  readonly hungRequests: number;
  /** The deliveries to the hanging endpoint just before the receiver works again, and after all work has ended. */
  readonly whileHanging: StatusCounts;
  readonly afterwards: StatusCounts;
  readonly deadLetters: number;
  readonly failedExecutions: readonly string[];
  readonly deployment: SimulatedDeployment;
  readonly endpoints: readonly Endpoint[];
  readonly published: readonly PublishedMessage[];
}

/** The deadline of an attempt. */
const HANG_MS = 15_000;
/** Before the last retry of the first attempts, which comes after about 31 minutes. */
const HEALED_MS = START_MS + 25 * MINUTE_MS;
const API_INTERVAL_MS = 200;

/** One API request: the authorizer runs for each request, and then the api function. */
async function sendApiRequest(deployment: SimulatedDeployment): Promise<void> {
  const { clock, dice } = deployment;
  await deployment.invoke(() => clock.sleep(5 + dice.below(10)));
  await deployment.invoke(() => clock.sleep(20 + dice.below(60)));
}

/** Schedules the requests of an API user. Nobody repeats a request that failed. */
function scheduleApiUser(deployment: SimulatedDeployment, minutes: number): readonly ApiMinute[] {
  const perMinute = Array.from({ length: minutes }, (): ApiMinute => ({ requests: 0, errors: 0 }));
  for (const [minute, counts] of perMinute.entries()) {
    for (let ms = 0; ms < MINUTE_MS; ms += API_INTERVAL_MS)
      deployment.clock.after(minute * MINUTE_MS + ms, () => {
        counts.requests += 1;
        sendApiRequest(deployment).catch((error: Error) => {
          if (error.name !== TOO_MANY_REQUESTS) throw error;
          counts.errors += 1;
        });
      });
  }
  return perMinute;
}

/** When SES published an event and when its row was stored. */
interface EventTimes {
  readonly publishedMs: number;
  readonly insertedMs: number;
}

/** Records the times of each event, by the event's id. */
function recordTimes(deployment: SimulatedDeployment): ReadonlyMap<string, EventTimes> {
  const times = new Map<string, EventTimes>();
  const { table, clock } = deployment;
  const { onInsert } = table;
  table.onInsert = (row) => {
    if (row['kind'] === 'event') {
      const { event_id: id, timestamp: at } = toEmailEvent(row);
      times.set(id, { publishedMs: Date.parse(at), insertedMs: clock.nowMs });
    }
    onInsert(row);
  };
  return times;
}

/** The requests to healthy endpoints, each with the times of its event. */
function requestsTo(
  { receivers }: SimulatedDeployment,
  endpoints: readonly Endpoint[],
  times: ReadonlyMap<string, EventTimes>,
): readonly (EventTimes & { readonly firstMs: number })[] {
  return endpoints
    .flatMap(({ url }) => [...(receivers.get(url)?.receivedByEvent ?? [])])
    .flatMap(([eventId, { firstMs }]) => {
      const event = times.get(eventId);
      return event ? [{ ...event, firstMs }] : [];
    });
}

function lagsOf(lags: readonly number[]): Lags {
  const sorted = lags.toSorted((left, right) => left - right);
  const percentile = (share: number): number =>
    Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN);
  return { count: sorted.length, p50: percentile(0.5), p99: percentile(0.99), max: percentile(1) };
}

function statusesOf(deployment: SimulatedDeployment, { id }: Endpoint, expected: number): StatusCounts {
  const counts: Partial<Record<DeliveryStatus | 'missing', number>> = {};
  const found = rows(deployment, 'delivery')
    .map(toDelivery)
    .filter(({ endpoint_id: endpointId }) => endpointId === id);
  for (const { status } of found) counts[status] = (counts[status] ?? 0) + 1;
  return found.length < expected ? { ...counts, missing: expected - found.length } : counts;
}

export async function runAccountWorld(options: AccountWorldOptions): Promise<AccountWorldReport> {
  const { floodEvents, healthyEndpoints, eventsPerSecond, minutes } = options;
  const deployment = new SimulatedDeployment({ ...options, startMs: START_MS });
  const hanging = await addEndpoint(deployment, 'hanging', {
    events: ['sent'],
    behavior: (nowMs) => (nowMs < HEALED_MS ? { status: undefined, error: 'timeout', afterMs: HANG_MS } : {}),
  });
  const healthy: Endpoint[] = [];
  for (let index = 0; index < healthyEndpoints; index += 1)
    healthy.push(await addEndpoint(deployment, `well-${index}`, { events: ['delivered'] }));
  const times = recordTimes(deployment);
  const published = [
    ...Array.from({ length: floodEvents }, () => sent(deployment, START_MS)),
    ...Array.from({ length: minutes * 60 * eventsPerSecond }, () =>
      delivered(deployment, START_MS + deployment.dice.below(minutes * MINUTE_MS)),
    ),
  ];
  const api = scheduleApiUser(deployment, minutes);
  await run(deployment, published, HEALED_MS - 1);
  const openedAt = deployment.table.rows.get(`W#${hanging.workspace_id}\nEP#${hanging.id}`)?.[
    'breaker_opened_at'
  ];
  const whileHanging = statusesOf(deployment, hanging, floodEvents);
  const hungRequests = [...(deployment.receivers.get(hanging.url)?.receivedByEvent.values() ?? [])].reduce(
    (sum, each) => sum + each.requests,
    0,
  );
  await run(deployment, []);
  const requests = requestsTo(deployment, healthy, times);
  const early = requests.filter(({ publishedMs }) => publishedMs < START_MS + MINUTE_MS);
  return {
    options,
    peak: deployment.invocations.peak,
    throttled: deployment.invocations.throttled,
    lag: lagsOf(requests.map(({ firstMs, insertedMs }) => firstMs - insertedMs)),
    lagOfFirstMinute: lagsOf(early.map(({ firstMs, insertedMs }) => firstMs - insertedMs)),
    lagSincePublished: lagsOf(early.map(({ firstMs, publishedMs }) => firstMs - publishedMs)),
    api,
    breakerOpenedMs: typeof openedAt === 'string' ? Date.parse(openedAt) - START_MS : undefined,
    hungRequests,
    whileHanging,
    afterwards: statusesOf(deployment, hanging, floodEvents),
    deadLetters: deployment.deadLetters.length + deployment.ingestQueue.deadLetters.length,
    failedExecutions: deployment.failedExecutions.map(({ name, error }) => `${name}: ${error.message}`),
    deployment,
    endpoints: [hanging, ...healthy],
    published,
  };
}
