import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { respond } from '../api/response.ts';
import { awsDeps } from '../api/aws-deps.ts';
import { ROUTES } from '../api/routes.ts';
import { ENV, requireEnv } from '../core/env.ts';
import { InternalError } from '../core/errors.ts';
import { METRIC, metricsIn } from '../core/metrics.ts';

const logger = new Logger({ serviceName: 'api' });
const metrics = metricsIn(requireEnv(process.env, ENV.metricsNamespace), Date.now);
const deps = awsDeps(process.env, {
  onUncheckedSend: (cause) =>
    logger.error('send.unchecked', {
      error: new InternalError('The reputation guard could not be read', { cause }),
      ...metrics({ [METRIC.recordsUncounted]: 1 }),
    }),
});

/** Serves every route of the API. Writes one log line per request, without recipients and secrets. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  // Never log the event, even if the environment asks for it: the event contains the API key, the email and its recipients.
  .use(injectLambdaContext(logger, { clearState: true, logEvent: false }))
  .handler(async (event) => {
    const startedMs = Date.now();
    const { result, route, workspaceId, errorCode, loggedError } = await respond(deps, ROUTES, event);
    const line = {
      route,
      status: result.statusCode,
      error_code: errorCode,
      workspace_id: workspaceId,
      request_id: result.headers?.['x-request-id'],
      duration_ms: Date.now() - startedMs,
    };
    if (result.statusCode >= 500) logger.error('request.failed', { ...line, error: loggedError as Error });
    // Log only our own errors. An error of JSON.parse or of SES may contain a recipient.
    else if (loggedError instanceof InternalError)
      logger.warn('request.completed', { ...line, error: loggedError });
    else logger.info('request.completed', line);
    return result;
  });
