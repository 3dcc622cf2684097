import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { createAuthorizer } from '../api/authorize.ts';
import { ENV, requireEnv } from '../core/env.ts';
import { findApiKey, touchApiKey } from '../store/api-keys.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'authorizer' });
const table = createTable(requireEnv(process.env, ENV.tableName));
const authorize = createAuthorizer({
  findApiKey: (hash) => findApiKey(table, hash),
  touchApiKey: (hash, at) => touchApiKey(table, hash, at),
  now: () => Date.now(),
});

/** Finds the workspace of an API key. After any thrown error except 'Unauthorized', API Gateway responds with 503. */
export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  const { result, fromCache } = await authorize(event);
  const key = result.context?.['key_id'];
  // The api function logs each allowed request, so the authorizer logs only when it reads a key from the table.
  if (!fromCache) logger.info('key.checked', { allowed: key !== undefined, key_id: key });
  return result;
}
