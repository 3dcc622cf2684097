import { GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { initialScope } from '../core/reputation/decide.ts';
import { DEFAULT_REPUTATION_LIMITS } from '../core/reputation/limits.ts';
import {
  DEFAULT_REPUTATION_MODE,
  type ReputationCounts,
  type ReputationHistoryEntry,
  type ReputationLimits,
  type ReputationMode,
  type ReputationReason,
  type ReputationState,
  type ScopeState,
} from '../core/reputation/types.ts';
import { expiresAtSeconds } from '../core/timestamps.ts';
import { readCollection } from './collection.ts';
import { getRows } from './get-rows.ts';
import {
  KIND,
  REPUTATION_STATE_PREFIX,
  reputationHistoryKey,
  reputationHistoryPartition,
  reputationPartition,
  reputationSettingsKey,
  reputationStateKey,
  type Key,
} from './keys.ts';
import { readPage, type Page, type Position } from './pages.ts';
import type { Row, Table } from './table.ts';
import { transactWrite } from './transact.ts';
import { updateExpression } from './update-expression.ts';

/** A workspace has few changes. An operator may need them long after the events have expired. */
const HISTORY_RETENTION_DAYS = 365;

/** The mode and the limits of a workspace. */
export interface ReputationSettings {
  readonly mode: ReputationMode;
  readonly limits: ReputationLimits;
}

function toSettings(row: Row | undefined): ReputationSettings {
  return {
    mode: (row?.['mode'] as ReputationMode | undefined) ?? DEFAULT_REPUTATION_MODE,
    limits: (row?.['limits'] as ReputationLimits | undefined) ?? DEFAULT_REPUTATION_LIMITS,
  };
}

function toScopeState(row: Row): ScopeState {
  const configurationSet = row.sk.slice(REPUTATION_STATE_PREFIX.length);
  return {
    configuration_set: configurationSet === '' ? null : configurationSet,
    state: row['state'] as ReputationState,
    since: row['since'] as string | null,
    reasons: row['reasons'] as readonly ReputationReason[],
    changed_by: row['changed_by'] as string,
    grace_until: row['grace_until'] as string | null,
    resumed_at: row['resumed_at'] as string | null,
    // A row of an earlier version has no counts.
    resumed_counts: (row['resumed_counts'] as ReputationCounts | null | undefined) ?? null,
    version: row['version'] as number,
  };
}

async function getRow(table: Table, key: Key): Promise<Row | undefined> {
  const response = await table.client.send(
    new GetCommand({ TableName: table.name, Key: key, ConsistentRead: true }),
  );
  return response.Item as Row | undefined;
}

/** The settings of a workspace. A workspace that has changed none has the default settings. */
export async function readReputationSettings(table: Table, workspaceId: string): Promise<ReputationSettings> {
  return toSettings(await getRow(table, reputationSettingsKey(workspaceId)));
}

/** The settings to change. An absent field stays unchanged. `limits: null` stores no limits, so that the default limits apply. */
export interface ReputationSettingsChange {
  readonly mode?: ReputationMode;
  readonly limits?: ReputationLimits | null;
}

export async function writeReputationSettings(
  table: Table,
  workspaceId: string,
  { mode, limits }: ReputationSettingsChange,
): Promise<void> {
  await table.client.send(
    new UpdateCommand({
      TableName: table.name,
      Key: reputationSettingsKey(workspaceId),
      ...updateExpression({
        set: { kind: KIND.reputationSettings, mode, limits: limits ?? undefined },
        remove: limits === null ? ['limits'] : [],
      }),
    }),
  );
}

/** The state of a scope. A scope that has never changed is `ok`, with version 0. */
export async function readReputationState(
  table: Table,
  workspaceId: string,
  configurationSet: string | null = null,
): Promise<ScopeState> {
  const row = await getRow(table, reputationStateKey(workspaceId, configurationSet));
  return row ? toScopeState(row) : initialScope(configurationSet);
}

/**
 * The states of the given scopes that have changed at least once, in one request. Each scope costs one read unit, half without
 * `consistent`, also if it has never changed.
 */
export async function readChangedScopes(
  table: Table,
  workspaceId: string,
  {
    configurationSets,
    consistent,
  }: { readonly configurationSets: readonly (string | null)[]; readonly consistent: boolean },
): Promise<readonly ScopeState[]> {
  const keys = configurationSets.map((set) => reputationStateKey(workspaceId, set));
  return (await getRows(table, keys, { consistent })).map(toScopeState);
}

/** The settings of a workspace and the state of each scope that has changed at least once. */
export interface Reputation extends ReputationSettings {
  readonly states: readonly ScopeState[];
}

/** Reads the settings and every state in one Query. A workspace with few changed scopes costs one read unit, half without `consistent`. */
export async function readReputation(
  table: Table,
  workspaceId: string,
  { consistent = false }: { readonly consistent?: boolean } = {},
): Promise<Reputation> {
  const rows = await readCollection(table, { pk: reputationPartition(workspaceId), consistent });
  const { sk } = reputationSettingsKey(workspaceId);
  return {
    ...toSettings(rows.find((row) => row.sk === sk)),
    states: rows.filter((row) => row.sk.startsWith(REPUTATION_STATE_PREFIX)).map(toScopeState),
  };
}

/** The states of the scopes that have changed at least once, the whole workspace first. Every other scope is `ok`. */
export async function listReputationStates(
  table: Table,
  workspaceId: string,
): Promise<readonly ScopeState[]> {
  return (await readReputation(table, workspaceId, { consistent: true })).states;
}

/** The event that announces a change. */
export interface ReputationAnnouncement {
  /** Id of the event. */
  readonly id: string;
  readonly row: Row;
}

/** A change of the state of one scope. */
export interface ReputationTransition {
  readonly workspaceId: string;
  /** The state as it was read. */
  readonly previous: ScopeState;
  readonly next: ScopeState;
  /** RFC 3339. */
  readonly at: string;
  /** The name of the API key, if a person made the change. */
  readonly byName?: string;
  /** Absent for a change that is not announced. */
  readonly event?: ReputationAnnouncement;
}

/** The version makes the id unique, because each version of a scope is stored once. */
function historyEntryOf({ previous, next, at, byName, event }: ReputationTransition): ReputationHistoryEntry {
  return {
    id: `${next.configuration_set ?? ''}#${next.version}`,
    at,
    configuration_set: next.configuration_set,
    from: previous.state,
    to: next.state,
    changed_by: next.changed_by,
    ...(byName !== undefined && { by_name: byName }),
    reasons: next.reasons,
    event_id: event?.id ?? null,
  };
}

function historyRow(workspaceId: string, entry: ReputationHistoryEntry): Row {
  const { id: _id, ...fields } = entry;
  return {
    ...reputationHistoryKey(workspaceId, entry),
    kind: KIND.reputationHistory,
    ...fields,
    ttl: expiresAtSeconds({
      timestamp: entry.at,
      receivedAtMs: Date.parse(entry.at),
      retentionDays: HISTORY_RETENTION_DAYS,
    }),
  };
}

/**
 * Stores the next state of a scope with its history entry and its event, in one transaction. So no state is stored without its
 * history, and no change is announced twice. Returns false if the scope has changed since `previous` was read. The caller then
 * reads the state again and decides again.
 */
export async function transition(table: Table, change: ReputationTransition): Promise<boolean> {
  const { workspaceId, previous, next, event } = change;
  const { configuration_set: configurationSet, ...fields } = next;
  const key = reputationStateKey(workspaceId, configurationSet);
  const isNew = previous.version === 0;
  return transactWrite(table, [
    {
      Put: {
        TableName: table.name,
        Item: { ...key, kind: KIND.reputationState, ...fields },
        ConditionExpression: isNew ? 'attribute_not_exists(pk)' : '#version = :version',
        ...(!isNew && {
          ExpressionAttributeNames: { '#version': 'version' },
          ExpressionAttributeValues: { ':version': previous.version },
        }),
      },
    },
    { Put: { TableName: table.name, Item: historyRow(workspaceId, historyEntryOf(change)) } },
    ...(event ? [{ Put: { TableName: table.name, Item: event.row } }] : []),
  ]);
}

function toHistoryEntry(row: Row): ReputationHistoryEntry {
  const { pk: _pk, sk, kind: _kind, ttl: _ttl, ...fields } = row;
  return {
    ...(fields as unknown as Omit<ReputationHistoryEntry, 'id'>),
    id: sk.slice(sk.indexOf('#') + 1),
  };
}

/** The state changes of all scopes of a workspace, newest first. */
export async function listReputationHistory(
  table: Table,
  query: { readonly workspaceId: string; readonly limit: number; readonly position?: Position },
): Promise<Page<ReputationHistoryEntry>> {
  const page = await readPage(table, {
    partitions: [{ pk: reputationHistoryPartition(query.workspaceId) }],
    prefix: '',
    // DynamoDB does not accept an empty key, not even as a bound.
    from: '\u0000',
    limit: query.limit,
    ...(query.position && { position: query.position }),
  });
  return { ...page, items: page.items.map(toHistoryEntry) };
}
