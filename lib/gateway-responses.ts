import * as apigateway from 'aws-cdk-lib/aws-apigateway';

interface GatewayError {
  readonly status?: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

const NO_KEY: GatewayError = {
  status: 401,
  code: 'missing_api_key',
  message: 'The request has no API key. Send it as x-api-key: <key>, or as Authorization: Bearer <key>',
};
const NOT_FOUND: GatewayError = { status: 404, code: 'not_found', message: 'There is nothing here' };
const RATE_LIMITED: GatewayError = {
  status: 429,
  code: 'rate_limited',
  message: 'Too many requests; try again in a second',
  retryAfterSeconds: 1,
};
const UNAVAILABLE: GatewayError = {
  status: 503,
  code: 'unavailable',
  message: 'Not available at the moment; the request was not carried out',
  retryAfterSeconds: 5,
};
/** The function was called and did not answer: a mail may be on its way, so nobody must be invited to send it again. */
const OUTCOME_UNKNOWN: GatewayError = {
  status: 503,
  code: 'outcome_unknown',
  message: 'No answer in time; the request may have been carried out',
};

const { ResponseType } = apigateway;

/** What the gateway answers by itself, without our code, by the kinds it has. */
const ERRORS: readonly (readonly [apigateway.ResponseType, GatewayError])[] = [
  [ResponseType.UNAUTHORIZED, NO_KEY],
  [
    ResponseType.ACCESS_DENIED,
    { status: 403, code: 'invalid_api_key', message: 'This API key is not valid' },
  ],
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, NOT_FOUND],
  [ResponseType.RESOURCE_NOT_FOUND, NOT_FOUND],
  [ResponseType.REQUEST_TOO_LARGE, { status: 413, code: 'body_too_large', message: 'The body is too large' }],
  [
    ResponseType.UNSUPPORTED_MEDIA_TYPE,
    { status: 415, code: 'unsupported_media_type', message: 'Send application/json' },
  ],
  [
    ResponseType.BAD_REQUEST_BODY,
    { status: 400, code: 'invalid_json', message: 'The body is not valid JSON' },
  ],
  [ResponseType.THROTTLED, RATE_LIMITED],
  [ResponseType.QUOTA_EXCEEDED, RATE_LIMITED],
  [ResponseType.AUTHORIZER_FAILURE, UNAVAILABLE],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, UNAVAILABLE],
  // A function that dies in the middle counts as one.
  [ResponseType.API_CONFIGURATION_ERROR, OUTCOME_UNKNOWN],
  [ResponseType.INTEGRATION_FAILURE, OUTCOME_UNKNOWN],
  [ResponseType.INTEGRATION_TIMEOUT, OUTCOME_UNKNOWN],
  // The rest keeps its own status.
  [ResponseType.DEFAULT_4XX, { code: 'invalid_parameter', message: 'The request is not valid' }],
  [ResponseType.DEFAULT_5XX, OUTCOME_UNKNOWN],
];

/** Gives the gateway's own errors the shape of ours. Only `$context.requestId` is filled in; the rest is fixed text. */
export function addGatewayResponses(api: apigateway.RestApi): void {
  for (const [type, { status, code, message, retryAfterSeconds }] of ERRORS) {
    const error = JSON.stringify({ code, message });
    api.addGatewayResponse(type.responseType, {
      type,
      ...(status !== undefined && { statusCode: String(status) }),
      ...(retryAfterSeconds !== undefined && {
        responseHeaders: { 'Retry-After': `'${retryAfterSeconds}'` },
      }),
      templates: { 'application/json': `{"error":${error},"request_id":"$context.requestId"}` },
    });
  }
}
