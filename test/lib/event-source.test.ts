import { describe, expect, it } from 'vitest';
import { resource, resourcesOf, templateOf } from '../../pages/template.ts';

const template = templateOf();

function eventTypes(of: ReturnType<typeof templateOf>): readonly string[] {
  const destination = resource(of, 'AWS::SES::ConfigurationSetEventDestination');
  return (destination.Properties['EventDestination'] as { MatchingEventTypes: string[] }).MatchingEventTypes;
}

describe('the topic', () => {
  it('hands over the message as SES wrote it, and sets aside what it cannot hand over', () => {
    const { Properties } = resource(template, 'AWS::SNS::Subscription');

    expect(Properties['RawMessageDelivery']).toBe(true);
    expect(JSON.stringify(Properties['RedrivePolicy'])).toContain('SubscriptionDeadLetters');
  });
});

describe('the queues', () => {
  it('give ingest six times its timeout, and ten tries', () => {
    const { Properties } = resource(template, 'AWS::SQS::Queue', 'IvySourceQueue');
    const ingest = resource(template, 'AWS::Lambda::Function', 'IvyIngest');

    expect(Number(Properties['VisibilityTimeout'])).toBeGreaterThanOrEqual(
      6 * Number(ingest.Properties['Timeout']),
    );
    expect(Properties['RedrivePolicy']).toMatchObject({ maxReceiveCount: 10 });
  });

  it('are read in batches of which only the failed part comes back', () => {
    const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', 'IvyIngest');

    expect(mapping.Properties).toMatchObject({
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 50 },
    });
  });
});

describe('the configuration set', () => {
  it('is left alone when one that exists is named', () => {
    const named = templateOf({ configurationSet: 'mine' });

    expect(resourcesOf(named, 'AWS::SES::ConfigurationSet')).toEqual([]);
    expect(
      resource(named, 'AWS::SES::ConfigurationSetEventDestination').Properties['ConfigurationSetName'],
    ).toBe('mine');
  });

  it('publishes the eight outcomes of a mail, and does not track its reader', () => {
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

  it('adds exactly opens and clicks when asked to', () => {
    expect(eventTypes(templateOf({ trackEngagement: true }))).toEqual([
      ...eventTypes(template),
      'OPEN',
      'CLICK',
    ]);
  });

  it('is pointed at the topic only when SES may publish and the queue listens', () => {
    const { DependsOn } = resource(template, 'AWS::SES::ConfigurationSetEventDestination');
    const needed = ['AWS::SNS::TopicPolicy', 'AWS::SNS::Subscription'].map(
      (type) => resource(template, type, 'IvySource').id,
    );

    expect(DependsOn).toEqual(expect.arrayContaining(needed));
  });
});
