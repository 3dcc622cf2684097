import { checkedWaitScale } from './wait-scale.ts';

/**
 * Names of the environment variables of the Lambda functions. `lib/` sets the variables, and the functions read them. Do not
 * import an AWS SDK here. `lib/` imports this file, so each synthesis of the stack would load the SDK.
 */
export const ENV = {
  tableName: 'IVYMAIL_TABLE_NAME',
  retentionDays: 'IVYMAIL_RETENTION_DAYS',
  /** ARN of the topic to which SES publishes. Ingest accepts SNS envelopes of this topic only. */
  topicArn: 'IVYMAIL_TOPIC_ARN',
  configurationSet: 'IVYMAIL_CONFIGURATION_SET',
  secretsKeyArn: 'IVYMAIL_SECRETS_KEY_ARN',
  /** Unique per stack. Otherwise two stacks in one region would trigger each other's alarms. */
  metricsNamespace: 'IVYMAIL_METRICS_NAMESPACE',
  deliverMachineArn: 'IVYMAIL_DELIVER_MACHINE_ARN',
  recoverMachineArn: 'IVYMAIL_RECOVER_MACHINE_ARN',
  dispatchDeadLettersUrl: 'IVYMAIL_POISON_QUEUE_URL',
  /** `true` allows http and loopback endpoints. Set only in the local run. */
  allowInsecureEndpoints: 'IVYMAIL_ALLOW_INSECURE_ENDPOINTS',
  /** The `retry` stack option as JSON: {"firstDelaySeconds","factor","count"}. */
  retry: 'IVYMAIL_RETRY',
  /** How many groups of one endpoint are attempted at the same time. Absent means any number. */
  groupsPerEndpoint: 'IVYMAIL_GROUPS_PER_ENDPOINT',
  /** Factor that shortens the waits that no API response shows. Set only in the local run. Absent means 1. */
  waitScale: 'IVYMAIL_WAIT_SCALE',
  /** The `autoSuppress` stack option as JSON: {"hardBounces","complaints"}. */
  autoSuppress: 'IVYMAIL_AUTO_SUPPRESS',
  /** The `reputation` stack option as JSON: {"pauseConfigurationSet"}. */
  reputation: 'IVYMAIL_REPUTATION',
  /** ARN of the topic of the alarms. Dispatch publishes reputation events to it. */
  alarmTopicArn: 'IVYMAIL_ALARM_TOPIC_ARN',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Called when a function loads, so that a missing variable is reported by name before the first event. */
export function requireEnv(environment: Environment, name: string): string {
  const value = environment[name]?.trim();
  if (value === undefined || value === '') throw new Error(`Environment variable ${name} is required`);
  return value;
}

export function requireNumberEnv(environment: Environment, name: string): number {
  const value = Number(requireEnv(environment, name));
  if (!Number.isFinite(value)) throw new Error(`Environment variable ${name} must be a number`);
  return value;
}

/** Whether a pause by the reputation guard may disable sending with the configuration set in SES: a part of the `reputation` stack option. */
export function pausesConfigurationSet(environment: Environment): boolean {
  const option = JSON.parse(requireEnv(environment, ENV.reputation)) as {
    readonly pauseConfigurationSet: boolean;
  };
  return option.pauseConfigurationSet;
}

/** 1 in a deployment, where the variable is absent. Throws a RangeError unless the value is more than 0 and at most 1. */
export function waitScaleOf(environment: Environment): number {
  return checkedWaitScale(Number(environment[ENV.waitScale] ?? 1));
}
