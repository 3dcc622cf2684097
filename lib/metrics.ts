import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type { MetricName } from '../lambdas/core/metrics.ts';

/** A metric that the functions of a deployment publish. The alarms and the users of the construct read it. */
export function deploymentMetric(
  namespace: string,
  metricName: MetricName,
  options: cloudwatch.MetricOptions = {},
): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace,
    metricName,
    period: Duration.minutes(5),
    statistic: 'Sum',
    ...options,
  });
}
