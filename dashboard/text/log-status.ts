import { EVENT_NAMES, LOG_TYPE_OF, LOG_TYPES, type EventName } from '../../lambdas/core/events.ts';
import { statusLabel } from './status.ts';

interface StatusGroup {
  readonly name: string;
  readonly statuses: readonly EventName[];
  /** These statuses belong to events. They never become the current status of a message. */
  readonly eventsOnly?: true;
}

/** The statuses of the filter, in the order in which the filter shows them. */
export const STATUS_GROUPS: readonly StatusGroup[] = [
  { name: 'In progress', statuses: ['sent', 'delayed'] },
  { name: 'Delivered', statuses: ['delivered'] },
  { name: 'Problems', statuses: ['bounced', 'complained', 'suppressed', 'failed', 'soft_bounced'] },
  {
    name: 'Engagement',
    statuses: ['opened', 'clicked', 'unsubscribed', 'subscription_changed'],
    eventsOnly: true,
  },
  { name: 'Other', statuses: ['unknown'], eventsOnly: true },
];

/** Named sets of statuses that one click selects. */
export const STATUS_PRESETS = {
  Problems: ['bounced', 'complained', 'suppressed', 'failed', 'soft_bounced'],
  'In flight': ['sent', 'delayed'],
  Delivered: ['delivered'],
} as const satisfies Readonly<Record<string, readonly EventName[]>>;

/** Whether a message can have this current status. */
export function isMessageStatus(name: EventName): boolean {
  return STATUS_GROUPS.some(({ statuses, eventsOnly }) => !eventsOnly && statuses.includes(name));
}

/** Whether two lists contain the same statuses, in any order. */
export function areSameStatuses(left: readonly EventName[], right: readonly EventName[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}

/** The statuses that the parameters `status` and `type` of a page URL name. Unknown names are ignored. */
export function parseStatuses(status: string | null, type: string | null): readonly EventName[] {
  const named = (status ?? '').split(',').map((each) => each.trim());
  const statuses = EVENT_NAMES.filter((name) => named.includes(name));
  if (statuses.length > 0 || !LOG_TYPES.some((each) => each === type)) return statuses;
  return EVENT_NAMES.filter((name) => LOG_TYPE_OF[name] === type);
}

/** The label of the filter: `Any status`, `Problems`, `Bounced`, or `3 statuses`. */
export function statusFilterText(statuses: readonly EventName[]): string {
  const [first] = statuses;
  if (first === undefined) return 'Any status';
  const preset = Object.entries(STATUS_PRESETS).find(([, each]) => areSameStatuses(each, statuses));
  if (preset) return preset[0];
  return statuses.length === 1 ? statusLabel(first) : `${statuses.length} statuses`;
}
