import { PublishBatchCommand, PublishCommand, SNSClient, type SNSClientConfig } from '@aws-sdk/client-sns';
import { awsConfig } from './aws.ts';
import type { SesEvent } from '../sim/ses/events.ts';

/** Publishes to the stack's topic in the format of SES. */
export interface Topic {
  publish(event: SesEvent): Promise<void>;
  /** Publishes events in batches, in their order. */
  publishAll(events: readonly SesEvent[]): Promise<void>;
}

const SUBJECT = 'Amazon SES Email Event Notification';
const BATCH = 10;

export function createTopic(
  endpoint: string,
  topicArn: string,
  options: Pick<SNSClientConfig, 'maxAttempts'> = {},
): Topic {
  const client = new SNSClient({ ...awsConfig(endpoint), ...options });
  return {
    async publish(event) {
      await client.send(
        new PublishCommand({ TopicArn: topicArn, Subject: SUBJECT, Message: formatMessage(event) }),
      );
    },
    async publishAll(events) {
      for (let start = 0; start < events.length; start += BATCH) {
        const entries = events.slice(start, start + BATCH).map((event, index) => ({
          Id: String(index),
          Subject: SUBJECT,
          Message: formatMessage(event),
        }));
        const { Failed = [] } = await client.send(
          new PublishBatchCommand({ TopicArn: topicArn, PublishBatchRequestEntries: entries }),
        );
        if (Failed.length > 0)
          throw new Error(`SNS refused ${Failed.length} messages: ${Failed[0]?.Message}`);
      }
    },
  };
}

/** Formats an event as SES does. SES ends its messages with a line feed. */
function formatMessage(event: SesEvent): string {
  return `${JSON.stringify(event)}\n`;
}
