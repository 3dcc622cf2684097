import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { optionsFromContext, resolveOptions, type StackOptions } from '../../lib/options.ts';

describe('resolveOptions', () => {
  it.each<[string, object]>([
    ['retentionDays', { retentionDays: 0 }],
    ['retentionDays', { retentionDays: 1.5 }],
    ['trackEngagement', { trackEngagement: 'perhaps' }],
    ['retry.count', { retry: { count: 5 } }],
    ['retry.firstDelay', { retry: { firstDelay: 60 } }],
    ['retry', { retry: { firstDelaySeconds: 3600, factor: 5 } }],
    ['allowInsecureEndpoints', { allowInsecureEndpoints: 1 }],
    ['alarmEmail', { alarmEmail: 'no-address' }],
    ['domain.certificateArn', { domain: { name: 'events.example.com', hostedZoneId: 'Z1' } }],
    ['configurationSet', { configurationSet: 'no spaces' }],
    ['autoSuppress.softBounces', { autoSuppress: { softBounces: true } }],
    ['throttle.burst', { throttle: { burst: 0 } }],
    ['deliverConcurrency', { deliverConcurrency: 0 }],
    ['consumerConcurrency', { consumerConcurrency: 1 }],
    ['consumerConcurrency', { consumerConcurrency: 1001 }],
    ['tracing', { tracing: 'sometimes' }],
    ['removalPolicy', { removalPolicy: 'keep' }],
    ['retentiondays', { retentiondays: 30 }],
  ])('refuses an invalid or unknown option and names it: %s', (name, options) => {
    expect(() => resolveOptions(options as StackOptions)).toThrow(`\n  ${name}: `);
  });

  it('names every invalid option, not only the first', () => {
    expect(() => resolveOptions({ retentionDays: -1, alarmEmail: 'x' })).toThrow(
      /retentionDays:[^]*alarmEmail:/,
    );
  });

  it('gives every option its documented default', () => {
    expect(resolveOptions({})).toEqual({
      retentionDays: 90,
      trackEngagement: false,
      retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
      allowInsecureEndpoints: false,
      autoSuppress: { hardBounces: true, complaints: true },
      reputation: { pauseConfigurationSet: false },
      throttle: { ratePerSecond: 100, burst: 200 },
      tracing: false,
      removalPolicy: 'retain',
    });
  });

  it('adds the defaults of missing fields to a partial option', () => {
    expect(resolveOptions({ autoSuppress: { complaints: false } }).autoSuppress).toEqual({
      hardBounces: true,
      complaints: false,
    });
  });

  it('accepts a retry count of 0', () => {
    expect(resolveOptions({ retry: { count: 0 } }).retry.count).toBe(0);
  });
});

describe('optionsFromContext', () => {
  const read = (context: Record<string, unknown>): StackOptions =>
    optionsFromContext(new App({ context }).node);

  it('passes on an unknown name, so that resolveOptions refuses it', () => {
    expect(() => resolveOptions(read({ retentionDay: '30' }))).toThrow(
      'retentionDay: there is no such option',
    );
  });

  it('passes on invalid text, so that resolveOptions refuses it', () => {
    expect(() => resolveOptions(read({ trackEngagement: 'yes' }))).toThrow('trackEngagement: ');
    expect(() => resolveOptions(read({ retry: '{"count":' }))).toThrow('retry: ');
  });

  it('parses text from the command line as JSON', () => {
    const options = resolveOptions(
      read({ retentionDays: '30', trackEngagement: 'true', retry: '{"count":1}', throttle: { burst: 5 } }),
    );

    expect(options).toMatchObject({
      retentionDays: 30,
      trackEngagement: true,
      retry: { count: 1 },
      throttle: { burst: 5 },
    });
  });

  it('keeps text for a text option, even if the text looks like a number', () => {
    expect(resolveOptions(read({ configurationSet: '2026' })).configurationSet).toBe('2026');
  });

  it('ignores context values of the CDK', () => {
    expect(read({ '@aws-cdk/core:target': 1, 'aws:cdk:x': 1, 'acknowledged-issue-numbers': [1] })).toEqual(
      {},
    );
  });
});
