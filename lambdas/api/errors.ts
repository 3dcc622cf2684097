/** Every error code of the API and its HTTP status. Clients may rely on the codes. The messages are for people. */
export const STATUS_OF_CODE = {
  invalid_json: 400,
  invalid_parameter: 400,
  invalid_cursor: 400,
  conflicting_filters: 400,
  missing_api_key: 401,
  invalid_api_key: 403,
  insufficient_scope: 403,
  not_found: 404,
  method_not_allowed: 405,
  idempotency_conflict: 409,
  reputation_paused: 409,
  body_too_large: 413,
  unsupported_media_type: 415,
  invalid_field: 422,
  url_https_required: 422,
  url_address_forbidden: 422,
  identity_not_verified: 422,
  message_rejected: 422,
  sending_paused: 422,
  quota_exceeded: 422,
  rate_limited: 429,
  unavailable: 503,
  outcome_unknown: 503,
} as const;
export type ErrorCode = keyof typeof STATUS_OF_CODE;

export interface ErrorExtras {
  /** The invalid part of the request: `to[1]`, `tags.campaign`, `limit`. */
  readonly field?: string;
  readonly retryAfterSeconds?: number;
  /** Id of an email that was refused and logged as `failed`. */
  readonly messageId?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An error response. Any other error that a route throws is an internal error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly extras: ErrorExtras = {},
  ) {
    super(message, { cause: extras.cause });
  }
}

/** The error for a resource that does not exist or belongs to another workspace. Both get the same response. */
export function notFound(): ApiError {
  return new ApiError('not_found', 'This resource does not exist');
}
