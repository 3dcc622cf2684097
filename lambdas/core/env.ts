import { checkedWaitScale } from './wait-scale.ts';

/** The names of the functions' environment variables: set in lib/, read in lambdas/handlers/. No SDK import here. */
export const ENV = {
  tableName: 'IVYMAIL_TABLE_NAME',
  retentionDays: 'IVYMAIL_RETENTION_DAYS',
  /** ARN of the topic SES publishes to: the only one whose envelopes ingest accepts. */
  topicArn: 'IVYMAIL_TOPIC_ARN',
  configurationSet: 'IVYMAIL_CONFIGURATION_SET',
  secretsKeyArn: 'IVYMAIL_SECRETS_KEY_ARN',
  /** Of the stack alone: two in one region must not ring each other's alarms. */
  metricsNamespace: 'IVYMAIL_METRICS_NAMESPACE',
  deliverMachineArn: 'IVYMAIL_DELIVER_MACHINE_ARN',
  recoverMachineArn: 'IVYMAIL_RECOVER_MACHINE_ARN',
  poisonQueueUrl: 'IVYMAIL_POISON_QUEUE_URL',
  /** `true` lets http and loopback endpoints through: the local run only. */
  allowInsecureEndpoints: 'IVYMAIL_ALLOW_INSECURE_ENDPOINTS',
  /** JSON of the `retry` stack option: {"firstDelaySeconds","factor","count"}. */
  retry: 'IVYMAIL_RETRY',
  /** The local run only: by how much waits that are not shown are shortened. Absent means 1. */
  waitScale: 'IVYMAIL_WAIT_SCALE',
  /** JSON of the `autoSuppress` stack option: {"hardBounces","complaints"}. */
  autoSuppress: 'IVYMAIL_AUTO_SUPPRESS',
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

/** Fails at load, naming the variable, rather than at the first event. */
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

/** 1 in a deployment, where the variable is absent. Throws a RangeError unless it is more than 0 and at most 1. */
export function waitScaleOf(environment: Environment): number {
  return checkedWaitScale(Number(environment[ENV.waitScale] ?? 1));
}
