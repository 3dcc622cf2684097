import { randomBytes } from 'node:crypto';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { KMSClient } from '@aws-sdk/client-kms';
import middy from '@middy/core';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { answer } from '../api/answer.ts';
import type { ApiDeps } from '../api/deps.ts';
import { ROUTES } from '../api/routes.ts';
import { createSesClient } from '../api/ses-client.ts';
import { ENV, requireEnv, requireNumberEnv } from '../core/env.ts';
import { OwnFault } from '../core/errors.ts';
import { createResolve } from '../delivery/address-guard.ts';
import { createSecretOpener } from '../delivery/secrets.ts';
import { createSender } from '../delivery/send.ts';
import { cursorKey } from '../store/cursor-key.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'api' });
const table = createTable(requireEnv(process.env, ENV.tableName));
const kms = new KMSClient({});
const secretsKeyArn = requireEnv(process.env, ENV.secretsKeyArn);
const allowInsecureEndpoints = process.env[ENV.allowInsecureEndpoints] === 'true';
const resolve = createResolve();
const deps: ApiDeps = {
  table,
  ses: createSesClient(),
  kms,
  secrets: createSecretOpener({ kms, now: Date.now }),
  sendWebhook: createSender({ allowLoopback: allowInsecureEndpoints, resolve }),
  resolve,
  cursorKey: cursorKey({ table, kms, keyArn: secretsKeyArn, randomBytes }),
  configurationSet: requireEnv(process.env, ENV.configurationSet),
  secretsKeyArn,
  retentionDays: requireNumberEnv(process.env, ENV.retentionDays),
  retry: JSON.parse(requireEnv(process.env, ENV.retry)) as ApiDeps['retry'],
  allowInsecureEndpoints,
  now: Date.now,
  randomBytes,
};

/** Every route of the API; one log line a request, without recipients or secrets. */
export const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
  .use(injectLambdaContext(logger, { clearState: true }))
  .handler(async (event) => {
    const startedMs = Date.now();
    const { result, route, workspaceId, errorCode, fault } = await answer(deps, ROUTES, event);
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
    else if (fault instanceof OwnFault) logger.warn('request.answered', { ...line, error: fault });
    else logger.info('request.answered', line);
    return result;
  });
