import { PutConfigurationSetSendingOptionsCommand, SESv2Client } from '@aws-sdk/client-sesv2';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { CALL_LIMITS } from '../core/aws-client-timeouts.ts';
import { awsErrorKind } from '../core/aws-errors.ts';
import { ENV, pausesConfigurationSet, requireEnv } from '../core/env.ts';
import { RefusedEffect } from '../core/errors.ts';
import { DEFAULT_WORKSPACE_ID } from '../core/ids.ts';
import type { ReputationEvent } from '../core/reputation/events.ts';
import { notificationOf } from '../core/reputation/notification.ts';
import { listReputationStates } from '../store/reputation.ts';
import type { Table } from '../store/table.ts';

/** What dispatch does with a reputation event, in addition to its webhooks. Each effect is safe to repeat. */
export interface ReputationEffects {
  /** Publishes the event to the alarm topic. A repeated record publishes it again. */
  readonly notify: (event: ReputationEvent) => Promise<void>;
  /** Stops or starts sending with the configuration set. Absent unless the stack option allows it. */
  readonly switchSending?: (event: ReputationEvent) => Promise<void>;
}

/** Makes a call. Throws a transient error as it is, so that the stream sends the record again, and a RefusedEffect otherwise. */
async function effectOf(description: string, call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    if (awsErrorKind(error) === 'transient') throw error;
    const { name } = error as Partial<Error>;
    throw new RefusedEffect(`${description}: ${String(name)}`, { cause: error });
  }
}

export function notifyAlarmTopic(sns: SNSClient, topicArn: string, event: ReputationEvent): Promise<void> {
  const { subject, message } = notificationOf(event);
  return effectOf('The alarm topic did not accept the notification', () =>
    sns.send(new PublishCommand({ TopicArn: topicArn, Subject: subject, Message: message })),
  );
}

export interface SendingSwitch {
  readonly table: Table;
  readonly ses: SESv2Client;
  /** The configuration set of the deployment. */
  readonly configurationSet: string;
}

/** Whether the event is about a scope that stops the configuration set: the default workspace, or the set in this workspace. */
function isAboutSet(event: ReputationEvent, configurationSet: string): boolean {
  const { workspace_id: workspaceId, configuration_set: scope = configurationSet } = event;
  return workspaceId === DEFAULT_WORKSPACE_ID && scope === configurationSet;
}

async function isPaused({ table, configurationSet }: SendingSwitch): Promise<boolean> {
  const states = await listReputationStates(table, DEFAULT_WORKSPACE_ID);
  return states.some(
    ({ configuration_set: set, state }) => state === 'paused' && (set === null || set === configurationSet),
  );
}

/**
 * Switches sending with the configuration set to what the stored states require. The event only starts the comparison, because
 * records can be repeated late: an old `reputation.paused` must not stop a set that a person has resumed. The states are read again
 * after the call. If two calls for different scopes overlap, the one that ends last sees both changes.
 */
export async function switchSending(deps: SendingSwitch, event: ReputationEvent): Promise<void> {
  const { ses, configurationSet } = deps;
  if (event.event === 'reputation.warning' || !isAboutSet(event, configurationSet)) return;
  const paused = await isPaused(deps);
  await effectOf('Sending with the configuration set could not be switched', () =>
    ses.send(
      new PutConfigurationSetSendingOptionsCommand({
        ConfigurationSetName: configurationSet,
        SendingEnabled: !paused,
      }),
    ),
  );
  return (await isPaused(deps)) === paused ? undefined : switchSending(deps, event);
}

/** The effects of a deployment, from the environment of the dispatch function. Throws if an environment variable is missing. */
export function reputationEffects(
  table: Table,
  environment: Readonly<Record<string, string | undefined>>,
): ReputationEffects {
  const topicArn = requireEnv(environment, ENV.alarmTopicArn);
  const sns = new SNSClient({ requestHandler: CALL_LIMITS });
  const notify = (event: ReputationEvent): Promise<void> => notifyAlarmTopic(sns, topicArn, event);
  if (!pausesConfigurationSet(environment)) return { notify };
  const ses = new SESv2Client({ requestHandler: CALL_LIMITS });
  const configurationSet = requireEnv(environment, ENV.configurationSet);
  return { notify, switchSending: (event) => switchSending({ table, ses, configurationSet }, event) };
}
