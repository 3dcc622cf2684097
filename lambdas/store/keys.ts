/**
 * Every key of the table. docs/adr/0001-table-keys.md explains the decisions.
 *
 * | item               | pk                       | sk                  | g1pk                   | g2pk                        |
 * | ------------------ | ------------------------ | ------------------- | ---------------------- | --------------------------- |
 * | Event              | M#ws#message             | E#time#event        | S#ws#event name#shard  | R#ws#address                |
 * | Reputation event   | M#ws#rpt id              | E#time#event        | –                      | –                           |
 * | Raw SES event      | M#ws#message             | W#hash              | –                      | –                           |
 * | Delivery           | M#ws#message             | D#time#event#ep     | D#ws#endpoint#shard    | F#ws#endpoint#status#shard (sparse) |
 * | Delivery address   | D#ws#delivery            | D                   | –                      | –                           |
 * | Attempt            | D#ws#delivery            | A#number            | –                      | –                           |
 * | Workspace          | W#ws                     | WS                  | WS                     | –                           |
 * | Endpoint           | W#ws                     | EP#id               | –                      | –                           |
 * | Endpoint history   | H#ws#endpoint            | time#id             | –                      | –                           |
 * | Counters, events   | C#ws#interval            | start of interval   | –                      | –                           |
 * | Counters, endpoint | C#ws#endpoint#interval   | start of interval   | –                      | –                           |
 * | Checkpoint         | T#shard                  | T                   | –                      | –                           |
 * | Doctor probe       | P#sha256 of a token      | P; R#webhook id     | –                      | –                           |
 * | Command            | X#ws#id                  | X                   | –                      | –                           |
 * | Reputation         | W#ws#REP                 | SETTINGS; STATE#set | –                      | –                           |
 * | Reputation history | RH#ws                    | time#set#version    | –                      | –                           |
 * | Suppression        | W#ws#SUP                 | address             | –                      | –                           |
 * | Suppression time   | ST#ws#reason#shard       | time#address        | –                      | –                           |
 * | Suppression passes | ST#ws                    | P                   | –                      | –                           |
 * | ApiKey             | K#sha256                 | K                   | K#ws                   | –                           |
 * | Idempotency key    | I#ws#sha256 of key       | I                   | –                      | –                           |
 * | Configuration set  | F#name                   | F                   | –                      | –                           |
 * | Quarantine         | Q#day                    | time#id             | –                      | –                           |
 * | Cursor key         | CURSOR                   | KEY                 | –                      | –                           |
 *
 * - An interval is `hour` or `day`.
 * - Both indexes sort by the table's own `sk`. The `sk` of an event or a delivery begins with a letter for its kind, followed by
 *   the time of the event. So the events of a message, an event name or a recipient can be read newest first. A merged list has
 *   one cursor for all its partitions, and no sort key is stored twice.
 * - The values in a key (workspace, message, event id, time) are not repeated as attributes. So a list row stays near 560
 *   bytes (seven rows per read unit). A row with its raw event stays within 1 KB (one write unit).
 * - Times in sort keys have the format of `sortableTimestamp`, which is always 24 characters long.
 */
import { createHash } from 'node:crypto';
import { addressForms, canonicalAddress } from '../core/addresses.ts';
import { deliveryId } from '../core/ids.ts';
import type { Delivery, DeliveryStatus } from '../core/deliveries.ts';
import type { Dimension } from '../core/dimensions.ts';
import type { Interval } from '../core/intervals.ts';
import type { EventName, SuppressionReason } from '../core/events.ts';
import { sortableTimestamp } from '../core/timestamps.ts';

/** Index names. DynamoDB requires at least three characters. */
export const INDEX = { g1: 'by_g1pk', g2: 'by_g2pk' } as const;

/** Names of the key attributes and of `ttl` (epoch seconds). The table construct uses them, too. */
export const KEY_ATTRIBUTES = { pk: 'pk', sk: 'sk', g1pk: 'g1pk', g2pk: 'g2pk', ttl: 'ttl' } as const;

/**
 * The attributes in both indexes: those that lists show. The raw event is not one of them. This list is final, because DynamoDB
 * cannot change the projection of an index (docs/adr/0001-table-keys.md).
 */
export const PROJECTED_ATTRIBUTES = [
  'kind',
  'id',
  'event',
  'to',
  'from',
  'subject',
  'details',
  'tags',
  'status',
  'attempt_count',
  'next_attempt_at',
  'created_at',
  'completed_at',
  'test',
  'name',
  'scopes',
  'hint',
  'last_used_at',
  'expires_at',
] as const;

/** The kind of a row. The readers of the table's stream filter by it. */
export const KIND = {
  event: 'event',
  reputationEvent: 'reputation_event',
  command: 'command',
  raw: 'raw',
  delivery: 'delivery',
  deliveryAddress: 'delivery_address',
  attempt: 'attempt',
  workspace: 'workspace',
  endpoint: 'endpoint',
  endpointHistory: 'endpoint_change',
  reputationSettings: 'reputation_settings',
  reputationState: 'reputation_state',
  reputationHistory: 'reputation_change',
  probe: 'probe',
  counters: 'counters',
  dimensionCounters: 'dimension_counters',
  firstDelay: 'first_delay',
  checkpoint: 'checkpoint',
  suppression: 'suppression',
  suppressionTime: 'suppression_time',
  suppressionPasses: 'suppression_passes',
  apiKey: 'api_key',
  configurationSet: 'configuration_set',
  quarantine: 'quarantine',
  cursorKey: 'cursor_key',
  idempotency: 'idempotency',
} as const;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

/**
 * The number of shards of an event name, if not 1. DynamoDB accepts 1,000 writes a second on one partition key, and it
 * cannot split a partition whose sort keys only grow. These two events reach the limit first, because almost every email causes
 * both. Two shards raise the limit to 2,000. A page of all events merges 15 partitions:
 * one for each of the 13 event names, and two second shards. A page of 50 events stays within 12 read units.
 */
const SHARDS_BY_EVENT: Partial<Record<EventName, number>> = { sent: 2, delivered: 2 };

/** The shard of an item with this id, of so many shards. */
function shardOf(id: string, shards = 1): number {
  return shards === 1 ? 0 : (createHash('sha256').update(id).digest()[0] ?? 0) % shards;
}

/** The values that make the key of an event row. */
export interface EventKeyParts {
  readonly workspace_id: string;
  readonly message_id: string;
  /** RFC 3339, with or without milliseconds. */
  readonly timestamp: string;
  readonly event_id: string;
}

export function messagePartition(workspaceId: string, messageId: string): string {
  return `M#${workspaceId}#${messageId}`;
}

export function eventKey(event: EventKeyParts): Key {
  return {
    pk: messagePartition(event.workspace_id, event.message_id),
    sk: `E#${sortableTimestamp(event.timestamp)}#${event.event_id}`,
  };
}

/** The inverse of `eventKey`. Throws for a key of another kind, which would be a bug of the caller. */
export function parseEventKey(key: Key): EventKeyParts {
  const partition = /^M#(ws_[a-z2-7]+)#(.+)$/s.exec(key.pk);
  const sort = /^E#([^#]{24})#(evt_[a-z2-7]+)$/.exec(key.sk);
  if (!partition?.[1] || !partition[2] || !sort?.[1] || !sort[2]) {
    throw new Error(`Not the key of an event: ${key.pk} ${key.sk}`);
  }
  return { workspace_id: partition[1], message_id: partition[2], timestamp: sort[1], event_id: sort[2] };
}

export function eventNamePartition(workspaceId: string, event: EventName, eventId: string): string {
  return `S#${workspaceId}#${event}#${shardOf(eventId, SHARDS_BY_EVENT[event])}`;
}

/** All partitions of an event name. A list of that event merges them. */
export function eventNamePartitions(workspaceId: string, event: EventName): readonly string[] {
  return Array.from(
    { length: SHARDS_BY_EVENT[event] ?? 1 },
    (_, shard) => `S#${workspaceId}#${event}#${shard}`,
  );
}

/** The partition that new events of a recipient are stored in. */
export function recipientPartition(workspaceId: string, address: string): string {
  return `R#${workspaceId}#${canonicalAddress(address)}`;
}

/** Every partition that may contain events of a recipient. A list of the recipient's events merges them. */
export function recipientPartitions(workspaceId: string, address: string): readonly string[] {
  return addressForms(address).map((form) => `R#${workspaceId}#${form}`);
}

export function rawKey(workspaceId: string, messageId: string, hash: string): Key {
  return { pk: messagePartition(workspaceId, messageId), sk: `W#${hash}` };
}

/** A Delivery is in the partition of its event's message, at the event's time. So one Query reads the timeline of a message. */
export function deliveryKey(event: EventKeyParts, endpointId: string): Key {
  return {
    pk: messagePartition(event.workspace_id, event.message_id),
    sk: `D#${sortableTimestamp(event.timestamp)}#${event.event_id}#${endpointId}`,
  };
}

/** The inverse of `deliveryKey`. */
export function deliveryKeyParts(key: Key): EventKeyParts & { readonly endpoint_id: string } {
  const partition = /^M#(ws_[a-z2-7]+)#(.+)$/s.exec(key.pk);
  const sort = /^D#([^#]{24})#(evt_[a-z2-7]+)#(ep_[a-z2-7]+)$/.exec(key.sk);
  if (!partition?.[1] || !partition[2] || !sort?.[1] || !sort[2] || !sort[3]) {
    throw new Error(`Not the key of a delivery: ${key.pk} ${key.sk}`);
  }
  return {
    workspace_id: partition[1],
    message_id: partition[2],
    timestamp: sort[1],
    event_id: sort[2],
    endpoint_id: sort[3],
  };
}

/**
 * The number of shards of an endpoint's deliveries. Each webhook writes its delivery twice, at the claim and at the settlement,
 * and each write also updates the index partition of the endpoint. DynamoDB accepts 1,000 writes a second on one partition key,
 * so one partition allows 500 webhooks a second. Four shards raise the limit to 2,000.
 */
const ENDPOINT_SHARDS = 4;

export function endpointDeliveriesPartition(
  workspaceId: string,
  endpointId: string,
  eventId: string,
): string {
  return `D#${workspaceId}#${endpointId}#${shardOf(eventId, ENDPOINT_SHARDS)}`;
}

/** All partitions of an endpoint's deliveries. A list merges them. */
export function endpointDeliveriesPartitions(workspaceId: string, endpointId: string): readonly string[] {
  return Array.from({ length: ENDPOINT_SHARDS }, (_, shard) => `D#${workspaceId}#${endpointId}#${shard}`);
}

/**
 * The partition of a failing delivery in the sparse index. Undefined for a delivery that is `pending` or `delivered`. So a
 * webhook that is delivered at the first attempt, the usual case, costs no second index write.
 */
export function failingDeliveriesPartition(
  delivery: Pick<Delivery, 'workspace_id' | 'endpoint_id' | 'event_id'>,
  status: DeliveryStatus,
): string | undefined {
  if (!isFailingStatus(status)) return undefined;
  return `F#${delivery.workspace_id}#${delivery.endpoint_id}#${status}#${shardOf(delivery.event_id, ENDPOINT_SHARDS)}`;
}

/** Whether deliveries with this status are in the sparse index. */
export function isFailingStatus(status: DeliveryStatus): boolean {
  return status !== 'pending' && status !== 'delivered';
}

export function failingDeliveriesPartitions(
  workspaceId: string,
  endpointId: string,
  status: DeliveryStatus,
): readonly string[] {
  return Array.from(
    { length: ENDPOINT_SHARDS },
    (_, shard) => `F#${workspaceId}#${endpointId}#${status}#${shard}`,
  );
}

/** The workspace of an attempt. */
export function attemptWorkspace(key: Key): string {
  const workspaceId = /^D#(ws_[a-z2-7]+)#dlv_/.exec(key.pk)?.[1];
  if (workspaceId === undefined || !key.sk.startsWith('A#'))
    throw new Error(`Not the key of an attempt: ${key.pk} ${key.sk}`);
  return workspaceId;
}

/** The partition of a delivery's public id. It contains the attempts and a row with the key of the Delivery. So the id alone finds the Delivery and its attempts. */
export function deliveryPartition(workspaceId: string, id: string): string {
  return `D#${workspaceId}#${id}`;
}

export function deliveryAddressKey(event: EventKeyParts, endpointId: string): Key {
  return { pk: deliveryPartition(event.workspace_id, deliveryId(event.event_id, endpointId)), sk: 'D' };
}

const ATTEMPT_DIGITS = 6;

export function attemptKey(workspaceId: string, id: string, number: number): Key {
  return { pk: deliveryPartition(workspaceId, id), sk: `A#${String(number).padStart(ATTEMPT_DIGITS, '0')}` };
}

/** All workspaces share one key, because operators create workspaces by hand and there are few. */
export const WORKSPACES_PARTITION = 'WS';

export function workspaceKey(workspaceId: string): Key {
  return { pk: `W#${workspaceId}`, sk: 'WS' };
}

export const ENDPOINT_PREFIX = 'EP#';

export function endpointKey(workspaceId: string, endpointId: string): Key {
  return { pk: `W#${workspaceId}`, sk: `${ENDPOINT_PREFIX}${endpointId}` };
}

export function endpointHistoryPartition(workspaceId: string, endpointId: string): string {
  return `H#${workspaceId}#${endpointId}`;
}

export function endpointHistoryKey(
  workspaceId: string,
  endpointId: string,
  entry: { readonly at: string; readonly id: string },
): Key {
  return {
    pk: endpointHistoryPartition(workspaceId, endpointId),
    sk: `${sortableTimestamp(entry.at)}#${entry.id}`,
  };
}

/** The partition of a workspace's reputation guard: its settings, and the state of each scope. */
export function reputationPartition(workspaceId: string): string {
  return `W#${workspaceId}#REP`;
}

export function reputationSettingsKey(workspaceId: string): Key {
  return { pk: reputationPartition(workspaceId), sk: 'SETTINGS' };
}

export const REPUTATION_STATE_PREFIX = 'STATE#';

/** The key of the state of a configuration set, or of the whole workspace if `configurationSet` is null. */
export function reputationStateKey(workspaceId: string, configurationSet: string | null): Key {
  return {
    pk: reputationPartition(workspaceId),
    sk: `${REPUTATION_STATE_PREFIX}${configurationSet ?? ''}`,
  };
}

/** The partition of the state changes of all scopes of a workspace, by time. */
export function reputationHistoryPartition(workspaceId: string): string {
  return `RH#${workspaceId}`;
}

export function reputationHistoryKey(
  workspaceId: string,
  entry: { readonly at: string; readonly id: string },
): Key {
  return {
    pk: reputationHistoryPartition(workspaceId),
    sk: `${sortableTimestamp(entry.at)}#${entry.id}`,
  };
}

export function eventCountersPartition(workspaceId: string, interval: Interval): string {
  return `C#${workspaceId}#${interval}`;
}

export function endpointCountersPartition(
  workspaceId: string,
  endpointId: string,
  interval: Interval,
): string {
  return `C#${workspaceId}#${endpointId}#${interval}`;
}

/** The partition of the counters of all values of a dimension (docs/adr/0038-counters-by-dimension.md). */
export function dimensionCountersPartition(
  workspaceId: string,
  dimension: Dimension,
  interval: Interval,
): string {
  return `N#${workspaceId}#${dimension}#${interval}`;
}

/** The sort key of the counters of one value. Without a value, the sort key of the counters of all values without a row of their own. */
export function dimensionCountersSort(start: string, value: string | undefined): string {
  return value === undefined ? start : `${start}#${value}`;
}

/** The inverse of `dimensionCountersSort`. A start contains no `#`, but a value can. */
export function parseDimensionCountersSort(sk: string): {
  readonly start: string;
  readonly value: string | undefined;
} {
  const end = sk.indexOf('#');
  return end === -1 ? { start: sk, value: undefined } : { start: sk.slice(0, end), value: sk.slice(end + 1) };
}

/** The key of the row that records the first delay of a message to one recipient. */
export function firstDelayKey(event: EventKeyParts & { readonly to?: string }): Key {
  const recipient = event.to === undefined ? '' : canonicalAddress(event.to);
  return { pk: messagePartition(event.workspace_id, event.message_id), sk: `L#${recipient}` };
}

/** The checkpoint of a shard of the table's stream: the last record that was counted. */
export function checkpointKey(shardId: string): Key {
  return { pk: `T#${shardId}`, sk: 'T' };
}

/** The partition of a doctor probe: a route for the webhooks of `admin doctor`. It is not the probe that an open breaker sends. The table contains only the hash of the token. */
export function probePartition(token: string): string {
  return `P#${createHash('sha256').update(token).digest('hex')}`;
}

export function commandKey(workspaceId: string, id: string): Key {
  return { pk: `X#${workspaceId}#${id}`, sk: 'X' };
}

/** The partition of a workspace's suppression list. The sort keys are addresses. */
export function suppressionPartition(workspaceId: string): string {
  return `W#${workspaceId}#SUP`;
}

/** The key that a new suppression is stored under. */
export function suppressionKey(workspaceId: string, address: string): Key {
  return { pk: suppressionPartition(workspaceId), sk: canonicalAddress(address) };
}

/** Every key under which the suppression of an address may be stored. The first is the key of new suppressions. */
export function suppressionKeys(workspaceId: string, address: string): readonly Key[] {
  return addressForms(address).map((sk) => ({ pk: suppressionPartition(workspaceId), sk }));
}

/**
 * The number of shards of a reason, if not 1. A transaction costs two write units for each row, so one partition accepts the time
 * rows of 500 suppressions a second. Two shards accept as many hard bounces as the partition of the event `bounced`.
 */
const SHARDS_BY_REASON: Partial<Record<SuppressionReason, number>> = { bounce: 2 };

/** The partitions of a workspace's suppressions with one reason, by time. Their rows contain only their keys. A list merges them. */
export function suppressionTimesPartitions(
  workspaceId: string,
  reason: SuppressionReason,
): readonly string[] {
  return Array.from(
    { length: SHARDS_BY_REASON[reason] ?? 1 },
    (_, shard) => `ST#${workspaceId}#${reason}#${shard}`,
  );
}

/** The values that make the key of a time row. */
export interface SuppressionTime {
  readonly reason: SuppressionReason;
  readonly created_at: string;
}

/** The key of the time row of the suppression with this key (docs/adr/0035-suppressions-by-time.md). */
export function suppressionTimeKey(
  suppression: Key,
  { reason, created_at: createdAt }: SuppressionTime,
): Key {
  return {
    pk: `ST#${suppressionWorkspace(suppression)}#${reason}#${shardOf(suppression.sk, SHARDS_BY_REASON[reason])}`,
    sk: `${sortableTimestamp(createdAt)}#${suppression.sk}`,
  };
}

/** The key of the suppression to which a time row belongs. */
export function timedSuppressionKey(workspaceId: string, timeKey: Key): Key {
  return { pk: suppressionPartition(workspaceId), sk: timeKey.sk.slice(timeKey.sk.indexOf('#') + 1) };
}

/** The workspace of a suppression. */
export function suppressionWorkspace({ pk }: Key): string {
  return pk.slice('W#'.length, -'#SUP'.length);
}

/** The row that records whether every suppression of a workspace has its time row. */
export function suppressionPassesKey(workspaceId: string): Key {
  return { pk: `ST#${workspaceId}`, sk: 'P' };
}

export function apiKeyKey(sha256Hex: string): Key {
  return { pk: `K#${sha256Hex}`, sk: 'K' };
}

export function apiKeysPartition(workspaceId: string): string {
  return `K#${workspaceId}`;
}

export function configurationSetKey(name: string): Key {
  return { pk: `F#${name}`, sk: 'F' };
}

/** Contains the hash of the caller's key, because that key may have any length and characters. */
export function idempotencyKey(workspaceId: string, key: string): Key {
  return { pk: `I#${workspaceId}#${createHash('sha256').update(key).digest('hex')}`, sk: 'I' };
}

/** One partition for each day on which messages were received, because an operator reads and redrives quarantine by day. */
export function quarantineKey(receivedAt: string, id: string): Key {
  const time = sortableTimestamp(receivedAt);
  return { pk: `Q#${time.slice(0, 10)}`, sk: `${time}#${id}` };
}

export const CURSOR_KEY: Key = { pk: 'CURSOR', sk: 'KEY' };
