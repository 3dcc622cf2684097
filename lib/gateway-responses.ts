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
const NOT_FOUND: GatewayError = { status: 404, code: 'not_found', message: 'This resource does not exist' };
const RATE_LIMITED: GatewayError = {
  status: 429,
  code: 'rate_limited',
  message: 'Too many requests. Try again in one second',
  retryAfterSeconds: 1,
};
/**
 * Only for types that never occur after the function ran, as an AWS document shows. API Gateway calls the authorizer first, and
 * invokes the method only if the returned policy allows it. So a request whose authorizer failed did not reach the function.
 * Sources: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html (the workflow),
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html (the types)
 */
const UNAVAILABLE: GatewayError = {
  status: 503,
  code: 'unavailable',
  message: 'The API is not available at the moment. The request was not processed',
  retryAfterSeconds: 5,
};
/**
 * The function may have run, and the email may have been sent. So the response must not invite a retry.
 *
 * A throttled function gets this response too, although it did not run. AWS documents that API Gateway returns 500 if Lambda
 * rejects the invocation and 502 if the function ran and failed, but not which types these are. A gateway response is chosen by
 * type and cannot see the status. With a wrong guess, a client would send an email twice (docs/adr/0028-few-concurrent-executions.md).
 * Source: https://docs.aws.amazon.com/lambda/latest/dg/services-apigateway-errors.html
 */
const OUTCOME_UNKNOWN: GatewayError = {
  status: 503,
  code: 'outcome_unknown',
  message: 'The API did not respond, or not in time. The request may have been processed',
};

const { ResponseType } = apigateway;

/** The responses that API Gateway sends itself, by response type. */
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
    { status: 415, code: 'unsupported_media_type', message: 'Send the body as application/json' },
  ],
  [
    ResponseType.BAD_REQUEST_BODY,
    { status: 400, code: 'invalid_json', message: 'The body is not valid JSON' },
  ],
  [ResponseType.THROTTLED, RATE_LIMITED],
  [ResponseType.QUOTA_EXCEEDED, RATE_LIMITED],
  [ResponseType.AUTHORIZER_FAILURE, UNAVAILABLE],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, UNAVAILABLE],
  // API Gateway uses this type if the function crashes during the call.
  [ResponseType.API_CONFIGURATION_ERROR, OUTCOME_UNKNOWN],
  [ResponseType.INTEGRATION_FAILURE, OUTCOME_UNKNOWN],
  [ResponseType.INTEGRATION_TIMEOUT, OUTCOME_UNKNOWN],
  // All other errors keep the status that API Gateway sets.
  [ResponseType.DEFAULT_4XX, { code: 'invalid_parameter', message: 'The request is not valid' }],
  [ResponseType.DEFAULT_5XX, OUTCOME_UNKNOWN],
];

/** Gives the errors of API Gateway the JSON format of the API. `$context.requestId` is the only variable in the text. */
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
