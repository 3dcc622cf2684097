/**
 * What the `ivymail-events` command needs to know about a deployment. The construct writes this value as JSON into an output
 * of its stack. The command reads every output that parses as this value.
 *
 * CloudFormation names no limit for the value of an output. Only an exported value is limited, to 1,024 characters, and this output
 * is not exported. The value has about 3,000 characters, and a test keeps it below 4,096.
 */
export interface DeploymentDescription {
  readonly format: typeof DESCRIPTION_FORMAT;
  /** Version of the package that contains the construct. */
  readonly version: string;
  /** Path of the construct below its stack, such as `Mail` or `Email/Events`. */
  readonly construct: string;
  readonly api_id: string;
  /** Base URL of the API, with a slash at the end. */
  readonly api_url: string;
  readonly configuration_set: string;
  /** The name of the event destination with which the configuration set publishes events to the topic. */
  readonly event_destination: string;
  /** Whether the event destination publishes the events `opened` and `clicked`. */
  readonly track_engagement: boolean;
  readonly default_workspace_id: string;
  readonly topic_arn: string;
  readonly queue_url: string;
  readonly table_name: string;
  readonly secrets_key_arn: string;
  readonly alarm_topic_arn: string;
  readonly dead_letter_queues: Readonly<Record<DeadLetterQueueName, string>>;
  readonly event_source_mappings: Readonly<Record<EventSourceMappingName, string>>;
  /** Names of the Lambda functions. */
  readonly functions: Readonly<Record<FunctionName, string>>;
  readonly deliver_machine_arn: string;
  readonly redeliver_machine_arn: string;
  readonly recover_machine_arn: string;
}

export type DeadLetterQueueName =
  | 'SourceDeadLetters'
  | 'SourceSubscriptionDeadLetters'
  | 'DeliveryDispatchDeadLetters'
  | 'DeliveryDeliverDeadLetters'
  | 'TallyDeadLetters';

export type EventSourceMappingName = 'Ingest' | 'DeliveryDispatch' | 'Tally';

export type FunctionName =
  | 'Ingest'
  | 'DeliveryDispatch'
  | 'DeliveryDeliver'
  | 'DeliveryRecover'
  | 'Tally'
  | 'Api'
  | 'ApiAuthorizer';

/** A later version that removes a field or changes its meaning increases this number. A new field does not. */
export const DESCRIPTION_FORMAT = 1;

/** The description of the output. People see it in the console. */
export const DESCRIPTION_LABEL = 'IvyMail Events deployment';

/**
 * Returns the description that the value of an output contains, or undefined if the value is something else. Throws an Error if
 * the value is a description of a later format, because an older command would misread it.
 */
export function parseDescription(value: string): DeploymentDescription | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return undefined;
  }
  if (
    typeof parsed !== 'object' ||
    parsed === null ||
    !('format' in parsed) ||
    !('configuration_set' in parsed)
  )
    return undefined;
  const description = parsed as DeploymentDescription;
  if (description.format !== DESCRIPTION_FORMAT)
    throw new Error(
      `The deployment ${description.construct} was made by version ${description.version} of ivymail-events. Use this version of the command`,
    );
  return description;
}
