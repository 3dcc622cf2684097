import { describe, expect, it } from 'vitest';
import { METRIC, metricsIn } from '../../lambdas/core/metrics.ts';

const metrics = metricsIn('IvyMail/Mine', () => 1_000);

describe('what is counted', () => {
  it('is in the namespace of its stack, without dimensions, at its time', () => {
    expect(metrics({ [METRIC.messagesQuarantined]: 2, [METRIC.unknownEvents]: 0 })).toEqual({
      MessagesQuarantined: 2,
      _aws: {
        Timestamp: 1_000,
        CloudWatchMetrics: [
          {
            Namespace: 'IvyMail/Mine',
            Dimensions: [[]],
            Metrics: [{ Name: 'MessagesQuarantined', Unit: 'Count' }],
          },
        ],
      },
    });
  });

  it('adds nothing to a line where it is nothing', () => {
    expect(metrics({ [METRIC.unknownEvents]: 0 })).toEqual({});
  });
});
