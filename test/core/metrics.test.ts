import { describe, expect, it } from 'vitest';
import { METRIC, metricsIn } from '../../lambdas/core/metrics.ts';

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
});
