import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadableMessage } from '../../lambdas/core/errors.ts';
import { parseSesMessage } from '../../lambdas/ingest/ses-message.ts';
import { SAMPLES, snsEnvelope } from '../../sim/ses/samples.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:events';
const VALIDATION = 'Successfully validated SNS topic for Amazon SES event publishing.';

function refusalOf(body: string): string {
  try {
    parseSesMessage(body);
    return 'none';
  } catch (error) {
    if (error instanceof UnreadableMessage) return `${error.reason}: ${error.message}`;
    throw error;
  }
}

/** An SES event with something deep in it. */
function nested(levels: number): string {
  const lists = '['.repeat(levels - 1) + ']'.repeat(levels - 1);
  return `{"eventType":"Send","mail":null,"deep":${lists},"send":{}}`;
}

describe('a message is refused with its reason', () => {
  it.each([
    ['', 'not_json: The message is not JSON'],
    ['hello', 'not_json: The message is not JSON'],
    ['{"eventType":"Send"', 'not_json: The message is not JSON'],
    ['[1]', 'not_an_object: The message is JSON but not an object'],
    ['null', 'not_an_object: The message is JSON but not an object'],
    ['"text"', 'not_an_object: The message is JSON but not an object'],
    [
      JSON.stringify({ Type: 'SubscriptionConfirmation', TopicArn: TOPIC, Message: 'You have chosen' }),
      'not_a_notification: The SNS message has the type "SubscriptionConfirmation"',
    ],
    [
      JSON.stringify({ TopicArn: TOPIC, Message: { eventType: 'Send' } }),
      'not_ses: The SNS message has no text',
    ],
    [snsEnvelope('plain text from another publisher', TOPIC), 'not_json: The message is not JSON'],
    [nested(65), 'too_deep: The message is nested more than 64 deep'],
    [nested(64), 'none'],
  ])('%s: %s', (body, refusal) => {
    expect(refusalOf(body)).toBe(refusal);
  });

  it.each(['Type', 'Message', 'TopicArn'])('where the %s of an envelope would exhaust a stack', (field) => {
    const lists = '['.repeat(10_000) + ']'.repeat(10_000);
    const text = JSON.stringify({ Type: 'Notification', TopicArn: TOPIC, Message: 'x', [field]: '<lists>' });
    expect(refusalOf(`{"Sns":${text.replace('"<lists>"', lists)}}`)).toMatch(/^too_deep/);
  });

  it('with what JSON complains of', () => {
    expect(() => parseSesMessage('{')).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) as unknown }),
    );
  });

  it('whatever it is, by an UnreadableMessage and nothing else', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.json().map((text) => snsEnvelope(text, TOPIC)),
        ),
        (body) => {
          expect(typeof refusalOf(body)).toBe('string');
        },
      ),
    );
  });
});

describe('a notice that the wiring works is nothing to store', () => {
  const succeeded = {
    notificationType: 'AmazonSnsSubscriptionSucceeded',
    message: 'You have successfully subscribed',
  };
  it.each([
    ['validation sentence, raw', VALIDATION],
    ['validation sentence, with a line feed', `${VALIDATION}\n`],
    ['validation sentence, in an envelope', snsEnvelope(VALIDATION, TOPIC)],
    ['legacy notice, raw', JSON.stringify(succeeded)],
    ['legacy notice, in an envelope', snsEnvelope(succeeded, TOPIC)],
  ])('%s', (_what, body) => {
    expect(parseSesMessage(body)).toEqual({ kind: 'notice' });
  });
});

describe('an SES event is the same', () => {
  const text = JSON.stringify(SAMPLES.bounce);
  const event = { kind: 'event', ses: SAMPLES.bounce, rawText: text };

  it('by raw delivery', () => {
    expect(parseSesMessage(text)).toEqual(event);
  });

  it('in an SNS envelope, whose topic it names, without the line feed SNS adds', () => {
    expect(parseSesMessage(snsEnvelope(SAMPLES.bounce, TOPIC))).toEqual({ ...event, topicArn: TOPIC });
  });

  it('in an envelope that names no topic', () => {
    expect(parseSesMessage(JSON.stringify({ Sns: { Message: text } }))).toStrictEqual(event);
  });

  it.each(['Message', 'TopicArn'])('with a field of its own called %s', (field) => {
    const own = JSON.stringify({ ...SAMPLES.bounce, [field]: 'x' });
    expect(parseSesMessage(own)).toMatchObject({ kind: 'event', rawText: own });
  });

  it('in the record SNS hands to a Lambda', () => {
    const record = {
      EventSource: 'aws:sns',
      EventVersion: '1.0',
      EventSubscriptionArn: `${TOPIC}:1`,
      Sns: {
        Type: 'Notification',
        MessageId: '1',
        TopicArn: TOPIC,
        Message: text,
        SigningCertUrl: 'https://x',
      },
    };
    expect(parseSesMessage(JSON.stringify(record))).toEqual({ ...event, topicArn: TOPIC });
  });

  it('keeps its text byte for byte, spaces and order of keys included', () => {
    const spaced = '{ "mail" : {"messageId":"a"},\n "eventType":"Send","send":{} }';
    expect(parseSesMessage(spaced)).toMatchObject({ rawText: spaced });
  });
});

describe('an EventBridge envelope', () => {
  const detail = SAMPLES.bounce;
  const envelope = { version: '0', 'detail-type': 'Email Bounced', source: 'aws.ses', detail };
  const expected = { kind: 'event', ses: detail, rawText: JSON.stringify(detail) };

  it('alone gives the SES event that it holds, and its text', () => {
    expect(parseSesMessage(JSON.stringify(envelope))).toEqual(expected);
  });

  it('in SNS gives the topic, too', () => {
    const text = JSON.stringify({ Type: 'Notification', TopicArn: TOPIC, Message: JSON.stringify(envelope) });
    expect(parseSesMessage(text)).toEqual({ ...expected, topicArn: TOPIC });
  });

  it.each([
    ['without a type', { detail }],
    ['whose type is no text', { 'detail-type': 7, detail }],
    ['whose detail is no object', { 'detail-type': 'Email Sent', detail: 'text' }],
    ['whose detail is a list', { 'detail-type': 'Email Sent', detail: [detail] }],
  ])('%s is read as it is', (_what, message) => {
    expect(parseSesMessage(JSON.stringify(message))).toMatchObject({ ses: message });
  });
});
