/** Compares what was published with what is stored, delivered and counted. Every difference becomes a violation. */
import { DELIVERY_STATUSES, type Attempt, type DeliveryStatus } from '../../../lambdas/core/deliveries.ts';
import { matchEndpoints, type Endpoint } from '../../../lambdas/core/endpoints.ts';
import type { EmailEvent } from '../../../lambdas/core/events.ts';
import { deliveryId } from '../../../lambdas/core/ids.ts';
import { timelinesOf } from '../../../lambdas/core/message-status.ts';
import { toDelivery } from '../../../lambdas/store/deliveries.ts';
import { toEmailEvent } from '../../../lambdas/store/event-rows.ts';
import {
  attemptWorkspace,
  endpointHistoryPartition,
  suppressionTimeKey,
  type Key,
} from '../../../lambdas/store/keys.ts';
import { toSuppression } from '../../../lambdas/store/suppressions.ts';
import type { Row } from '../../../lambdas/store/table.ts';
import {
  expectedCounters,
  isSimulatorAddress,
  expectedStatus,
  type ExpectedEvent,
  type PublishedMessage,
} from '../../../sim/ses/email-lifecycle.ts';
import type { SimulatedDeployment } from '../../../sim/deployment.ts';
import { dimensionViolations } from './dimensions.ts';

export interface Findings {
  /** The differences that nothing explains. */
  readonly violations: readonly string[];
  readonly figures: Readonly<Record<string, number>>;
}

function rowsOf(deployment: SimulatedDeployment, kind: string): readonly Row[] {
  return [...deployment.table.rows.values()].filter((row) => row['kind'] === kind);
}

interface RecordedAttempt {
  readonly workspaceId: string;
  readonly deliveryId: string;
  readonly attempt: Attempt;
}

/** The attempts that have a row of their own, and those that are inside the row of their delivery. */
export function recordedAttempts(deployment: SimulatedDeployment): {
  readonly own: readonly RecordedAttempt[];
  readonly inside: readonly RecordedAttempt[];
} {
  const own = rowsOf(deployment, 'attempt').map((row) => ({
    workspaceId: attemptWorkspace(row),
    deliveryId: row.pk.split('#').at(-1) ?? '',
    attempt: row as unknown as Attempt,
  }));
  const inside = rowsOf(deployment, 'delivery').flatMap((row) => {
    const { id, workspace_id: workspaceId } = toDelivery(row);
    const attempt = row['attempt'] as Attempt | undefined;
    return attempt ? [{ workspaceId, deliveryId: id, attempt }] : [];
  });
  return { own, inside };
}

/** The current row of the endpoint. */
export function endpointRow(
  deployment: SimulatedDeployment,
  { workspace_id: workspaceId, id }: Endpoint,
): Row | undefined {
  return deployment.table.rows.get(`W#${workspaceId}\nEP#${id}`);
}

function factKey({ workspaceId, messageId, to, event }: ExpectedEvent): string {
  return [workspaceId, messageId, to?.toLowerCase() ?? '', event].join(' ');
}

function eventKey(event: EmailEvent): string {
  const { workspace_id: workspaceId, message_id: messageId, to } = event;
  return factKey({ workspaceId, messageId, to, event: event.event });
}

export const CONFLICTING_FIGURE = 'recipients with a delivery and a bounce or a complaint';

/** Every fact has one row, every row has a fact, and every recipient has the status that follows from all facts. */
export function checkEvents(
  deployment: SimulatedDeployment,
  published: readonly PublishedMessage[],
): Findings {
  const violations: string[] = [];
  // A message that failed ten times is in the dead-letter queue.
  const dead = new Set(deployment.ingestQueue.deadLetters);
  const processed = published.filter(({ body }) => !dead.has(body));
  const facts = new Map(
    processed.flatMap((each) => each.expectedEvents).map((fact) => [factKey(fact), fact]),
  );
  const allFactKeys = new Set(published.flatMap((each) => each.expectedEvents).map(factKey));
  const events = rowsOf(deployment, 'event').map(toEmailEvent);
  const stored = new Map<string, number>();
  for (const event of events) stored.set(eventKey(event), (stored.get(eventKey(event)) ?? 0) + 1);

  for (const key of facts.keys()) if (!stored.has(key)) violations.push(`lost event: ${key}`);
  for (const [key, count] of stored) {
    if (count > 1) violations.push(`stored ${count} times: ${key}`);
    if (!allFactKeys.has(key)) violations.push(`stored but never published: ${key}`);
  }

  const byRecipient = new Map<string, Set<string>>();
  for (const { workspaceId, messageId, to = '', event } of facts.values()) {
    const key = [workspaceId, messageId, to.toLowerCase()].join(' ');
    byRecipient.set(key, (byRecipient.get(key) ?? new Set()).add(event));
  }
  for (const [key, messageEvents] of groupByMessage(events)) {
    for (const { to = '', status } of timelinesOf(messageEvents)) {
      const expected = expectedStatus(byRecipient.get(`${key} ${to.toLowerCase()}`) ?? []);
      if (status !== expected) violations.push(`status ${status}, not ${expected}: ${key} ${to}`);
    }
  }

  const conflicting = [...byRecipient.values()].filter((recipientEvents) =>
    isConflict(recipientEvents),
  ).length;

  const unreadable = processed.filter((each) => each.unreadable);
  const quarantined = rowsOf(deployment, 'quarantine').length;
  if (quarantined < unreadable.length)
    violations.push(`${unreadable.length} messages were unreadable, and ${quarantined} are quarantined`);
  return {
    violations,
    figures: {
      events: events.length,
      [CONFLICTING_FIGURE]: conflicting,
      quarantined,
      'messages in the dead-letter queue': dead.size,
    },
  };
}

/** Whether the recipient has a delivery and a bounce or complaint. The order of their arrival must not decide the status. */
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
 * Every event that matches an endpoint has a delivery that has ended. If the endpoint was deleted, the delivery may be `cancelled`. If the endpoint is not active, or dispatch sent the event's keys
 * to the dead-letter queue, the delivery may be missing, because `recover` creates it. With `allowedStatuses`, every delivery must exist
 * and have one of these statuses.
 */
export function checkDeliveries(
  deployment: SimulatedDeployment,
  endpoints: readonly Endpoint[],
  allowedStatuses: ReadonlySet<DeliveryStatus> = ENDED,
): Findings {
  const violations: string[] = [];
  const deliveries = new Map(
    rowsOf(deployment, 'delivery').map((row) => [toDelivery(row).id, toDelivery(row)]),
  );
  const reported = JSON.stringify(deployment.deadLetters);
  let missing = 0;
  for (const event of rowsOf(deployment, 'event').map(toEmailEvent)) {
    const candidates = endpoints.filter((endpoint) => endpoint.workspace_id === event.workspace_id);
    for (const endpoint of matchEndpoints(candidates, event)) {
      const delivery = deliveries.get(deliveryId(event.event_id, endpoint.id));
      const name = `${event.event_id} to ${endpoint.url}`;
      if (delivery) {
        const isCancelled = delivery.status === 'cancelled' && !endpointRow(deployment, endpoint);
        if (!allowedStatuses.has(delivery.status) && !isCancelled)
          violations.push(`delivery ${delivery.status}: ${name}`);
        continue;
      }
      missing += 1;
      const status = endpointRow(deployment, endpoint)?.['status'];
      const mayBeMissing =
        allowedStatuses === ENDED && (status !== 'active' || reported.includes(event.event_id));
      if (!mayBeMissing) violations.push(`no delivery of ${name}`);
    }
  }
  const byStatus = DELIVERY_STATUSES.map((status) => [
    `deliveries ${status}`,
    [...deliveries.values()].filter((delivery) => delivery.status === status).length,
  ]);
  return {
    violations,
    figures: { ...Object.fromEntries(byStatus), 'missed events without a delivery': missing },
  };
}

/** Every request has a recorded attempt, or a crash explains why not. Every `delivered` event was accepted by its receiver. */
export function checkRequests(deployment: SimulatedDeployment, endpoints: readonly Endpoint[]): Findings {
  const violations: string[] = [];
  const attempts = new Map<string, number>();
  const { own, inside } = recordedAttempts(deployment);
  for (const { deliveryId: id } of [...own, ...inside]) attempts.set(id, (attempts.get(id) ?? 0) + 1);
  const byUrl = new Map(endpoints.map((endpoint) => [endpoint.url, endpoint]));
  let requests = 0;
  let repeated = 0;
  for (const receiver of deployment.receivers.values()) {
    const endpoint = byUrl.get(receiver.url);
    if (receiver.invalidSignatures > 0)
      violations.push(`${receiver.invalidSignatures} requests to ${receiver.url} have an invalid signature`);
    for (const [eventId, received] of receiver.receivedByEvent) {
      const id = deliveryId(eventId, endpoint?.id ?? '');
      const recorded = attempts.get(id) ?? 0;
      const allowed = deployment.allowedExtraRequests.get(id) ?? 0;
      requests += received.requests;
      repeated += Math.max(0, received.requests - recorded);
      if (received.requests > recorded + allowed)
        violations.push(
          `${received.requests} requests, ${recorded} attempts, ${allowed} crashes: ${eventId} to ${receiver.url}`,
        );
    }
  }
  for (const delivery of rowsOf(deployment, 'delivery').map(toDelivery)) {
    if (delivery.status !== 'delivered') continue;
    const endpoint = endpoints.find(({ id }) => id === delivery.endpoint_id);
    const received = deployment.receivers.get(endpoint?.url ?? '')?.receivedByEvent.get(delivery.event_id);
    if ((received?.accepted ?? 0) === 0)
      violations.push(`status delivered, but never accepted: ${delivery.id}`);
  }
  return {
    violations,
    figures: {
      requests,
      'requests whose attempt was not recorded': repeated,
      [INSIDE_FIGURE]: inside.length,
      [OWN_FIGURE]: own.length,
    },
  };
}

/**
 * Every claim has its delivery. The delivery may be missing only if the endpoint is not active: nothing is stored then, and a
 * recovery finds the event. With `allExist`, every delivery must exist.
 */
export function checkClaims(
  deployment: SimulatedDeployment,
  endpoints: readonly Endpoint[],
  allExist = false,
): Findings {
  const claims = rowsOf(deployment, 'delivery_address');
  const { rows } = deployment.table;
  const missing = claims.filter((row) => {
    const { pk, sk } = row['delivery'] as Key;
    return !rows.has(`${pk}\n${sk}`);
  });
  const isExplained = (row: Row): boolean => {
    const endpoint = endpoints.find(({ id }) => (row['delivery'] as Key).sk.endsWith(id));
    return endpoint !== undefined && endpointRow(deployment, endpoint)?.['status'] !== 'active';
  };
  return {
    violations: missing
      .filter((row) => allExist || !isExplained(row))
      .map((row) => `claim without a delivery: ${JSON.stringify(row)}`),
    figures: { claims: claims.length, 'claims without a delivery': missing.length },
  };
}

export const INSIDE_FIGURE = 'attempts inside the row of their delivery';

export const OWN_FIGURE = 'attempts with a row of their own';

export const UNCOUNTED_FIGURE = 'events of the mailbox simulator, not counted';

export const AUTOMATED_FIGURE = 'automated opens and clicks, counted separately';

/**
 * The counters of each workspace equal an exact recount of the rows: each event in the counters that its fact names, and each attempt.
 * So do the counters of each value of a dimension.
 * An event of the mailbox simulator is in no counter.
 */
export function checkCounters(
  deployment: SimulatedDeployment,
  published: readonly PublishedMessage[],
): Findings {
  const sums = new Map<string, number>();
  for (const row of rowsOf(deployment, 'counters')) {
    const [, workspaceId = '', ...rest] = row.pk.split('#');
    if (rest.at(-1) !== 'day') continue;
    for (const [name, value] of Object.entries(row)) {
      // The buckets of durations are not recounted. The tests of `tallyBatch` check them.
      if (typeof value !== 'number' || name === 'ttl' || /^d\d+$/.test(name)) continue;
      sums.set(`${workspaceId} ${name}`, (sums.get(`${workspaceId} ${name}`) ?? 0) + value);
    }
  }
  const facts = new Map(
    published.flatMap((each) => each.expectedEvents).map((fact) => [factKey(fact), fact]),
  );
  const expected = new Map<string, number>();
  const add = (workspaceId: string, name: string): void =>
    void expected.set(`${workspaceId} ${name}`, (expected.get(`${workspaceId} ${name}`) ?? 0) + 1);
  const countersOf = (event: EmailEvent): readonly string[] => {
    const fact = facts.get(eventKey(event));
    return fact ? expectedCounters(fact) : [event.event];
  };
  let uncounted = 0;
  for (const event of rowsOf(deployment, 'event').map(toEmailEvent)) {
    const counters = countersOf(event);
    if (counters.length === 0) uncounted += 1;
    for (const name of counters) add(event.workspace_id, name);
  }
  const { own, inside } = recordedAttempts(deployment);
  for (const { workspaceId, attempt } of [...own, ...inside]) {
    add(workspaceId, 'attempts');
    if (attempt.error_class !== undefined) add(workspaceId, 'failures');
  }
  const violations = [...new Set([...expected.keys(), ...sums.keys()])].flatMap((key) => {
    const [counted = 0, recounted = 0] = [sums.get(key), expected.get(key)];
    return counted === recounted ? [] : [`counter ${counted}, recount ${recounted}: ${key}`];
  });
  const byDimension = dimensionViolations([...deployment.table.rows.values()], countersOf);
  return {
    violations: [...violations, ...byDimension],
    figures: {
      'counted events and attempts': [...expected.values()].reduce((sum, each) => sum + each, 0),
      [UNCOUNTED_FIGURE]: uncounted,
      [AUTOMATED_FIGURE]: [...expected].reduce(
        (sum, [key, each]) => sum + (key.endsWith('_automated') ? each : 0),
        0,
      ),
    },
  };
}

const rowName = ({ pk, sk }: Key): string => `${pk} ${sk}`;

/**
 * The recipient of every hard bounce or complaint is suppressed, and no address of the mailbox simulator is. Every suppression
 * has its time row, and every time row has its suppression.
 */
export function checkSuppressions(deployment: SimulatedDeployment): Findings {
  const suppressed = new Set(
    rowsOf(deployment, 'suppression').map((row) => `${row.pk.split('#')[1]} ${row.sk.toLowerCase()}`),
  );
  const found = new Set(rowsOf(deployment, 'suppression_time').map(rowName));
  const expected = new Set(
    rowsOf(deployment, 'suppression').map((row) => rowName(suppressionTimeKey(row, toSuppression(row)))),
  );
  const times = [
    ...[...expected].filter((each) => !found.has(each)).map((each) => `no time row: ${each}`),
    ...[...found].filter((each) => !expected.has(each)).map((each) => `no suppression: ${each}`),
  ];
  const missing = rowsOf(deployment, 'event')
    .map(toEmailEvent)
    .filter(({ event, to }) => (event === 'bounced' || event === 'complained') && to !== undefined)
    .filter(({ to = '' }) => !isSimulatorAddress(to))
    .filter(({ workspace_id: id, to = '' }) => !suppressed.has(`${id} ${to.toLowerCase()}`))
    .map(({ event, to }) => `${to} ${event}, but not suppressed`);
  const simulated = [...suppressed]
    .filter(isSimulatorAddress)
    .map((each) => `mailbox simulator address suppressed: ${each}`);
  return {
    violations: [...missing, ...simulated, ...times],
    figures: { 'suppressed addresses': suppressed.size },
  };
}

/**
 * The history of each endpoint has one entry for each change of its health. Between two `failing` entries, the endpoint recovered, was
 * resumed or got another URL. Every `recovered` entry follows a `failing` entry.
 */
export function checkHealth(deployment: SimulatedDeployment, endpoints: readonly Endpoint[]): Findings {
  const history = rowsOf(deployment, 'endpoint_change');
  const violations = endpoints.flatMap((endpoint) => {
    const partition = endpointHistoryPartition(endpoint.workspace_id, endpoint.id);
    const count = (...actions: readonly string[]): number =>
      history.filter((row) => row.pk === partition && actions.includes(String(row['action']))).length;
    const failing = count('failing');
    const recovered = count('recovered');
    const reset = count('resumed', 'updated');
    const name = `${failing} failing, ${recovered} recovered, ${reset} resumed: ${endpoint.url}`;
    const current = endpointRow(deployment, endpoint)?.['health'] === 'failing' ? 1 : 0;
    return [
      ...(failing > recovered + reset + current ? [`failing twice: ${name}`] : []),
      ...(failing < recovered + current ? [`recovered without failing: ${name}`] : []),
    ];
  });
  return { violations, figures: {} };
}
