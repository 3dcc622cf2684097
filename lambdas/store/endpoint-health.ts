import type { UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Command, DrainCommand } from '../core/commands.ts';
import { isRecordedFailing } from '../core/endpoint-health.ts';
import type { Endpoint, EndpointHistoryEntry } from '../core/endpoints.ts';
import { commandRow } from './commands.ts';
import { putHistoryEntry } from './endpoint-history.ts';
import { toEndpoint } from './endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Row, Table } from './table.ts';
import { conditionalUpdate, transactWrite } from './transact.ts';
import { updateExpression } from './update-expression.ts';

type EndpointUpdate = Omit<UpdateCommandInput, 'TableName' | 'Key'>;

/** An update of the endpoint's row, for an UpdateCommand or a transaction. */
function updateInput(table: Table, endpoint: Endpoint, update: EndpointUpdate) {
  return { TableName: table.name, Key: endpointKey(endpoint.workspace_id, endpoint.id), ...update };
}

/** Updates the endpoint's row. Returns undefined if the condition fails, and throws every other error. */
function updateRow(table: Table, endpoint: Endpoint, update: EndpointUpdate) {
  return conditionalUpdate(table, updateInput(table, endpoint, update));
}

/**
 * Counts failed attempts and returns the endpoint with these failures. Returns undefined if the endpoint was deleted or its
 * URL changed. Only failures are stored, so a healthy endpoint costs no write.
 */
export async function countFailure(
  table: Table,
  endpoint: Endpoint,
  at: string,
  failures = 1,
): Promise<Endpoint | undefined> {
  const response = await updateRow(table, endpoint, {
    ...updateExpression(
      { set: { last_failure_at: at }, setIfAbsent: { failing_since: at }, add: { failures } },
      { names: ['url'], values: { url: endpoint.url } },
    ),
    ConditionExpression: '#url = :url',
    ReturnValues: 'ALL_NEW',
  });
  return response?.Attributes && toEndpoint(response.Attributes as Row);
}

/**
 * Ends a streak of failures after a successful attempt. `endpoint` is the endpoint as the attempt read it before sending.
 * An outdated success changes nothing:
 *
 * - If the endpoint is not yet failing, the success ends the streak only if the streak began before the attempt read the
 *   endpoint. Failures that were added to this streak during the attempt do not matter. If they mattered, the streak of a busy
 *   endpoint where some requests fail would never end.
 * - If the endpoint is failing, the success makes it healthy only if no failure was added since the attempt read the endpoint.
 */
export async function clearFailures(
  table: Table,
  endpoint: Endpoint,
  historyEntry: EndpointHistoryEntry,
): Promise<void> {
  if (isRecordedFailing(endpoint)) await endFailing(table, endpoint, historyEntry);
  else if (endpoint.failing_since !== undefined) await endShortStreak(table, endpoint);
}

/** The attributes of a streak of failures. */
const STREAK_ATTRIBUTES = ['failing_since', 'failures', 'last_failure_at'];
/** The attributes of an open breaker. */
const BREAKER_ATTRIBUTES = ['breaker_opened_at', 'next_probe_at'];

async function endShortStreak(table: Table, endpoint: Endpoint): Promise<void> {
  await updateRow(table, endpoint, {
    ...updateExpression({ remove: STREAK_ATTRIBUTES }, { values: { since: endpoint.failing_since } }),
    // If `health` is set, another attempt set it after this attempt read the endpoint. This success is then outdated and must not end the streak.
    ConditionExpression: 'failing_since = :since AND attribute_not_exists(health)',
  });
}

/** A condition that holds while the streak or the open breaker is the same as in `endpoint`, without another failure. */
function unchangedFailureCondition({
  failing_since: since,
  failures,
  breaker_opened_at: openedAt,
}: Endpoint) {
  if (since !== undefined) {
    const condition = 'failing_since = :since AND failures = :failures';
    return { condition, values: { since, failures } };
  }
  // The breaker can be open without a streak. While the stack is updated, two versions of the deliver function run at the same
  // time. The earlier version may open the breaker at the moment at which a success in the later version ends the streak.
  if (openedAt !== undefined)
    return { condition: 'breaker_opened_at = :opened', values: { opened: openedAt } };
  // The endpoint can have `health` without a streak. After a rollback of the stack, an earlier version may have ended the streak.
  // The earlier version does not know the attribute `health`, so it did not remove it.
  const condition = 'health = :failing AND attribute_not_exists(failing_since)';
  return { condition, values: { failing: 'failing' } };
}

/**
 * Makes a failing endpoint healthy and closes its breaker. The same transaction writes the history entry and the command
 * that drains the held deliveries. Only the first of several successes does this. For the rest, the condition fails.
 */
async function endFailing(
  table: Table,
  endpoint: Endpoint,
  historyEntry: EndpointHistoryEntry,
): Promise<void> {
  const drain: Command = {
    command: 'drain',
    endpoint_id: endpoint.id,
    id: historyEntry.id,
    workspace_id: endpoint.workspace_id,
  };
  const { condition, values } = unchangedFailureCondition(endpoint);
  await transactWrite(table, [
    {
      Update: {
        ...updateInput(table, endpoint, {}),
        ...updateExpression(
          { set: { draining: drain.id }, remove: [...STREAK_ATTRIBUTES, ...BREAKER_ATTRIBUTES, 'health'] },
          { values },
        ),
        ConditionExpression: condition,
      },
    },
    putHistoryEntry(table, { workspaceId: endpoint.workspace_id, endpointId: endpoint.id }, historyEntry),
    { Put: { TableName: table.name, Item: commandRow(drain, historyEntry.at) } },
  ]);
}

/**
 * Closes the breaker, so that new events are sent again. The streak stays, so the next failure opens the breaker again.
 */
export async function closeBreaker(table: Table, endpoint: Endpoint): Promise<void> {
  await updateRow(table, endpoint, {
    ...updateExpression(
      { remove: BREAKER_ATTRIBUTES },
      { values: { opened: endpoint.breaker_opened_at ?? '' } },
    ),
    ConditionExpression: 'breaker_opened_at = :opened',
  });
}

/**
 * Records that an endpoint became failing. `historyEntry` is undefined if the history already has the entry. Returns false
 * if another attempt recorded the change first, the streak has ended, or the endpoint is not active. `endpoint` includes the
 * failure that made the endpoint failing.
 */
export async function recordFailing(
  table: Table,
  endpoint: Endpoint,
  historyEntry: EndpointHistoryEntry | undefined,
): Promise<boolean> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return transactWrite(table, [
    {
      Update: {
        ...updateInput(table, endpoint, {}),
        ...updateExpression(
          { set: { health: 'failing' } },
          { names: ['status'], values: { active: 'active', since: endpoint.failing_since } },
        ),
        ConditionExpression: '#status = :active AND failing_since = :since AND attribute_not_exists(health)',
      },
    },
    ...(historyEntry ? [putHistoryEntry(table, address, historyEntry)] : []),
  ]);
}

/** What is stored when a breaker opens. */
export interface BreakerOpening {
  readonly historyEntry: EndpointHistoryEntry;
  /** Id of the command that probes the endpoint. */
  readonly commandId: string;
  /** RFC 3339, when the command will send its first probe. */
  readonly nextProbeAt: string;
  /**
   * True if the history already has the `failing` entry of this streak. The breaker is then opened without a new entry. If it is
   * not true, the entry is written with the opening. If another attempt recorded `failing` first, no second entry is written.
   */
  readonly recorded?: boolean;
}

/**
 * Opens the breaker and stores the command that probes the endpoint, in one transaction. So every open breaker has a command
 * that tries to close it. The history gets an entry unless it already has one for the failing endpoint. Returns false if the
 * breaker is open already, the streak has ended (a new URL starts a new streak), or the endpoint is not active. `endpoint`
 * includes the failure that opens the breaker.
 */
export async function openBreaker(
  table: Table,
  endpoint: Endpoint,
  opening: BreakerOpening,
): Promise<boolean> {
  if (opening.recorded !== true && (await tryToOpen(table, endpoint, { ...opening, recorded: false })))
    return true;
  return tryToOpen(table, endpoint, { ...opening, recorded: true });
}

async function tryToOpen(
  table: Table,
  endpoint: Endpoint,
  { historyEntry, commandId, nextProbeAt, recorded }: Required<BreakerOpening>,
): Promise<boolean> {
  const address = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  const command: DrainCommand = { command: 'drain', endpoint_id: endpoint.id, opened_at: historyEntry.at };
  const canOpen = '#status = :active AND failing_since = :since AND attribute_not_exists(breaker_opened_at)';
  return transactWrite(table, [
    {
      Update: {
        ...updateInput(table, endpoint, {}),
        ...updateExpression(
          { set: { breaker_opened_at: historyEntry.at, next_probe_at: nextProbeAt, health: 'failing' } },
          { names: ['status'], values: { active: 'active', since: endpoint.failing_since } },
        ),
        ConditionExpression: recorded ? canOpen : `${canOpen} AND attribute_not_exists(health)`,
      },
    },
    {
      Put: {
        TableName: table.name,
        Item: commandRow({ ...command, id: commandId, workspace_id: endpoint.workspace_id }, historyEntry.at),
      },
    },
    ...(recorded ? [] : [putHistoryEntry(table, address, historyEntry)]),
  ]);
}

/** Stores when the next probe is due. Changes nothing if the breaker has closed, or opened again, since the endpoint was read. */
export async function setNextProbe(table: Table, endpoint: Endpoint, at: string): Promise<void> {
  await updateRow(table, endpoint, {
    ...updateExpression(
      { set: { next_probe_at: at } },
      { values: { opened: endpoint.breaker_opened_at ?? '' } },
    ),
    ConditionExpression: 'breaker_opened_at = :opened',
  });
}

/** Removes `draining` when the drain `commandId` finds no more held deliveries. The id of a newer drain stays. */
export async function endDrain(table: Table, endpoint: Endpoint, commandId: string): Promise<void> {
  if (endpoint.draining !== commandId) return;
  await updateRow(table, endpoint, {
    ...updateExpression({ remove: ['draining'] }, { values: { id: commandId } }),
    ConditionExpression: 'draining = :id',
  });
}
