import { UnreadableMessage } from '../core/errors.ts';
import { isJsonObject, type JsonObject } from '../core/json.ts';

/** A message from the queue, after parsing. */
export type SesMessage =
  | {
      readonly kind: 'event';
      readonly ses: JsonObject;
      /** The text of the SES event, which is stored byte for byte. */
      readonly rawText: string;
      /** The topic in the SNS envelope. Absent with raw delivery. */
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

/** The SNS envelope and the SNS record of a Lambda function both have the fields `Message`, `Type` and `TopicArn`. */
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
  // SNS adds a line feed at the end. SES did not write it, so it is not part of the event.
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
  // The raw event is the SES event alone. It is serialized again, because its original text in the envelope is not available.
  return { ...message, ses: detail, rawText: JSON.stringify(detail) };
}

/**
 * Parses the body of one message: an SNS envelope, SNS raw delivery, or the SNS record of a Lambda function. The SES event
 * inside may have an EventBridge envelope. Throws UnreadableMessage with a reason.
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
