import { Logger } from '@aws-lambda-powertools/logger';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { authorize } from '../api/authorize.ts';
import { ENV, requireEnv } from '../core/env.ts';
import { findApiKey, touchApiKey } from '../store/api-keys.ts';
import { createTable } from '../store/table.ts';

const logger = new Logger({ serviceName: 'authorizer' });
const table = createTable(requireEnv(process.env, ENV.tableName));

/** Turns `x-api-key` into a workspace. What it throws but 'Unauthorized' is a fault of ours: 503. */
export async function handler(event: APIGatewayRequestAuthorizerEvent): Promise<APIGatewayAuthorizerResult> {
  const result = await authorize(
    {
      findApiKey: (hash) => findApiKey(table, hash),
      touchApiKey: (hash, at) => touchApiKey(table, hash, at),
      now: Date.now,
    },
    { headers: event.headers ?? {}, methodArn: event.methodArn },
  );
  const key = result.context?.['key_id'];
  logger.info('key.checked', { allowed: key !== undefined, key_id: key });
  return result;
}
