import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { respond } from '../api/response.ts';
import { awsDeps } from '../api/aws-deps.ts';
import { ROUTES } from '../api/routes.ts';
import { InternalError } from '../core/errors.ts';

const logger = new Logger({ serviceName: 'api' });
const deps = awsDeps(process.env);

/** Every route of the API; one log line a request, without recipients or secrets. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  // Whatever the environment says: an event holds the key, the mail and its recipients.
  .use(injectLambdaContext(logger, { clearState: true, logEvent: false }))
  .handler(async (event) => {
    const startedMs = Date.now();
    const { result, route, workspaceId, errorCode, fault } = await respond(deps, ROUTES, event);
    const line = {
      route,
      status: result.statusCode,
      error_code: errorCode,
      workspace_id: workspaceId,
      request_id: result.headers?.['x-request-id'],
      duration_ms: Date.now() - startedMs,
    };
    if (result.statusCode >= 500) logger.error('request.failed', { ...line, error: fault as Error });
    // Ours only: what JSON or SES complains of may name a recipient.
    else if (fault instanceof InternalError) logger.warn('request.answered', { ...line, error: fault });
    else logger.info('request.answered', line);
    return result;
  });
