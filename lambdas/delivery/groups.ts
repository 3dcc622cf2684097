import { createHash } from 'node:crypto';
import type { DeliveryGroup, DeliveryTask } from '../core/deliveries.ts';
import type { StoredEvent } from '../core/deliverable-events.ts';
import { deliveryId } from '../core/ids.ts';

/** The input of an execution of Deliver. */
export interface GroupStart {
  readonly group: DeliveryGroup;
  readonly events: readonly StoredEvent[];
}

/** A task, with its event if the caller has read it and it is small enough for the input. */
export interface GroupMember {
  readonly task: DeliveryTask;
  readonly stored?: StoredEvent;
  /** UTF-8 bytes of both in JSON. */
  readonly bytes: number;
}

/**
 * The most tasks of a group. A receiver that responds in 150 ms gets 100 webhooks in a second, with 20 requests in flight. A
 * group whose receiver is slower than 4 s is handed over to Redeliver before the deliver function times out.
 */
export const GROUP_TASKS = 100;
/** UTF-8 bytes of a group. Step Functions refuses an input of more than 256 KiB. */
const GROUP_BYTES = 200_000;
/** A larger event, in UTF-8 bytes, is not put into the input. One long diagnostic would leave no room for other events. */
const EVENT_BYTES = 8_192;

/** Throws a TypeError if the event cannot be converted to JSON. Only the row of this event is then poison. */
export function createMember(task: DeliveryTask, stored?: StoredEvent): GroupMember {
  const taskBytes = jsonBytes(task);
  const eventBytes = stored ? jsonBytes(stored) : 0;
  return stored && eventBytes <= EVENT_BYTES
    ? { task, stored, bytes: taskBytes + eventBytes }
    : { task, bytes: taskBytes };
}

/** Groups members by endpoint, and cuts each group at 100 tasks and 200 KB. The order of the members is kept. */
export function createGroups(members: readonly GroupMember[]): readonly GroupStart[] {
  const byEndpoint = Map.groupBy(members, ({ task }) => `${task.workspace_id} ${task.endpoint_id}`);
  return [...byEndpoint.values()].flatMap(cut).map(toGroupStart);
}

/** A group of one task, such as a manual attempt. */
export function singleGroup(task: DeliveryTask): GroupStart {
  return toGroupStart([createMember(task)]);
}

type Members = readonly [GroupMember, ...GroupMember[]];

function cut(members: readonly GroupMember[]): readonly Members[] {
  const groups: [GroupMember, ...GroupMember[]][] = [];
  let bytes = 0;
  for (const member of members) {
    const group = groups.at(-1);
    if (group && group.length < GROUP_TASKS && bytes + member.bytes <= GROUP_BYTES) {
      group.push(member);
      bytes += member.bytes;
    } else {
      groups.push([member]);
      bytes = member.bytes;
    }
  }
  return groups;
}

/** UTF-8 bytes of the value in JSON, with the comma after it. */
function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}

function toGroupStart(members: Members): GroupStart {
  const [{ task: first }] = members;
  return {
    group: {
      workspace_id: first.workspace_id,
      endpoint_id: first.endpoint_id,
      execution_name: executionName(members),
      delay_seconds: 0,
      wakes: 0,
      tasks: members.map(({ task }) => task),
    },
    events: members.flatMap(({ stored }) => (stored ? [{ event: stored.event, ttl: stored.ttl }] : [])),
  };
}

function nameOf({ task: { event_id: eventId, endpoint_id: endpointId, run } }: GroupMember): string {
  return `${deliveryId(eventId, endpointId)}-${run}`;
}

/**
 * The name of a group with one task is readable: an operator who has the id of a delivery finds its execution. The name of a larger
 * group is a hash of its members.
 */
function executionName(members: Members): string {
  const [first, ...others] = members;
  return others.length === 0 ? nameOf(first) : groupName(members.map(nameOf));
}

/** The name of an execution that continues or combines others. It is always the same for the same parts. */
export function groupName(parts: readonly string[]): string {
  return `group-${createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40)}`;
}
