import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Command, DrainCommand } from '../core/commands.ts';
import { isRecordedFailing } from '../core/endpoint-health.ts';
import type { Endpoint, EndpointHistoryEntry } from '../core/endpoints.ts';
import { commandRow } from './commands.ts';
import { putHistoryEntry } from './endpoint-history.ts';
import { toEndpoint } from './endpoints.ts';
import { endpointKey } from './keys.ts';
import type { Row, Table } from './table.ts';
import { retryOnConflict, transactWrite } from './transact.ts';
import { updateExpression } from './update-expression.ts';

type EndpointUpdate = Omit<UpdateCommandInput, 'TableName' | 'Key'>;

function updateOf(table: Table, endpoint: Endpoint, update: EndpointUpdate) {
  return { TableName: table.name, Key: endpointKey(endpoint.workspace_id, endpoint.id), ...update };
}

/** One write of the endpoint's row. Undefined where its condition does not hold; throws for every other reason. */
async function updateRow(table: Table, endpoint: Endpoint, update: EndpointUpdate) {
  try {
    return await retryOnConflict(() =>
      table.client.send(new UpdateCommand(updateOf(table, endpoint, update))),
    );
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return undefined;
    throw error;
  }
}

/**
 * Counts a failed attempt and returns the endpoint with that failure; undefined where the endpoint was deleted or has
 * another URL. Only failures are stored: a healthy endpoint costs no write.
 */
export async function countFailure(
  table: Table,
  endpoint: Endpoint,
  at: string,
): Promise<Endpoint | undefined> {
  const answer = await updateRow(table, endpoint, {
    ...updateExpression(
      { set: { last_failure_at: at }, setIfAbsent: { failing_since: at }, add: { failures: 1 } },
      { names: ['url'], values: { url: endpoint.url } },
    ),
    ConditionExpression: '#url = :url',
    ReturnValues: 'ALL_NEW',
  });
  return answer?.Attributes && toEndpoint(answer.Attributes as Row);
}

/**
 * Ends a streak of failures after a successful attempt. `endpoint` is the endpoint as the attempt read it before sending.
 * A stale success changes nothing:
 *
 * - A short streak ends only if it is the streak that the attempt read. Failures that were added to it meanwhile do not
 *   count: at a busy endpoint where some requests fail, there is always one, and the streak would never end.
 * - A failing endpoint becomes healthy only if no failure was added since the attempt read it.
 */
export async function clearFailures(
  table: Table,
  endpoint: Endpoint,
  change: EndpointHistoryEntry,
): Promise<void> {
  if (isRecordedFailing(endpoint)) await endFailing(table, endpoint, change);
  else if (endpoint.failing_since !== undefined) await endShortStreak(table, endpoint);
}

/** The attributes of a streak of failures. */
const STREAK_ATTRIBUTES = ['failing_since', 'failures', 'last_failure_at'];

async function endShortStreak(table: Table, endpoint: Endpoint): Promise<void> {
  await updateRow(table, endpoint, {
    ...updateExpression({ remove: STREAK_ATTRIBUTES }, { values: { since: endpoint.failing_since } }),
    // Where another attempt has made the endpoint failing meanwhile, this attempt began before that.
    ConditionExpression: 'failing_since = :since AND attribute_not_exists(health)',
  });
}

/** Holds while the endpoint is failing as `endpoint` says, and no failure was added. */
function failingAsRead({ failing_since: since, failures, breaker_opened_at: openedAt }: Endpoint) {
  if (since !== undefined) {
    const condition = 'failing_since = :since AND failures = :failures';
    return { condition, values: { since, failures } };
  }
  // While two versions run side by side, a success may end a streak whose breaker the earlier version has just opened.
  if (openedAt !== undefined)
    return { condition: 'breaker_opened_at = :opened', values: { opened: openedAt } };
  // An earlier version ended the streak and left `health`, which it does not know. A stack update that is rolled back does this.
  const condition = 'health = :failing AND attribute_not_exists(failing_since)';
  return { condition, values: { failing: 'failing' } };
}

/**
 * Makes a failing endpoint healthy and closes its breaker, in one transaction with the history entry and the command that
 * drains the held deliveries. Of several successes, the first does this, and the condition fails for the others.
 */
async function endFailing(table: Table, endpoint: Endpoint, change: EndpointHistoryEntry): Promise<void> {
  const drain: Command = {
    command: 'drain',
    endpoint_id: endpoint.id,
    id: change.id,
    workspace_id: endpoint.workspace_id,
  };
  const { condition, values } = failingAsRead(endpoint);
  await transactWrite(table, [
    {
      Update: {
        ...updateOf(table, endpoint, {}),
        ...updateExpression(
          { set: { draining: drain.id }, remove: [...STREAK_ATTRIBUTES, 'breaker_opened_at', 'health'] },
          { values },
        ),
        ConditionExpression: condition,
      },
    },
    putHistoryEntry(table, { workspaceId: endpoint.workspace_id, endpointId: endpoint.id }, change),
    { Put: { TableName: table.name, Item: commandRow(drain, change.at) } },
  ]);
}

/** Lets the next delivery through as a probe. The streak remains, so one more failure opens the breaker again. */
export async function closeBreaker(table: Table, endpoint: Endpoint): Promise<void> {
  await updateRow(table, endpoint, {
    ...updateExpression(
      { remove: ['breaker_opened_at'] },
      { values: { opened: endpoint.breaker_opened_at ?? '' } },
    ),
    ConditionExpression: 'breaker_opened_at = :opened',
  });
}

/**
 * Records that an endpoint became failing: with a history entry, or without one where the history has it already. False
 * where another attempt recorded it, the streak has ended, or the endpoint is no longer active. `endpoint` is the endpoint
 * with the failure that decided.
 */
export async function recordFailing(
  table: Table,
  endpoint: Endpoint,
  change: EndpointHistoryEntry | undefined,
): Promise<boolean> {
  const name = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  return transactWrite(table, [
    {
      Update: {
        ...updateOf(table, endpoint, {}),
        ...updateExpression(
          { set: { health: 'failing' } },
          { names: ['status'], values: { active: 'active', since: endpoint.failing_since } },
        ),
        ConditionExpression: '#status = :active AND failing_since = :since AND attribute_not_exists(health)',
      },
    },
    ...(change ? [putHistoryEntry(table, name, change)] : []),
  ]);
}

/**
 * Opens the breaker, together with the command that will probe the endpoint: an open breaker always has a command that
 * tries to close it. The history gets an entry unless it already says that the endpoint is failing. False where the breaker
 * is open already, the streak has ended (another URL has another streak), or the endpoint is no longer active. `endpoint` is
 * the endpoint with the failure that decided.
 */
export async function openBreaker(
  table: Table,
  endpoint: Endpoint,
  opening: {
    readonly historyEntry: EndpointHistoryEntry;
    readonly commandId: string;
    /** The history has the entry. Found out here where another attempt writes it at the same moment. */
    readonly recorded?: boolean;
  },
): Promise<boolean> {
  if (opening.recorded !== true && (await tryToOpen(table, endpoint, { ...opening, recorded: false })))
    return true;
  return tryToOpen(table, endpoint, { ...opening, recorded: true });
}

async function tryToOpen(
  table: Table,
  endpoint: Endpoint,
  {
    historyEntry: change,
    commandId,
    recorded,
  }: { readonly historyEntry: EndpointHistoryEntry; readonly commandId: string; readonly recorded: boolean },
): Promise<boolean> {
  const name = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id };
  const command: DrainCommand = { command: 'drain', endpoint_id: endpoint.id, opened_at: change.at };
  const open = '#status = :active AND failing_since = :since AND attribute_not_exists(breaker_opened_at)';
  return transactWrite(table, [
    {
      Update: {
        ...updateOf(table, endpoint, {}),
        ...updateExpression(
          { set: { breaker_opened_at: change.at, health: 'failing' } },
          { names: ['status'], values: { active: 'active', since: endpoint.failing_since } },
        ),
        ConditionExpression: recorded ? open : `${open} AND attribute_not_exists(health)`,
      },
    },
    {
      Put: {
        TableName: table.name,
        Item: commandRow({ ...command, id: commandId, workspace_id: endpoint.workspace_id }, change.at),
      },
    },
    ...(recorded ? [] : [putHistoryEntry(table, name, change)]),
  ]);
}

/** The drain `commandId` has delivered every held delivery. A newer drain of the endpoint keeps its mark. */
export async function endDrain(table: Table, endpoint: Endpoint, commandId: string): Promise<void> {
  if (endpoint.draining !== commandId) return;
  await updateRow(table, endpoint, {
    ...updateExpression({ remove: ['draining'] }, { values: { id: commandId } }),
    ConditionExpression: 'draining = :id',
  });
}
