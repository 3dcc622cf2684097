/** Our CloudWatch metrics. They are written as fields of a log line (embedded metric format), without an API call or agent. */
export const METRIC = {
  messagesQuarantined: 'MessagesQuarantined',
  unknownWorkspaceTags: 'UnknownWorkspaceTags',
  unknownEvents: 'UnknownEvents',
  deliveriesExhausted: 'DeliveriesExhausted',
  /** Deliveries that ended because of an internal error, and attempts that could not be recorded. */
  deliveriesInternal: 'DeliveriesInternal',
  /**
   * Stream records that could not be counted, and checks of the reputation guard that failed. The log distinguishes them. One metric for
   * both needs one alarm, so the guard does not make an idle deployment more expensive.
   */
  recordsUncounted: 'RecordsUncounted',
  endpointsDisabled: 'EndpointsDisabled',
  /** Endpoints that became failing. */
  endpointsFailing: 'EndpointsFailing',
  /**
   * 1 when ingest stores events, 0 when dispatch is called. So the minimum of a period is 1 only if events were stored and dispatch
   * was not called.
   */
  dispatchStalled: 'DispatchStalled',
} as const;
export type MetricName = (typeof METRIC)[keyof typeof METRIC];

/** The metrics for which zero is a value. For the others, zero means that there is nothing to count. */
const GAUGES: ReadonlySet<string> = new Set<MetricName>([METRIC.dispatchStalled]);

/** Returns the fields that make CloudWatch count the metrics of a log line. Counts of zero are left out, except for gauges. */
export type MetricFields = (counts: Partial<Record<MetricName, number>>) => Record<string, unknown>;

/**
 * The metric fields for one namespace. `now` returns epoch milliseconds.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function metricsIn(namespace: string, now: () => number): MetricFields {
  return (counts) => {
    const reported = Object.entries(counts).filter(([name, count]) => count > 0 || GAUGES.has(name));
    if (reported.length === 0) return {};
    return {
      _aws: {
        Timestamp: now(),
        CloudWatchMetrics: [
          {
            Namespace: namespace,
            Dimensions: [[]],
            Metrics: reported.map(([name]) => ({ Name: name, Unit: 'Count' })),
          },
        ],
      },
      ...Object.fromEntries(reported),
    };
  };
}

/**
 * Returns a function that is true once in each minute of the clock. CloudWatch has one minimum per minute, so repeating a gauge within
 * a minute would only add log bytes. `now` returns epoch milliseconds.
 */
export function oncePerMinute(now: () => number): () => boolean {
  let lastMinute: number | undefined;
  return () => {
    const minute = Math.floor(now() / 60_000);
    const isNew = minute !== lastMinute;
    lastMinute = minute;
    return isNew;
  };
}
