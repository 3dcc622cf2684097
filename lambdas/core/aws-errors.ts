import { isThrottlingError, isTransientError } from '@smithy/core/retry';

/**
 * How the caller must react to an error of an AWS call:
 *
 * - `transient`: the same call can succeed later (throttled, timed out, server error, no network).
 * - `operator`: no call succeeds until an operator acts (permissions, credentials, a missing table, KMS).
 * - `input`: AWS refuses this input on every try.
 * - `unknown`: none of the above applies. Only a comparison with other calls shows whether the input is the cause.
 */
export type AwsErrorKind = 'transient' | 'operator' | 'input' | 'unknown';

/** Names of transient errors that the SDK does not recognize: server errors without HTTP status, and names not in its lists. */
const TRANSIENT_ERRORS: ReadonlySet<string> = new Set([
  'InternalServerError',
  'InternalServerException',
  'InternalFailure',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'TransactionConflictException',
  'ReplicatedWriteConflictException',
  'AbortError',
  // Step Functions.
  'ExecutionLimitExceeded',
  'KmsThrottlingException',
  // SNS.
  'KMSThrottlingException',
]);

/** Source: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/CommonErrors.html */
const OPERATOR_ERRORS =
  /AccessDenied|NotAuthorized|ResourceNotFound|TableNotFound|UnrecognizedClient|InvalidClientTokenId|ExpiredToken|Credential|Signature|AuthenticationToken|OptInRequired|RequestExpired|DoesNotExist|^kms/i;

/** Source: the errors of BatchWriteItem, PutItem, TransactWriteItems and StartExecution in AWS's API references. */
const INPUT_ERRORS: ReadonlySet<string> = new Set([
  'ValidationException',
  'ItemCollectionSizeLimitExceededException',
  'RequestEntityTooLarge',
  'InvalidName',
  'InvalidExecutionInput',
]);

/** The codes of writes that cancel a transaction. Source: TransactWriteItems in AWS's API reference. */
const TRANSIENT_CANCELLATIONS: ReadonlySet<string> = new Set([
  'TransactionConflict',
  'ProvisionedThroughputExceeded',
  'ThrottlingError',
]);
const INPUT_CANCELLATIONS: ReadonlySet<string> = new Set([
  'ValidationError',
  'ItemCollectionSizeLimitExceeded',
]);

const ENTITY_TOO_LARGE = 413;

type ServiceError = Error & {
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** One for each write of a canceled transaction. */
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
};

/** The kind of the error of a canceled transaction. A write that is always refused decides, even if another one was throttled. */
function cancellationKind({ CancellationReasons: reasons = [] }: ServiceError): AwsErrorKind {
  const codes = reasons.map(({ Code }) => Code ?? '');
  if (codes.some((code) => INPUT_CANCELLATIONS.has(code))) return 'input';
  return codes.some((code) => TRANSIENT_CANCELLATIONS.has(code)) ? 'transient' : 'unknown';
}

/** Classifies an error that an AWS client threw. The SDK's own lists also decide what is transient. */
export function awsErrorKind(error: unknown): AwsErrorKind {
  if (!(error instanceof Error)) return 'unknown';
  const { name, $metadata: metadata } = error as ServiceError;
  if (name === 'TransactionCanceledException') return cancellationKind(error);
  if (TRANSIENT_ERRORS.has(name)) return 'transient';
  if (OPERATOR_ERRORS.test(name)) return 'operator';
  if (INPUT_ERRORS.has(name) || metadata?.httpStatusCode === ENTITY_TOO_LARGE) return 'input';
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) ? 'transient' : 'unknown';
}
