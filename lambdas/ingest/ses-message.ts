import { UnreadableMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** A message from the queue, after parsing. */
export type SesMessage =
  | {
      readonly kind: 'event';
      readonly ses: JsonObject;
      /**
       * The text of the SES event to store. It is the received text without a line feed at the end. For an EventBridge event, it
       * is the `detail` object, serialized again.
       */
      readonly rawText: string;
      /** ARN of the topic in the SNS envelope. Absent if the message has no envelope, as with raw delivery. */
      readonly topicArn?: string;
    }
  /** A test message of SES or SNS, which confirms that the subscription works. It is not stored. */
  | { readonly kind: 'notice' };

/** SES sends this text once, when a configuration set gets its SNS destination. */
const VALIDATION_SENTENCE = 'Successfully validated SNS topic for Amazon SES event publishing.';

/** SES events have far fewer levels. The limit protects code that walks an event recursively from a stack overflow. */
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
    throw new UnreadableMessage('too_deep', `The message is nested more than ${MAX_DEPTH} levels deep`);
  return value;
}

/**
 * Extracts the message from an SNS envelope, and the topic ARN. The envelope is the JSON object that SNS puts around a message
 * without raw delivery, or the `Sns` object of a record that SNS passes to a Lambda function. Both objects have the fields
 * `Message`, `Type` and `TopicArn`.
 */
function readEnvelope(envelope: JsonObject): SesMessage {
  const { Message: message, Type: type, TopicArn: topicArn } = envelope;
  if (type !== undefined && type !== 'Notification') {
    throw new UnreadableMessage('not_a_notification', `The SNS message has the type ${JSON.stringify(type)}`);
  }
  if (typeof message !== 'string') throw new UnreadableMessage('not_ses', 'The SNS message has no text');
  const inner = readText(message);
  return inner.kind === 'event' && typeof topicArn === 'string' ? { ...inner, topicArn } : inner;
}

function readText(text: string): SesMessage {
  if (text.trim() === VALIDATION_SENTENCE) return { kind: 'notice' };
  const ses = parse(text);
  if (!isJsonObject(ses))
    throw new UnreadableMessage('not_an_object', 'The message is JSON but not an object');
  if (ses['notificationType'] === 'AmazonSnsSubscriptionSucceeded') return { kind: 'notice' };
  // The text of an SNS message can end with a line feed. The line feed is not part of the SES event, so it is not stored.
  return { kind: 'event', ses, rawText: text.endsWith('\n') ? text.slice(0, -1) : text };
}

/**
 * Extracts the SES event from an EventBridge event, which contains it as `detail`.
 * Source: https://docs.aws.amazon.com/ses/latest/dg/monitoring-eventbridge.html
 */
function unwrapEventBridge(message: SesMessage): SesMessage {
  if (message.kind === 'notice') return message;
  const { 'detail-type': type, detail } = message.ses;
  if (typeof type !== 'string' || !isJsonObject(detail)) return message;
  // The raw event is the SES event without its EventBridge envelope. JSON.parse does not return the original text of `detail`,
  // so `detail` is serialized again. The stored text can differ from the received text, for example in its whitespace.
  return { ...message, ses: detail, rawText: JSON.stringify(detail) };
}

/**
 * Parses the body of one SQS message, which has one of three forms:
 *
 * - the message alone (SNS raw delivery)
 * - the message in an SNS envelope
 * - a record that SNS passed to a Lambda function, with the message in its `Sns` object
 *
 * In each form, the message is an SES event, an EventBridge event that contains the SES event, or a notice. The second and third
 * forms are accepted, because a message that an operator moves into the queue can have them. Throws UnreadableMessage with
 * a reason.
 */
export function parseSesMessage(body: string): SesMessage {
  return unwrapEventBridge(unwrapSns(readText(body)));
}

function unwrapSns(message: SesMessage): SesMessage {
  if (message.kind === 'notice') return message;
  const { ses } = message;
  if (isJsonObject(ses['Sns'])) return readEnvelope(ses['Sns']);
  if ('Message' in ses && 'TopicArn' in ses) return readEnvelope(ses);
  return message;
}
