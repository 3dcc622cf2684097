import type { ErrorCode } from './errors.ts';

/** What an error of SES's SendEmail means for the mail. */
export type SendFailure =
  /** SES will never send this mail: it is logged as `failed`. */
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly message: string }
  /** SES did not take it, and may take it later. */
  | { readonly kind: 'retry'; readonly afterSeconds: number }
  /** Nobody knows whether SES took it: it must not be sent again blindly. */
  | { readonly kind: 'unknown' };

/** SES's rate is per second; its documentation advises to back off for longer than one. */
const THROTTLED_RETRY_SECONDS = 5;
const FAILURE_RETRY_SECONDS = 30;

const REFUSALS: Readonly<Record<string, ErrorCode>> = {
  MessageRejected: 'message_rejected',
  BadRequestException: 'message_rejected',
  /** The configuration set was deleted, or is of another region. */
  NotFoundException: 'message_rejected',
  MailFromDomainNotVerifiedException: 'identity_not_verified',
  AccountSuspendedException: 'sending_paused',
  SendingPausedException: 'sending_paused',
  LimitExceededException: 'quota_exceeded',
  /** A policy of the account or of the identity forbids it. */
  AccessDeniedException: 'message_rejected',
  ValidationException: 'message_rejected',
};
const THROTTLES: ReadonlySet<string> = new Set([
  'TooManyRequestsException',
  'Throttling',
  'ThrottlingException',
  'RequestLimitExceeded',
]);
/** SES says it under the names of its throttles, too: https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html */
const DAILY_QUOTA = /daily message quota exceeded/i;
/** The request never left: nothing can have been sent. */
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

/** An error of SES for the log: by name, status and request. Its own words may name a recipient, or quote a mail. */
export function redactedSesError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error('SES failed');
  const { httpStatusCode: status, requestId } = metadataOf(error);
  const request = requestId === undefined ? '' : `request ${requestId}`;
  const said = [error.name, errnoOf(error), status ?? '', request].filter((part) => part !== '');
  return new Error(`SES failed: ${said.join(', ')}`);
}

/** Errors and their wording: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html */
export function classifySendError(error: unknown): SendFailure {
  if (!(error instanceof Error)) return { kind: 'unknown' };
  const known = Object.hasOwn(REFUSALS, error.name) ? REFUSALS[error.name] : undefined;
  const code = DAILY_QUOTA.test(error.message) ? 'quota_exceeded' : known;
  if (code === undefined && THROTTLES.has(error.name))
    return { kind: 'retry', afterSeconds: THROTTLED_RETRY_SECONDS };
  if (code !== undefined) {
    // The sandbox and an unverified sender come as the same error, told apart by its words only.
    const unverified = /not verified/i.test(error.message);
    return { kind: 'refused', code: unverified ? 'identity_not_verified' : code, message: error.message };
  }
  // An answer that broke off after its first line is still a yes.
  const { httpStatusCode: status } = metadataOf(error);
  const refusedByStatus = status !== undefined && status >= 300;
  if (refusedByStatus || CONNECTION_ERRORS.has(error.name) || CONNECTION_ERRORS.has(errnoOf(error))) {
    return { kind: 'retry', afterSeconds: FAILURE_RETRY_SECONDS };
  }
  return { kind: 'unknown' };
}
