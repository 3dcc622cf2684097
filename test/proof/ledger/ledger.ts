/** What was sent against what is there: every event, every delivery and every count is accounted for, or named. */
import { DELIVERY_STATUSES, type DeliveryStatus } from '../../../lambdas/core/deliveries.ts';
import { matchEndpoints, type Endpoint } from '../../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { deliveryId } from '../../../lambdas/core/ids.ts';
import { timelinesOf } from '../../../lambdas/core/message-status.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import { attemptWorkspace, endpointHistoryPartition } from '../../../lambdas/store/keys.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import {
  expectedCounters,
  isSimulatorAddress,
  expectedStatus,
  type ExpectedEvent,
  type PublishedMessage,
} from '../../../sim/ses/email-lifecycle.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';

export interface Findings {
  /** What nothing explains; each by its name. */
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

function rowsOf(world: SimulatedDeployment, kind: string): readonly Row[] {
  return [...world.table.rows.values()].filter((row) => row['kind'] === kind);
}

/** As it is by now. */
export function endpointRow(
  world: SimulatedDeployment,
  { workspace_id: workspaceId, id }: Endpoint,
): Row | undefined {
  return world.table.rows.get(`W#${workspaceId}\nEP#${id}`);
}

function factKey({ workspaceId, messageId, to, event }: ExpectedEvent): string {
  return [workspaceId, messageId, to?.toLowerCase() ?? '', event].join(' ');
}

function keyOf(event: EmailEvent): string {
  const { workspace_id: workspaceId, message_id: messageId, to } = event;
  return factKey({ workspaceId, messageId, to, event: event.event });
}

export const CONFLICTING_FIGURE = 'recipients with a delivery and a bounce or a complaint';

/** Every fact is one row, no row lacks its fact, and each recipient stands where all facts together put them. */
export function checkEvents(world: SimulatedDeployment, published: readonly PublishedMessage[]): Findings {
  const violations: string[] = [];
  // A message that was tried ten times in vain is reported in the dead-letter queue.
  const dead = new Set(world.ingestQueue.deadLetters);
  const told = published.filter(({ body }) => !dead.has(body));
  const facts = new Map(told.flatMap((each) => each.expectedEvents).map((fact) => [factKey(fact), fact]));
  const everTold = new Set(published.flatMap((each) => each.expectedEvents).map(factKey));
  const events = rowsOf(world, 'event').map(toEmailEvent);
  const stored = new Map<string, number>();
  for (const event of events) stored.set(keyOf(event), (stored.get(keyOf(event)) ?? 0) + 1);

  for (const key of facts.keys()) if (!stored.has(key)) violations.push(`lost event: ${key}`);
  for (const [key, count] of stored) {
    if (count > 1) violations.push(`stored ${count} times: ${key}`);
    if (!everTold.has(key)) violations.push(`stored, and never told: ${key}`);
  }

  const byRecipient = new Map<string, Set<string>>();
  for (const { workspaceId, messageId, to = '', event } of facts.values()) {
    const key = [workspaceId, messageId, to.toLowerCase()].join(' ');
    byRecipient.set(key, (byRecipient.get(key) ?? new Set()).add(event));
  }
  for (const [key, events_] of groupByMessage(events)) {
    for (const { to = '', status } of timelinesOf(events_)) {
      const truth = expectedStatus(byRecipient.get(`${key} ${to.toLowerCase()}`) ?? []);
      if (status !== truth) violations.push(`status ${status}, not ${truth}: ${key} ${to}`);
    }
  }

  const conflicting = [...byRecipient.values()].filter((own) => isConflict(own)).length;

  const unreadable = told.filter((each) => each.unreadable);
  const quarantined = rowsOf(world, 'quarantine').length;
  if (quarantined < unreadable.length)
    violations.push(`${unreadable.length} messages were unreadable, and ${quarantined} are quarantined`);
  return {
    violations,
    figures: {
      events: events.length,
      [CONFLICTING_FIGURE]: conflicting,
      quarantined,
      'in the dead-letter queue': dead.size,
    },
  };
}

/** Delivered, and something else as well: the order of arrival must not decide. */
function isConflict(events: ReadonlySet<string>): boolean {
  return (
    events.has('delivered') && ['soft_bounced', 'bounced', 'complained'].some((each) => events.has(each))
  );
}

function groupByMessage(events: readonly EmailEvent[]): ReadonlyMap<string, readonly EmailEvent[]> {
  const groups = new Map<string, EmailEvent[]>();
  for (const event of events) {
    const key = `${event.workspace_id} ${event.message_id}`;
    groups.set(key, [...(groups.get(key) ?? []), event]);
  }
  return groups;
}

const ENDED: ReadonlySet<DeliveryStatus> = new Set(['delivered', 'exhausted', 'blocked', 'held']);

/**
 * Every event that an endpoint wants has a delivery that came to an end; an endpoint that was given up meanwhile may lack
 * some, and `recover` makes them. `mustBe` narrows what counts as an end, and then nothing may be lacking.
 */
export function checkDeliveries(
  world: SimulatedDeployment,
  endpoints: readonly Endpoint[],
  mustBe: ReadonlySet<DeliveryStatus> = ENDED,
): Findings {
  const violations: string[] = [];
  const deliveries = new Map(rowsOf(world, 'delivery').map((row) => [toDelivery(row).id, toDelivery(row)]));
  const reported = JSON.stringify(world.deadLetters);
  let missing = 0;
  for (const event of rowsOf(world, 'event').map(toEmailEvent)) {
    const wanting = endpoints.filter((endpoint) => endpoint.workspace_id === event.workspace_id);
    for (const endpoint of matchEndpoints(wanting, event)) {
      const delivery = deliveries.get(deliveryId(event.event_id, endpoint.id));
      const name = `${event.event_id} to ${endpoint.url}`;
      if (delivery) {
        if (!mustBe.has(delivery.status)) violations.push(`delivery ${delivery.status}: ${name}`);
        continue;
      }
      missing += 1;
      const status = endpointRow(world, endpoint)?.['status'];
      const excused = mustBe === ENDED && (status !== 'active' || reported.includes(event.event_id));
      if (!excused) violations.push(`no delivery of ${name}`);
    }
  }
  const by = DELIVERY_STATUSES.map((status) => [
    `deliveries ${status}`,
    [...deliveries.values()].filter((delivery) => delivery.status === status).length,
  ]);
  return {
    violations,
    figures: { ...Object.fromEntries(by), 'left to recover': missing },
  };
}

/** Every request is an attempt that was recorded, or one that a crash explains; what was said to be taken was taken. */
export function checkRequests(world: SimulatedDeployment, endpoints: readonly Endpoint[]): Findings {
  const violations: string[] = [];
  const attempts = new Map<string, number>();
  for (const row of rowsOf(world, 'attempt')) {
    const id = row.pk.split('#').at(-1) ?? '';
    attempts.set(id, (attempts.get(id) ?? 0) + 1);
  }
  const byUrl = new Map(endpoints.map((endpoint) => [endpoint.url, endpoint]));
  let requests = 0;
  let repeated = 0;
  for (const receiver of world.receivers.values()) {
    const endpoint = byUrl.get(receiver.url);
    if (receiver.invalidSignatures > 0)
      violations.push(`${receiver.invalidSignatures} requests to ${receiver.url} are not signed right`);
    for (const [eventId, received] of receiver.receivedByEvent) {
      const id = deliveryId(eventId, endpoint?.id ?? '');
      const recorded = attempts.get(id) ?? 0;
      const excused = world.allowedExtraRequests.get(id) ?? 0;
      requests += received.requests;
      repeated += Math.max(0, received.requests - recorded);
      if (received.requests > recorded + excused)
        violations.push(
          `${received.requests} requests, ${recorded} attempts, ${excused} crashes: ${eventId} to ${receiver.url}`,
        );
    }
  }
  for (const delivery of rowsOf(world, 'delivery').map(toDelivery)) {
    if (delivery.status !== 'delivered') continue;
    const endpoint = endpoints.find(({ id }) => id === delivery.endpoint_id);
    const received = world.receivers.get(endpoint?.url ?? '')?.receivedByEvent.get(delivery.event_id);
    if ((received?.accepted ?? 0) === 0)
      violations.push(`said to be delivered, and never taken: ${delivery.id}`);
  }
  return { violations, figures: { requests, 'requests whose attempt was not recorded': repeated } };
}

export const UNCOUNTED_FIGURE = 'events of the mailbox simulator, in no counter';

export const AUTOMATED_FIGURE = 'opens and clicks of software, counted apart';

/**
 * The counters are a recount of the rows, to the last one: in each workspace every event under the counters that its fact
 * names, and every attempt. An event of the mailbox simulator is in no counter, and no counter has anything else.
 */
export function checkCounters(world: SimulatedDeployment, published: readonly PublishedMessage[]): Findings {
  const sums = new Map<string, number>();
  for (const row of rowsOf(world, 'counters')) {
    const [, workspaceId = '', ...rest] = row.pk.split('#');
    if (rest.at(-1) !== 'day') continue;
    for (const [name, value] of Object.entries(row)) {
      // Buckets of durations add up to the attempts; `tallyBatch` itself is tested for them.
      if (typeof value !== 'number' || name === 'ttl' || /^d\d+$/.test(name)) continue;
      sums.set(`${workspaceId} ${name}`, (sums.get(`${workspaceId} ${name}`) ?? 0) + value);
    }
  }
  const facts = new Map(
    published.flatMap((each) => each.expectedEvents).map((fact) => [factKey(fact), fact]),
  );
  const truth = new Map<string, number>();
  const add = (workspaceId: string, name: string): void =>
    void truth.set(`${workspaceId} ${name}`, (truth.get(`${workspaceId} ${name}`) ?? 0) + 1);
  let uncounted = 0;
  for (const event of rowsOf(world, 'event').map(toEmailEvent)) {
    const fact = facts.get(keyOf(event));
    const counters = fact ? expectedCounters(fact) : [event.event];
    if (counters.length === 0) uncounted += 1;
    for (const name of counters) add(event.workspace_id, name);
  }
  for (const row of rowsOf(world, 'attempt')) {
    add(attemptWorkspace(row), 'attempts');
    if (row['error_class'] !== undefined) add(attemptWorkspace(row), 'failures');
  }
  const violations = [...new Set([...truth.keys(), ...sums.keys()])].flatMap((key) => {
    const [counted = 0, there = 0] = [sums.get(key), truth.get(key)];
    return counted === there ? [] : [`counted ${counted}, and there are ${there}: ${key}`];
  });
  return {
    violations,
    figures: {
      counted: [...truth.values()].reduce((sum, each) => sum + each, 0),
      [UNCOUNTED_FIGURE]: uncounted,
      [AUTOMATED_FIGURE]: [...truth].reduce(
        (sum, [key, each]) => sum + (key.endsWith('_automated') ? each : 0),
        0,
      ),
    },
  };
}

/** The recipient of a hard bounce or a complaint is on the list, and no address of the mailbox simulator is. */
export function checkSuppressions(world: SimulatedDeployment): Findings {
  const listed = new Set(
    rowsOf(world, 'suppression').map((row) => `${row.pk.split('#')[1]} ${row.sk.toLowerCase()}`),
  );
  const missing = rowsOf(world, 'event')
    .map(toEmailEvent)
    .filter(({ event, to }) => (event === 'bounced' || event === 'complained') && to !== undefined)
    .filter(({ to = '' }) => !isSimulatorAddress(to))
    .filter(({ workspace_id: id, to = '' }) => !listed.has(`${id} ${to.toLowerCase()}`))
    .map(({ event, to }) => `${to} ${event}, and is not suppressed`);
  const simulated = [...listed]
    .filter(isSimulatorAddress)
    .map((each) => `of the mailbox simulator, and suppressed: ${each}`);
  return { violations: [...missing, ...simulated], figures: { suppressed: listed.size } };
}

/**
 * The history of each endpoint has one entry for each change of its health: between two `failing` entries the endpoint
 * recovered, was resumed or got another URL, and every `recovered` entry follows a `failing` one.
 */
export function checkHealth(world: SimulatedDeployment, endpoints: readonly Endpoint[]): Findings {
  const changes = rowsOf(world, 'endpoint_change');
  const violations = endpoints.flatMap((endpoint) => {
    const partition = endpointHistoryPartition(endpoint.workspace_id, endpoint.id);
    const count = (...actions: readonly string[]): number =>
      changes.filter((row) => row.pk === partition && actions.includes(String(row['action']))).length;
    const failing = count('failing');
    const recovered = count('recovered');
    const reset = count('resumed', 'updated');
    const name = `${failing} failing, ${recovered} recovered, ${reset} resumed: ${endpoint.url}`;
    const current = endpointRow(world, endpoint)?.['health'] === 'failing' ? 1 : 0;
    return [
      ...(failing > recovered + reset + current ? [`failing twice: ${name}`] : []),
      ...(failing < recovered + current ? [`recovered without failing: ${name}`] : []),
    ];
  });
  return { violations, figures: {} };
}
