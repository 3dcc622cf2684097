import { describe, expect, it } from 'vitest';
import { ENV } from '../../lambdas/core/env.ts';
import { KIND } from '../../lambdas/store/keys.ts';
import { DELIVER_TIMEOUT_SECONDS } from '../../lib/deliver-machine.ts';
import { resource, resourcesOf, templateOf, textOf } from '../../pages/template.ts';

const template = templateOf();
const mapping = resource(template, 'AWS::Lambda::EventSourceMapping', 'IvyDelivery');
const machine = (prefix: string): Record<string, unknown> =>
  resource(template, 'AWS::StepFunctions::StateMachine', prefix).Properties;

describe('dispatch', () => {
  it('is called only for new events and commands, not for other rows of the pipeline', () => {
    const [filter] = (mapping.Properties['FilterCriteria'] as { Filters: { Pattern: string }[] }).Filters;

    expect(JSON.parse(filter?.Pattern ?? '')).toEqual({
      eventName: ['INSERT'],
      dynamodb: { NewImage: { kind: { S: [KIND.event, KIND.command, KIND.reputationEvent] } } },
    });
  });

  it('starts at the oldest record of the stream', () => {
    expect(mapping.Properties['StartingPosition']).toBe('TRIM_HORIZON');
  });

  it('retries a failed record until the stream is about to delete it, and then reports it to the dead-letter queue', () => {
    expect(mapping.Properties).toMatchObject({
      MaximumRecordAgeInSeconds: 23 * 3600,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
    });
    expect(mapping.Properties['MaximumRetryAttempts']).toBeUndefined();
    expect(JSON.stringify(mapping.Properties['DestinationConfig'])).toContain('DispatchDeadLetters');
  });

  it('is one of at most two readers, the maximum of a stream', () => {
    const readers = resourcesOf(template, 'AWS::Lambda::EventSourceMapping').filter(([, { Properties }]) =>
      textOf(Properties['EventSourceArn']).endsWith('.StreamArn}'),
    );

    expect(readers.length).toBeLessThanOrEqual(2);
  });
});

describe('deliver', () => {
  it('has no reserved concurrency unless deliverConcurrency sets it', () => {
    const reserved = (of: typeof template): unknown =>
      resource(of, 'AWS::Lambda::Function', 'IvyDeliveryDeliver').Properties['ReservedConcurrentExecutions'];
    expect(reserved(template)).toBeUndefined();
    expect(reserved(templateOf({ deliverConcurrency: 200 }))).toBe(200);
  });
});

describe('consumerConcurrency', () => {
  const consumers = (of: typeof template): Record<string, unknown> =>
    Object.fromEntries(
      resourcesOf(of, 'AWS::Lambda::EventSourceMapping').map(([id, { Properties }]) => [
        id.replace(/(?:Function)?(?:Sqs|Stream).*$/, ''),
        (Properties['ScalingConfig'] as { MaximumConcurrency: number } | undefined)?.MaximumConcurrency ??
          Properties['ParallelizationFactor'],
      ]),
    );

  it('is not set by default: 50 batches of the queue, and 4 batches per shard in dispatch', () => {
    expect(consumers(template)).toEqual({ IvyIngest: 50, IvyDeliveryDispatch: 4, IvyTally: 1 });
  });

  it('limits the batches of the queue to its value, and those of a shard to one', () => {
    expect(consumers(templateOf({ consumerConcurrency: 2 }))).toEqual({
      IvyIngest: 2,
      IvyDeliveryDispatch: 1,
      IvyTally: 1,
    });
  });
});

it('consumerConcurrency limits the groups of one endpoint that are attempted at the same time', () => {
  const groupsPerEndpoint = (of: typeof template): unknown => {
    const { Properties } = resource(of, 'AWS::Lambda::Function', 'IvyDeliveryDeliver');
    return (Properties['Environment'] as { Variables: Record<string, unknown> }).Variables[
      ENV.groupsPerEndpoint
    ];
  };
  expect(groupsPerEndpoint(template)).toBeUndefined();
  expect(groupsPerEndpoint(templateOf({ consumerConcurrency: 2 }))).toBe('2');
});

describe('the state machines', () => {
  it('log only errors, without execution data, so that no email is in the log', () => {
    expect(machine('IvyDeliveryDeliverMachine')['LoggingConfiguration']).toMatchObject({
      Level: 'ERROR',
      IncludeExecutionData: false,
    });
  });

  it('use Express for first attempts and Standard for retries', () => {
    expect(machine('IvyDeliveryDeliverMachine')['StateMachineType']).toBe('EXPRESS');
    expect(machine('IvyDeliveryRedeliverMachine')['StateMachineType']).not.toBe('EXPRESS');
  });

  it.each([
    ['are not traced by default, because a trace of each execution costs $5 per million', {}, false],
    ['are all traced with the option tracing', { tracing: true }, true],
  ])('%s', (_, options, traced) => {
    const machines = resourcesOf(templateOf(options), 'AWS::StepFunctions::StateMachine');
    const tracing = machines.map(([, { Properties }]) => Properties['TracingConfiguration']);
    expect(tracing).toEqual(Array.from({ length: 3 }, () => ({ Enabled: traced })));
  });

  it('call the deliver function, whose timeout is the one their own timeouts are based on', () => {
    const deliver = resource(template, 'AWS::Lambda::Function', 'IvyDeliveryDeliver');

    expect(deliver.Properties['Timeout']).toBe(DELIVER_TIMEOUT_SECONDS);
    for (const prefix of ['IvyDeliveryDeliverMachine', 'IvyDeliveryRedeliverMachine'])
      expect(textOf(machine(prefix)['DefinitionString'])).toContain(`"Resource":"\${${deliver.id}.Arn}"`);
  });
});
