import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { apiKeyHash, isWellFormedApiKey } from '../core/api-key.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { hasExpired, type ApiKey } from '../store/api-keys.ts';

export interface AuthorizeDeps {
  readonly findApiKey: (sha256Hex: string) => Promise<ApiKey | undefined>;
  /** Writes down that a key was used; `at` is RFC 3339. */
  readonly touchApiKey: (sha256Hex: string, at: string) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Of the last use of a key the hour is enough: a write for each call would cost more than the call. */
const TOUCH_AFTER_MS = 3_600_000;

async function touch(deps: AuthorizeDeps, sha256Hex: string, key: ApiKey): Promise<void> {
  const nowMs = deps.now();
  if (key.last_used_at !== undefined && nowMs - Date.parse(key.last_used_at) < TOUCH_AFTER_MS) return;
  // A note that cannot be taken keeps nobody out.
  await deps.touchApiKey(sha256Hex, formatTimestamp(nowMs)).catch(() => {});
}

/** `arn:aws:execute-api:region:account:api/stage/METHOD/path`: the cached answer serves every path of the stage. */
function wholeStage(methodArn: string): string {
  const [api, stage] = methodArn.split('/');
  return `${api}/${stage}/*/*`;
}

function policy(effect: 'Allow' | 'Deny', methodArn: string): APIGatewayAuthorizerResult['policyDocument'] {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: wholeStage(methodArn) }],
  };
}

/**
 * Who may pass. A key that is misspelt, unknown, revoked or expired is told apart by nobody: all are denied alike, the
 * misspelt one before anything is read. Scopes are the api λ's matter.
 */
export async function authorize(
  deps: AuthorizeDeps,
  request: { readonly headers: Readonly<Record<string, string | undefined>>; readonly methodArn: string },
): Promise<APIGatewayAuthorizerResult> {
  const given = Object.entries(request.headers).find(([name]) => name.toLowerCase() === 'x-api-key')?.[1];
  // This very word is what API Gateway makes a 401 of.
  if (given === undefined || given === '') throw new Error('Unauthorized');
  const hash = apiKeyHash(given);
  const key = isWellFormedApiKey(given) ? await deps.findApiKey(hash) : undefined;
  if (!key || hasExpired(key, deps.now()))
    return { principalId: 'nobody', policyDocument: policy('Deny', request.methodArn) };
  await touch(deps, hash, key);
  return {
    principalId: key.id,
    policyDocument: policy('Allow', request.methodArn),
    context: { workspace_id: key.workspace_id, key_id: key.id, scopes: key.scopes.join(' ') },
  };
}
