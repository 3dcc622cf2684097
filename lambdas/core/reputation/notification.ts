import type { ReputationEventName } from './event-names.ts';
import type { ReputationEvent } from './events.ts';
import { reasonText } from './reason-text.ts';

/** A message to the alarm topic. A subject of SNS has at most 100 ASCII characters, all on one line. */
export interface Notification {
  readonly subject: string;
  readonly message: string;
}

const SUBJECTS: Readonly<Record<ReputationEventName, string>> = {
  'reputation.warning': 'IvyMail Events: bounces or complaints reached a limit',
  'reputation.paused': 'IvyMail Events: sending is paused',
  'reputation.resumed': 'IvyMail Events: sending is resumed',
};

const SET_PAUSED =
  'A configuration set is paused. If the API sends with this set, POST /v1/send responds with 409 reputation_paused until a person resumes it.';

const FIRST_SENTENCES: Readonly<Record<ReputationEventName, string>> = {
  'reputation.warning': 'The reputation guard warns. Email is still sent.',
  'reputation.paused':
    'Sending is paused. POST /v1/send responds with 409 reputation_paused until a person resumes sending.',
  'reputation.resumed': 'Sending is resumed.',
};

const CAUSE = 'The page Deliverability of the dashboard shows the emails that cause it.';

function nextStepsOf({
  event: name,
  workspace_id: workspaceId,
  configuration_set: configurationSet,
}: ReputationEvent): readonly string[] {
  if (name === 'reputation.resumed') return [];
  if (name === 'reputation.warning') return ['', CAUSE];
  // Without the options, the command would resume another scope.
  const scope = configurationSet === undefined ? '' : ` --configuration-set ${configurationSet}`;
  const command = `npx ivymail-events reputation resume --workspace ${workspaceId}${scope}`;
  return ['', CAUSE, `To resume sending, use this page, or the command: ${command}`];
}

/** The notification of an event, in plain English. It contains no address of a recipient. */
export function notificationOf(event: ReputationEvent): Notification {
  const { event: name, workspace_id: workspaceId, configuration_set: configurationSet, reasons } = event;
  const lines = [
    name === 'reputation.paused' && configurationSet !== undefined ? SET_PAUSED : FIRST_SENTENCES[name],
    '',
    `Workspace: ${workspaceId}`,
    ...(configurationSet === undefined ? [] : [`Configuration set: ${configurationSet}`]),
    `Time: ${event.timestamp}`,
    `Event: ${event.event_id}`,
    ...(reasons.length === 0 ? [] : ['', ...reasons.map(reasonText)]),
    ...nextStepsOf(event),
  ];
  return { subject: SUBJECTS[name], message: lines.join('\n') };
}
