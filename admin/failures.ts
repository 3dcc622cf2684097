import { UsageError } from '../cli/usage-error.ts';

/** The error that ended a command: `code` for a program, `message` for a person. */
export interface Failure {
  readonly code: 'usage' | 'no_region' | 'no_credentials' | 'no_stack' | 'unreachable' | 'failed';
  /** One line. */
  readonly message: string;
  readonly exitCode: 2 | 3;
}

/** The stack does not exist in the account and region of the request. */
export class StackNotFound extends Error {
  override readonly name = 'NoStack';
}

const CONNECTION_ERROR_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
]);

/** The names of the errors with which AWS services refuse an access key, a secret or a token. */
const CREDENTIAL_ERRORS = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function classifyError(error: unknown): Failure {
  if (!(error instanceof Error)) return { code: 'failed', message: String(error), exitCode: 3 };
  const { name, message } = error;
  if (error instanceof UsageError) return { code: 'usage', message, exitCode: 2 };
  if (error instanceof StackNotFound) return { code: 'no_stack', message, exitCode: 3 };
  // The SDK gives this error no specific name (@smithy/config-resolver, resolveRegionConfig).
  if (message === 'Region is missing')
    return {
      code: 'no_region',
      message:
        'No AWS region is set. Set AWS_REGION, or a region in your AWS profile, or use --local for a local run',
      exitCode: 3,
    };
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return {
      code: 'no_credentials',
      message: `No AWS credentials: ${message}. Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or use --local for a local run`,
      exitCode: 3,
    };
  if (CREDENTIAL_ERRORS.has(name))
    return {
      code: 'no_credentials',
      message: `AWS refused the credentials: ${name}: ${message}`,
      exitCode: 3,
    };
  if (CONNECTION_ERROR_CODES.has(codeOf(error)))
    return { code: 'unreachable', message: `No connection: ${message || codeOf(error)}`, exitCode: 3 };
  return { code: 'failed', message: `${name}: ${message}`, exitCode: 3 };
}

/** Describes an error in one line. Messages of AWS and of the SDK can have several lines. */
export function describeFailure(error: unknown): Failure {
  const failure = classifyError(error);
  return { ...failure, message: failure.message.replaceAll(/\s+/g, ' ').trim() };
}
