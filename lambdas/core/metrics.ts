/** Our CloudWatch metrics. They are written as fields of a log line (embedded metric format), without an API call or agent. */
export const METRIC = {
  messagesQuarantined: 'MessagesQuarantined',
  unknownWorkspaceTags: 'UnknownWorkspaceTags',
  unknownEvents: 'UnknownEvents',
  deliveriesExhausted: 'DeliveriesExhausted',
  /** Deliveries that ended because of an internal error, and attempts that could not be recorded. */
  deliveriesInternal: 'DeliveriesInternal',
  /** Stream records that could not be counted. */
  recordsUncounted: 'RecordsUncounted',
  endpointsDisabled: 'EndpointsDisabled',
  /** Endpoints that became failing. */
  endpointsFailing: 'EndpointsFailing',
} as const;
export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** Returns the fields that make CloudWatch count the metrics of a log line. Counts of zero are left out. */
export type MetricFields = (counts: Partial<Record<MetricName, number>>) => Record<string, unknown>;

/**
 * The metric fields for one namespace. `now` returns epoch milliseconds.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsIn(namespace: string, now: () => number): MetricFields {
  return (counts) => {
    const nonZero = Object.entries(counts).filter(([, count]) => count > 0);
    if (nonZero.length === 0) return {};
    return {
      _aws: {
        Timestamp: now(),
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [[]],
            Metrics: nonZero.map(([name]) => ({ Name: name, Unit: 'Count' })),
          },
        ],
      },
      ...Object.fromEntries(nonZero),
    };
  };
}
