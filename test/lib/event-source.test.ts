import { describe, expect, it } from 'vitest';
import { resource, resourcesOf, templateOf } from '../../pages/template.ts';

const template = templateOf();

function eventTypes(of: ReturnType<typeof templateOf>): readonly string[] {
  const destination = resource(of, 'AWS::SES::ConfigurationSetEventDestination');
  return (destination.Properties['EventDestination'] as { MatchingEventTypes: string[] }).MatchingEventTypes;
}

describe('the topic', () => {
  it('delivers the unchanged message of SES, and moves undeliverable messages to a dead-letter queue', () => {
    const { Properties } = resource(template, 'AWS::SNS::Subscription');

    expect(Properties['RawMessageDelivery']).toBe(true);
    expect(JSON.stringify(Properties['RedrivePolicy'])).toContain('SubscriptionDeadLetters');
  });
});

describe('the queues', () => {
  it('hide a message for six times the timeout of ingest, and retry it ten times', () => {
    const { Properties } = resource(template, 'AWS::SQS::Queue', 'IvySourceQueue');
    const ingest = resource(template, 'AWS::Lambda::Function', 'IvyIngest');

    expect(Number(Properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(
      6 * Number(ingest.Properties['Timeout']),
    );
    expect(Properties['RedrivePolicy']).toMatchObject({ maxReceiveCount: 10 });
  });

  it('retry only the failed messages of a batch', () => {
    const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', 'IvyIngest');

    expect(mapping.Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });
});

describe('the configuration set', () => {
  it('is not created if the option names an existing one', () => {
    const named = templateOf({ configurationSet: 'mine' });

    expect(resourcesOf(named, 'AWS::SES::ConfigurationSet')).toEqual([]);
    expect(
      resource(named, 'AWS::SES::ConfigurationSetEventDestination').Properties['ConfigurationSetName'],
    ).toBe('mine');
  });

  it('publishes the eight outcomes of an email, and does not track opens and clicks', () => {
    expect(eventTypes(template)).toEqual([
      'SEND',
      'REJECT',
      'BOUNCE',
      'COMPLAINT',
      'DELIVERY',
      'RENDERING_FAILURE',
      'DELIVERY_DELAY',
      'SUBSCRIPTION',
    ]);
  });

  it('also publishes opens and clicks with trackEngagement', () => {
    expect(eventTypes(templateOf({ trackEngagement: true }))).toEqual([
      ...eventTypes(template),
      'OPEN',
      'CLICK',
    ]);
  });

  it('gets its event destination after the topic policy and the subscription exist', () => {
    const { DependsOn } = resource(template, 'AWS::SES::ConfigurationSetEventDestination');
    const needed = ['AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription'].map(
      (type) => resource(template, type, 'IvySource').id,
    );

    expect(DependsOn).toEqual(expect.arrayContaining(needed));
  });
});
