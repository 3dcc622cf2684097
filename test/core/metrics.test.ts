import { describe, expect, it } from 'vitest';
import { METRIC, metricsIn, oncePerMinute } from '../../lambdas/core/metrics.ts';

const metrics = metricsIn('IvyMail/Test', () => 1_000);

describe('metricsIn', () => {
  it('counts in the namespace of the stack, without dimensions, at the current time', () => {
    expect(metrics({ [METRIC.messagesQuarantined]: 2, [METRIC.unknownEvents]: 0 })).toEqual({
      MessagesQuarantined: 2,
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'IvyMail/Test',
            Dimensions: [[]],
            Metrics: [{ Name: 'MessagesQuarantined', Unit: 'Count' }],
          },
        ],
      },
    });
  });

  it('adds no fields to a log line if all counts are zero', () => {
    expect(metrics({ [METRIC.unknownEvents]: 0 })).toEqual({});
  });

  it('publishes the zero of a gauge, because its minimum is the value of interest', () => {
    expect(metrics({ [METRIC.dispatchStalled]: 0 })).toMatchObject({
      DispatchStalled: 0,
      _aws: { CloudWatchMetrics: [{ Metrics: [{ Name: 'DispatchStalled', Unit: 'Count' }] }] },
    });
  });
});

describe('oncePerMinute', () => {
  it('is true at the first call of each minute', () => {
    const times = [59_000, 59_999, 60_000, 61_000, 180_000];
    const isNewMinute = oncePerMinute(() => times.shift() ?? 0);
    expect(Array.from({ length: 5 }, isNewMinute)).toEqual([true, false, true, false, true]);
  });
});
