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

/** An SES event with lists that are nested this deep. */
function nested(levels: number): string {
  const lists = '['.repeat(levels - 1) + ']'.repeat(levels - 1);
  return `{"eventType":"Send","mail":null,"deep":${lists},"send":{}}`;
}

describe('parseSesMessage refuses an unreadable message with a reason:', () => {
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
    [nested(65), 'too_deep: The message is nested more than 64 levels deep'],
    [nested(64), 'none'],
  ])('%s: %s', (body, refusal) => {
    expect(refusalOf(body)).toBe(refusal);
  });

  it.each(['Type', 'Message', 'TopicArn'])(
    'too_deep, if the %s of an envelope is nested 10,000 levels deep',
    (field) => {
      const lists = '['.repeat(10_000) + ']'.repeat(10_000);
      const text = JSON.stringify({
        Type: 'Notification',
        TopicArn: TOPIC,
        Message: 'x',
        [field]: '<lists>',
      });
      expect(refusalOf(`{"Sns":${text.replace('"<lists>"', lists)}}`)).toMatch(/^too_deep/);
    },
  );

  it('not_json, with the error of JSON.parse as the cause', () => {
    expect(() => parseSesMessage('{')).toThrow(
      expect.objectContaining({ cause: expect.any(SyntaxError) as unknown }),
    );
  });

  it('always an UnreadableMessage, for any text', () => {
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

describe('parseSesMessage recognizes a notice of SES or SNS:', () => {
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
  ])('%s', (_case, body) => {
    expect(parseSesMessage(body)).toEqual({ kind: 'notice' });
  });
});

describe('parseSesMessage returns the same SES event', () => {
  const text = JSON.stringify(SAMPLES.bounce);
  const event = { kind: 'event', ses: SAMPLES.bounce, rawText: text };

  it('from raw delivery', () => {
    expect(parseSesMessage(text)).toEqual(event);
  });

  it('from an SNS envelope, with the topic and without the line feed that SNS adds', () => {
    expect(parseSesMessage(snsEnvelope(SAMPLES.bounce, TOPIC))).toEqual({ ...event, topicArn: TOPIC });
  });

  it('from an envelope without a topic', () => {
    expect(parseSesMessage(JSON.stringify({ Sns: { Message: text } }))).toStrictEqual(event);
  });

  it.each(['Message', 'TopicArn'])('from raw delivery if the event has a field named %s', (field) => {
    const own = JSON.stringify({ ...SAMPLES.bounce, [field]: 'x' });
    expect(parseSesMessage(own)).toMatchObject({ kind: 'event', rawText: own });
  });

  it('from the SNS record of a Lambda function', () => {
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

  it('with its text byte for byte, including spaces and the order of keys', () => {
    const spaced = '{ "mail" : {"messageId":"a"},\n "eventType":"Send","send":{} }';
    expect(parseSesMessage(spaced)).toMatchObject({ rawText: spaced });
  });
});

describe('an EventBridge envelope', () => {
  const detail = SAMPLES.bounce;
  const envelope = { version: '0', 'detail-type': 'Email Bounced', source: 'aws.ses', detail };
  const expected = { kind: 'event', ses: detail, rawText: JSON.stringify(detail) };

  it('contains the SES event, which is returned with its text', () => {
    expect(parseSesMessage(JSON.stringify(envelope))).toEqual(expected);
  });

  it('in an SNS envelope gives the topic, too', () => {
    const text = JSON.stringify({ Type: 'Notification', TopicArn: TOPIC, Message: JSON.stringify(envelope) });
    expect(parseSesMessage(text)).toEqual({ ...expected, topicArn: TOPIC });
  });

  it.each([
    ['without a type', { detail }],
    ['whose type is not a string', { 'detail-type': 7, detail }],
    ['whose detail is not an object', { 'detail-type': 'Email Sent', detail: 'text' }],
    ['whose detail is a list', { 'detail-type': 'Email Sent', detail: [detail] }],
  ])('%s is not unwrapped', (_case, message) => {
    expect(parseSesMessage(JSON.stringify(message))).toMatchObject({ ses: message });
  });
});
