import { isThrottlingError, isTransientError } from '@smithy/core/retry';

/**
 * What an error of an AWS call means for the next step:
 *
 * - `transient`: the same call can succeed later (throttled, timed out, server error, no network).
 * - `ours`: no call succeeds until an operator acts (permissions, credentials, a missing table, KMS).
 * - `input`: AWS refuses this input, however often it is sent.
 * - `unknown`: none of the above is known. Only a comparison with other calls tells whose error it is.
 */
export type AwsErrorKind = 'transient' | 'operator' | 'input' | 'unknown';

/** Errors of a moment by name: server errors that carry no HTTP status, and the ones the SDK's lists leave out. */
const MOMENTARY_ERRORS: ReadonlySet<string> = new Set([
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

const ENTITY_TOO_LARGE = 413;

type ServiceError = Error & { readonly $metadata?: { readonly httpStatusCode?: number } };

/** Classes what an AWS client threw. The SDK's own lists decide what is transient. */
export function awsErrorKind(error: unknown): AwsErrorKind {
  if (!(error instanceof Error)) return 'unknown';
  const { name, $metadata: metadata } = error as ServiceError;
  if (MOMENTARY_ERRORS.has(name)) return 'transient';
  if (OPERATOR_ERRORS.test(name)) return 'operator';
  if (INPUT_ERRORS.has(name) || metadata?.httpStatusCode === ENTITY_TOO_LARGE) return 'input';
  const sdkError = error as Parameters<typeof isTransientError>[0];
  return isThrottlingError(sdkError) || isTransientError(sdkError) ? 'transient' : 'unknown';
}
