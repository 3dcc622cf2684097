/** The events of the reputation guard. They are about a stream of email, so none of them is an `EventName` or a log status. */
export const REPUTATION_EVENTS = ['reputation.warning', 'reputation.paused', 'reputation.resumed'] as const;
export type ReputationEventName = (typeof REPUTATION_EVENTS)[number];

/** Whether the name is that of a reputation event. Other names belong to events of emails. */
export function isReputationEventName(name: string): name is ReputationEventName {
  return (REPUTATION_EVENTS as readonly string[]).includes(name);
}
