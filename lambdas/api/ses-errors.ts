import type { ErrorCode } from './errors.ts';

/** What an error of SendEmail means for the email. */
export type SendFailure =
  /** SES will never send this email. It is logged as `failed`. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** SES did not accept the email and may accept it later. */
  | { readonly kind: 'retry'; readonly afterSeconds: number }
  /** It is unknown whether SES accepted the email. It must not be sent again without a check. */
  | { readonly kind: 'unknown' };

/** The sending rate of SES is per second. Its documentation advises a longer wait than one second. */
const THROTTLED_RETRY_SECONDS = 5;
const FAILURE_RETRY_SECONDS = 30;

const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  MessageRejected: 'message_rejected',
  BadRequestException: 'message_rejected',
  /** The configuration set was deleted, or it is in another region. */
  NotFoundException: 'message_rejected',
  MailFromDomainNotVerifiedException: 'identity_not_verified',
  AccountSuspendedException: 'sending_paused',
  SendingPausedException: 'sending_paused',
  LimitExceededException: 'quota_exceeded',
  /** A policy of the account or of the identity forbids the email. */
  AccessDeniedException: 'message_rejected',
  ValidationException: 'message_rejected',
};
const THROTTLES: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
]);
/** SES reports an exceeded daily quota also under the error names of throttling: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
const DAILY_QUOTA = /daily message quota exceeded/i;
/** The request did not reach SES, so nothing was sent. */
const CONNECTION_ERRORS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'CredentialsProviderError',
]);

interface Metadata {
  readonly httpStatusCode?: number;
  readonly requestId?: string;
}

function metadataOf(error: Error): Metadata {
  const metadata = '$metadata' in error ? (error.$metadata as Metadata | undefined) : undefined;
  return metadata ?? {};
}

function errnoOf(error: Error): string {
  return 'code' in error ? String(error.code) : '';
}

/** An error of SES for the log, with name, status and request id. The message of SES is left out, because it may contain a recipient or a part of the email. */
export function redactedSesError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('SES failed');
  const { httpStatusCode: status, requestId } = metadataOf(error);
  const request = requestId === undefined ? '' : `request ${requestId}`;
  const parts = [error.name, errnoOf(error), status ?? '', request].filter((part) => part !== '');
  return new Error(`SES failed: ${parts.join(', ')}`);
}

/** Classifies an error of SendEmail. Names and messages: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export function classifySendError(error: unknown): SendFailure {
  if (!(error instanceof Error)) return { kind: 'unknown' };
  const known = Object.hasOwn(REFUSALS, error.name) ? REFUSALS[error.name] : undefined;
  const code = DAILY_QUOTA.test(error.message) ? 'quota_exceeded' : known;
  if (code === undefined && THROTTLES.has(error.name))
    return { kind: 'retry', afterSeconds: THROTTLED_RETRY_SECONDS };
  if (code !== undefined) {
    // An unverified sender and the sandbox have the same error name as other rejections. Only the message shows the difference.
    const unverified = /not verified/i.test(error.message);
    return { kind: 'refused', code: unverified ? 'identity_not_verified' : code, message: error.message };
  }
  // With a 2xx status SES accepted the email, even if the rest of the response was lost. The outcome is then unknown, not a failure.
  const { httpStatusCode: status } = metadataOf(error);
  const refusedByStatus = status !== undefined && status >= 300;
  if (refusedByStatus || CONNECTION_ERRORS.has(error.name) || CONNECTION_ERRORS.has(errnoOf(error))) {
    return { kind: 'retry', afterSeconds: FAILURE_RETRY_SECONDS };
  }
  return { kind: 'unknown' };
}
