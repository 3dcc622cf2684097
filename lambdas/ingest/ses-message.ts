import { UnreadableMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** What a message from the queue turned out to be. */
export type SesMessage =
  | {
      readonly kind: 'event';
      readonly ses: JsonObject;
      /** The SES event as text, to be kept byte for byte. */
      readonly rawText: string;
      /** The topic an SNS envelope names; none with raw delivery. */
      readonly topicArn?: string;
    }
  /** SES or SNS telling that the wiring works: nothing to store. */
  | { readonly kind: 'notice' };

/** Sent once, as plain text, when a configuration set gets its SNS destination. */
const VALIDATION_SENTENCE = 'Successfully validated SNS topic for Amazon SES event publishing.';

/** Deeper than any event of SES; far from what would exhaust a stack, here or wherever the event is shown. */
const MAX_DEPTH = 64;

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((each) => isDeeper(each, levels - 1));
}

function parse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new UnreadableMessage('not_json', 'The message is not JSON', { cause });
  }
  if (isDeeper(value, MAX_DEPTH))
    throw new UnreadableMessage('too_deep', `The message is nested more than ${MAX_DEPTH} deep`);
  return value;
}

/** SNS names the field `TopicArn` in its envelope and in the record a Lambda gets. */
function readEnvelope(envelope: JsonObject): SesMessage {
  const { Message: message, Type: type, TopicArn: topicArn } = envelope;
  if (type !== undefined && type !== 'Notification') {
    throw new UnreadableMessage('not_a_notification', `The SNS message is a ${JSON.stringify(type)}`);
  }
  if (typeof message !== 'string') throw new UnreadableMessage('not_ses', 'The SNS message holds no text');
  const inner = readText(message);
  return inner.kind === 'event' && typeof topicArn === 'string' ? { ...inner, topicArn } : inner;
}

function readText(text: string): SesMessage {
  if (text.trim() === VALIDATION_SENTENCE) return { kind: 'notice' };
  const ses = parse(text);
  if (!isJsonObject(ses)) throw new UnreadableMessage('not_an_object', 'The message is JSON, but no object');
  if (ses['notificationType'] === 'AmazonSnsSubscriptionSucceeded') return { kind: 'notice' };
  // SNS ends its messages with a line feed that SES did not write.
  return { kind: 'event', ses, rawText: text.endsWith('\n') ? text.slice(0, -1) : text };
}

/**
 * The SES event in an EventBridge event, which holds the same object in `detail`.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
 */
function withoutEventBridge(message: SesMessage): SesMessage {
  if (message.kind === 'notice') return message;
  const { 'detail-type': type, detail } = message.ses;
  if (typeof type !== 'string' || !isJsonObject(detail)) return message;
  // The raw event is the SES event alone. It is written again, because its text within the envelope is not known.
  return { ...message, ses: detail, rawText: JSON.stringify(detail) };
}

/**
 * Reads the body of one message: an SNS envelope, SNS's raw delivery, or the record SNS hands to a Lambda. Within each,
 * the event is as SES publishes it to SNS, or in an EventBridge envelope. Throws UnreadableMessage with a reason.
 */
export function parseSesMessage(body: string): SesMessage {
  return withoutEventBridge(withoutSns(readText(body)));
}

function withoutSns(message: SesMessage): SesMessage {
  if (message.kind === 'notice') return message;
  const { ses } = message;
  if (isJsonObject(ses['Sns'])) return readEnvelope(ses['Sns']);
  if ('Message' in ses && 'TopicArn' in ses) return readEnvelope(ses);
  return message;
}
