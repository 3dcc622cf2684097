import { PublishBatchCommand, PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { awsConfig } from './aws.ts';
import type { SesEvent } from '../sim/ses/events.ts';

/** The stack's topic, as SES writes to it. */
export interface Topic {
  publish(event: SesEvent): Promise<void>;
  /** Many at once, in their order. */
  publishAll(events: readonly SesEvent[]): Promise<void>;
}

const SUBJECT = 'Amazon SES Email Event Notification';
const BATCH = 10;

export function createTopic(endpoint: string, topicArn: string): Topic {
  const client = new SNSClient(awsConfig(endpoint));
  return {
    async publish(event) {
      await client.send(
        new PublishCommand({ TopicArn: topicArn, Subject: SUBJECT, Message: messageOf(event) }),
      );
    },
    async publishAll(events) {
      for (let start = 0; start < events.length; start += BATCH) {
        const entries = events.slice(start, start + BATCH).map((event, index) => ({
          Id: String(index),
          Subject: SUBJECT,
          Message: messageOf(event),
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

/** SES ends its messages with a line feed. */
function messageOf(event: SesEvent): string {
  return `${JSON.stringify(event)}\n`;
}
