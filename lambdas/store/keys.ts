/**
 * Every key of the table, in one place, with its reason (docs/adr/0001-table-keys.md has the long form).
 *
 * | item               | pk                       | sk                  | g1pk                   | g2pk                        |
 * | ------------------ | ------------------------ | ------------------- | ---------------------- | --------------------------- |
 * | Event              | M#ws#message             | E#time#event        | S#ws#event name#shard  | R#ws#address                |
 * | Raw SES event      | M#ws#message             | W#hash              | –                      | –                           |
 * | Delivery           | M#ws#message             | D#time#event#ep     | D#ws#endpoint#shard    | F#ws#endpoint#status#shard (sparse) |
 * | Delivery's address | D#ws#delivery            | D                   | –                      | –                           |
 * | Attempt            | D#ws#delivery            | A#number            | –                      | –                           |
 * | Workspace          | W#ws                     | WS                  | WS                     | –                           |
 * | Endpoint           | W#ws                     | EP#id               | –                      | –                           |
 * | Endpoint's change  | H#ws#endpoint            | time#id             | –                      | –                           |
 * | Counters, events   | C#ws#hour or #day        | beginning           | –                      | –                           |
 * | Counters, endpoint | C#ws#endpoint#hour, #day | beginning           | –                      | –                           |
 * | Checkpoint         | T#shard                  | T                   | –                      | –                           |
 * | Probe              | P#sha256 of a token      | P; R#webhook id     | –                      | –                           |
 * | Command            | X#ws#id                  | X                   | –                      | –                           |
 * | Suppression        | W#ws#SUP                 | address             | –                      | –                           |
 * | ApiKey             | K#sha256                 | K                   | K#ws                   | –                           |
 * | Send, once by key  | I#ws#sha256 of key       | I                   | –                      | –                           |
 * | Configuration set  | F#name                   | F                   | –                      | –                           |
 * | Quarantine         | Q#day                    | time#id             | –                      | –                           |
 * | Cursor key         | CURSOR                   | KEY                 | –                      | –                           |
 *
 * - Both indexes sort by the table's own `sk`, which begins with the time of the event. So a message, a status and a
 *   recipient are each read newest first, a merged list has one cursor for all its partitions, and no key is stored twice.
 * - What a key says (workspace, message, event id, time) is not repeated as an attribute: a list row stays near 560 bytes,
 *   seven to a read unit, and a row with its raw event within the one kilobyte of a write unit.
 * - Time in a sort key is `sortableTimestamp`: 24 characters always.
 */
import { createHash } from 'node:crypto';
import { addressForms, canonicalAddress } from '../core/addresses.ts';
import { deliveryId } from '../core/ids.ts';
import type { Delivery, DeliveryStatus } from '../core/deliveries.ts';
import type { EventName } from '../core/events.ts';
import type { Interval } from '../core/stats.ts';
import { sortableTimestamp } from '../core/timestamps.ts';

/** DynamoDB takes no index name under three characters. */
export const INDEX = { g1: 'by_g1pk', g2: 'by_g2pk' } as const;

/** Attribute names of keys, shared with the table construct. `ttl` is epoch seconds. */
export const KEY_ATTRIBUTES = { pk: 'pk', sk: 'sk', g1pk: 'g1pk', g2pk: 'g2pk', ttl: 'ttl' } as const;

/**
 * What lists need; the raw event stays out. One list for both indexes, since DynamoDB makes an index anew when its
 * projection changes: the names of keys of the API (scopes, name, …) are there before their routes are.
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

/** What a row is; the table's stream is filtered by it. */
export const KIND = {
  event: 'event',
  command: 'command',
  raw: 'raw',
  delivery: 'delivery',
  deliveryAddress: 'delivery_address',
  attempt: 'attempt',
  workspace: 'workspace',
  endpoint: 'endpoint',
  endpointHistory: 'endpoint_change',
  probe: 'probe',
  counters: 'counters',
  checkpoint: 'checkpoint',
  suppression: 'suppression',
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
 * DynamoDB takes 1,000 writes a second on one key and cannot split an ever-growing sort key. Only these two statuses
 * can reach that for one workspace (every mail has both); two shards give them 2,000 a second, and a merged page of
 * everything still starts with 15 partitions, within 12 read units.
 */
const SHARDS_OF: Partial<Record<EventName, number>> = { sent: 2, delivered: 2 };

function shardOf(event: EventName, eventId: string): number {
  const shards = SHARDS_OF[event] ?? 1;
  return shards === 1 ? 0 : (createHash('sha256').update(eventId).digest()[0] ?? 0) % shards;
}

/** Names the event row: all that a reader needs to find it. */
export interface EventAddress {
  readonly workspace_id: string;
  readonly message_id: string;
  /** RFC 3339, with or without milliseconds. */
  readonly timestamp: string;
  readonly event_id: string;
}

export function messagePartition(workspaceId: string, messageId: string): string {
  return `M#${workspaceId}#${messageId}`;
}

export function eventKey(event: EventAddress): Key {
  return {
    pk: messagePartition(event.workspace_id, event.message_id),
    sk: `E#${sortableTimestamp(event.timestamp)}#${event.event_id}`,
  };
}

/** The inverse of `eventKey`; throws on a key of another kind, which would be a fault of ours. */
export function eventAddress(key: Key): EventAddress {
  const partition = /^M#(ws_[a-z2-7]+)#(.+)$/s.exec(key.pk);
  const sort = /^E#([^#]{24})#(evt_[a-z2-7]+)$/.exec(key.sk);
  if (!partition?.[1] || !partition[2] || !sort?.[1] || !sort[2]) {
    throw new Error(`Not the key of an event: ${key.pk} ${key.sk}`);
  }
  return { workspace_id: partition[1], message_id: partition[2], timestamp: sort[1], event_id: sort[2] };
}

export function statusPartition(workspaceId: string, event: EventName, eventId: string): string {
  return `S#${workspaceId}#${event}#${shardOf(event, eventId)}`;
}

/** All partitions of a status: a list of it merges them. */
export function statusPartitions(workspaceId: string, event: EventName): readonly string[] {
  return Array.from({ length: SHARDS_OF[event] ?? 1 }, (_, shard) => `S#${workspaceId}#${event}#${shard}`);
}

/** The partition that new events of a recipient are stored in. */
export function recipientPartition(workspaceId: string, address: string): string {
  return `R#${workspaceId}#${canonicalAddress(address)}`;
}

/** Every partition that may hold events of a recipient: a list of them merges these. */
export function recipientPartitions(workspaceId: string, address: string): readonly string[] {
  return addressForms(address).map((form) => `R#${workspaceId}#${form}`);
}

export function rawKey(workspaceId: string, messageId: string, hash: string): Key {
  return { pk: messagePartition(workspaceId, messageId), sk: `W#${hash}` };
}

/** A Delivery lies beside its event, at the event's time: the timeline of a message is one Query. */
export function deliveryKey(event: EventAddress, endpointId: string): Key {
  return {
    pk: messagePartition(event.workspace_id, event.message_id),
    sk: `D#${sortableTimestamp(event.timestamp)}#${event.event_id}#${endpointId}`,
  };
}

/** The inverse of `deliveryKey`. */
export function deliveryKeyParts(key: Key): EventAddress & { readonly endpoint_id: string } {
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
 * A delivery is two writes of its endpoint's key (claimed, settled), so one key takes 500 webhooks a second; four take
 * what two shards of `sent` and two of `delivered` can cause together.
 */
const ENDPOINT_SHARDS = 4;

function endpointShardOf(eventId: string): number {
  return (createHash('sha256').update(eventId).digest()[0] ?? 0) % ENDPOINT_SHARDS;
}

export function endpointDeliveriesPartition(
  workspaceId: string,
  endpointId: string,
  eventId: string,
): string {
  return `D#${workspaceId}#${endpointId}#${endpointShardOf(eventId)}`;
}

/** All partitions of an endpoint's deliveries: a list merges them. */
export function endpointDeliveriesPartitions(workspaceId: string, endpointId: string): readonly string[] {
  return Array.from({ length: ENDPOINT_SHARDS }, (_, shard) => `D#${workspaceId}#${endpointId}#${shard}`);
}

/**
 * Only deliveries that are neither under their first attempt nor delivered are in it: the rule (delivered at once) pays
 * no second index write.
 */
export function failingDeliveriesPartition(
  delivery: Pick<Delivery, 'workspace_id' | 'endpoint_id' | 'event_id'>,
  status: DeliveryStatus,
): string | undefined {
  if (!isFailingStatus(status)) return undefined;
  return `F#${delivery.workspace_id}#${delivery.endpoint_id}#${status}#${endpointShardOf(delivery.event_id)}`;
}

/** Whether deliveries of a status have partitions of their own. */
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

/** The workspace of an attempt, by its key. */
export function attemptWorkspace(key: Key): string {
  const workspaceId = /^D#(ws_[a-z2-7]+)#dlv_/.exec(key.pk)?.[1];
  if (workspaceId === undefined || !key.sk.startsWith('A#'))
    throw new Error(`Not the key of an attempt: ${key.pk} ${key.sk}`);
  return workspaceId;
}

/** Attempts lie under the delivery's public id, with the address of its row: both are found by id alone. */
export function deliveryPartition(workspaceId: string, id: string): string {
  return `D#${workspaceId}#${id}`;
}

export function deliveryAddressKey(event: EventAddress, endpointId: string): Key {
  return { pk: deliveryPartition(event.workspace_id, deliveryId(event.event_id, endpointId)), sk: 'D' };
}

const ATTEMPT_DIGITS = 6;

export function attemptKey(workspaceId: string, id: string, number: number): Key {
  return { pk: deliveryPartition(workspaceId, id), sk: `A#${String(number).padStart(ATTEMPT_DIGITS, '0')}` };
}

/** Workspaces are made by an operator's hand, so one key holds the list of them. */
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
  change: { readonly at: string; readonly id: string },
): Key {
  return {
    pk: endpointHistoryPartition(workspaceId, endpointId),
    sk: `${sortableTimestamp(change.at)}#${change.id}`,
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

/** How far a shard of the table's stream has been counted. */
export function checkpointKey(shardId: string): Key {
  return { pk: `T#${shardId}`, sk: 'T' };
}

/** Where `admin doctor` has a webhook sent to: known to whoever has the token, which is nowhere in the table. */
export function probePartition(token: string): string {
  return `P#${createHash('sha256').update(token).digest('hex')}`;
}

export function commandKey(workspaceId: string, id: string): Key {
  return { pk: `X#${workspaceId}#${id}`, sk: 'X' };
}

/** The partition of a workspace's suppression list. Its sort keys are addresses. */
export function suppressionPartition(workspaceId: string): string {
  return `W#${workspaceId}#SUP`;
}

/** The key that a new suppression is stored under. */
export function suppressionKey(workspaceId: string, address: string): Key {
  return { pk: suppressionPartition(workspaceId), sk: canonicalAddress(address) };
}

/** Every key under which the suppression of an address may be stored, the one of new suppressions first. */
export function suppressionKeys(workspaceId: string, address: string): readonly Key[] {
  return addressForms(address).map((sk) => ({ pk: suppressionPartition(workspaceId), sk }));
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

/** By its hash: a key of the caller's own making may hold anything. */
export function idempotencyKey(workspaceId: string, key: string): Key {
  return { pk: `I#${workspaceId}#${createHash('sha256').update(key).digest('hex')}`, sk: 'I' };
}

/** By the day the message was sent to us: an operator reads and redrives by day. */
export function quarantineKey(receivedAt: string, id: string): Key {
  const time = sortableTimestamp(receivedAt);
  return { pk: `Q#${time.slice(0, 10)}`, sk: `${time}#${id}` };
}

export const CURSOR_KEY: Key = { pk: 'CURSOR', sk: 'KEY' };
