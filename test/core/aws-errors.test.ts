import { expect, it } from 'vitest';
import { awsErrorKind } from '../../lambdas/core/aws-errors.ts';

function errorNamed(name: string, fields: object = {}): Error {
  return Object.assign(new Error(name), { name, ...fields });
}

it.each([
  ['ThrottlingException', {}, 'transient'],
  ['ProvisionedThroughputExceededException', {}, 'transient'],
  ['RequestLimitExceeded', {}, 'transient'],
  ['TimeoutError', {}, 'transient'],
  ['AbortError', {}, 'transient'],
  ['InternalServerError', {}, 'transient'],
  ['TransactionConflictException', {}, 'transient'],
  ['ExecutionLimitExceeded', {}, 'transient'],
  ['KmsThrottlingException', {}, 'transient'],
  ['KMSThrottlingException', {}, 'transient'],
  ['Error', { code: 'ECONNRESET' }, 'transient'],
  ['Error', { code: 'ENOTFOUND' }, 'transient'],
  ['SomethingNew', { $metadata: { httpStatusCode: 503 } }, 'transient'],
  ['AccessDeniedException', { $metadata: { httpStatusCode: 400 } }, 'operator'],
  ['ResourceNotFoundException', {}, 'operator'],
  ['CredentialsProviderError', {}, 'operator'],
  ['ExpiredTokenException', {}, 'operator'],
  ['UnrecognizedClientException', {}, 'operator'],
  ['InvalidSignatureException', {}, 'operator'],
  ['KMSAccessDeniedException', {}, 'operator'],
  ['KMSDisabledException', {}, 'operator'],
  ['StateMachineDoesNotExist', {}, 'operator'],
  ['ValidationException', { $metadata: { httpStatusCode: 400 } }, 'input'],
  ['InvalidExecutionInput', {}, 'input'],
  ['SomethingNew', { $metadata: { httpStatusCode: 413 } }, 'input'],
  ['Error', {}, 'unknown'],
  ['SomethingNew', { $metadata: { httpStatusCode: 400 } }, 'unknown'],
])('an error %s with %j is of kind %s', (name, fields, kind) => {
  expect(awsErrorKind(errorNamed(name, fields))).toBe(kind);
});

it.each([
  [['None', 'TransactionConflict'], 'transient'],
  [['ThrottlingError', 'None'], 'transient'],
  [['ProvisionedThroughputExceeded'], 'transient'],
  [['ValidationError', 'None'], 'input'],
  [['ItemCollectionSizeLimitExceeded'], 'input'],
  [['ThrottlingError', 'ValidationError'], 'input'],
  [['ConditionalCheckFailed', 'None'], 'unknown'],
  [[undefined], 'unknown'],
  [undefined, 'unknown'],
])('a transaction that is canceled for %j is of kind %s', (codes, kind) => {
  const CancellationReasons = codes?.map((Code) => ({ Code }));
  expect(awsErrorKind(errorNamed('TransactionCanceledException', { CancellationReasons }))).toBe(kind);
});

it.each([undefined, null, 'AccessDenied', { name: 'ThrottlingException' }])(
  '%j, which is no Error, is of kind unknown',
  (thrown) => {
    expect(awsErrorKind(thrown)).toBe('unknown');
  },
);
