/** Our CloudWatch metrics. They are written as fields of a log line (embedded metric format): no API call, no agent. */
export const METRIC = {
  messagesQuarantined: 'MessagesQuarantined',
  unknownWorkspaceTags: 'UnknownWorkspaceTags',
  unknownEvents: 'UnknownEvents',
  deliveriesExhausted: 'DeliveriesExhausted',
  /** Deliveries that ended, or attempts that could not be recorded, through a fault of our own. */
  deliveriesInternal: 'DeliveriesInternal',
  /** Rows of the stream that could not be counted. */
  recordsUncounted: 'RecordsUncounted',
  endpointsDisabled: 'EndpointsDisabled',
  /** Breakers opened: an endpoint fails, and its new deliveries are held. */
  endpointsFailing: 'EndpointsFailing',
} as const;
export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** Fields to add to a log line so that CloudWatch counts them; zeros are left out. */
export type MetricFields = (counts: Partial<Record<MetricName, number>>) => Record<string, unknown>;

/**
 * Counts in one namespace; `now` is in epoch milliseconds.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsIn(namespace: string, now: () => number): MetricFields {
  return (counts) => {
    const counted = Object.entries(counts).filter(([, count]) => count > 0);
    if (counted.length === 0) return {};
    return {
      _aws: {
        Timestamp: now(),
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [[]],
            Metrics: counted.map(([name]) => ({ Name: name, Unit: 'Count' })),
          },
        ],
      },
      ...Object.fromEntries(counted),
    };
  };
}
