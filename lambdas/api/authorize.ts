import type { APIGatewayAuthorizerResult } from 'aws-lambda';
import { apiKeyHash, isWellFormedApiKey } from '../core/api-key.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { hasExpired, type ApiKey } from '../store/api-keys.ts';
import { credentialsOf, type RequestHeaders } from './credentials.ts';

export interface AuthorizeDeps {
  readonly findApiKey: (sha256Hex: string) => Promise<ApiKey | undefined>;
  /** Records that a key was used. `at` is RFC 3339. */
  readonly touchApiKey: (sha256Hex: string, at: string) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

export interface AuthorizationRequest extends RequestHeaders {
  readonly methodArn: string;
}

export interface Authorization {
  readonly result: APIGatewayAuthorizerResult;
  /** The key was in the cache, so the table was not read. */
  readonly fromCache: boolean;
}

/**
 * How long a key stays in the cache. A revoked key works for at most this long. API Gateway itself caches nothing
 * (docs/adr/0023-two-headers-for-a-key.md).
 */
export const CACHE_MS = 60_000;
/** Only existing keys are cached. Each takes a few hundred bytes. */
export const MAX_CACHED_KEYS = 1_000;
/** The last use of a key is recorded at most once per hour, because a write for each request would cost more than the request. */
const TOUCH_AFTER_MS = 3_600_000;

/**
 * API Gateway passes this context to the api function, which responds with 400. An authorizer itself can only allow the
 * request or respond with 401 or 403. The context names no workspace, so no route can act on such a request.
 */
const CONFLICT_CONTEXT = { credentials: 'conflict' };

/** `arn:aws:execute-api:region:account:api/stage/METHOD/path`. The policy does not name the path, because `*` and `?` in a path would be wildcards. */
function allRoutes(methodArn: string): string {
  const [api, stage] = methodArn.split('/');
  return `${api}/${stage}/*/*`;
}

function policy(effect: 'Allow' | 'Deny', methodArn: string): APIGatewayAuthorizerResult['policyDocument'] {
  return {
    Version: '2012-10-17',
    Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: allRoutes(methodArn) }],
  };
}

/** API keys by the hash of the key. `readAtMs` is the time just before the read, so no key is used for longer than CACHE_MS. */
class KeyCache {
  private readonly keys = new Map<string, { readonly key: ApiKey; readonly readAtMs: number }>();

  get(hash: string, nowMs: number): ApiKey | undefined {
    const found = this.keys.get(hash);
    if (!found) return undefined;
    const ageMs = nowMs - found.readAtMs;
    // A negative age means that the clock was set back. The key is read again, because its real age is unknown.
    if (ageMs >= 0 && ageMs < CACHE_MS) return found.key;
    this.keys.delete(hash);
    return undefined;
  }

  set(hash: string, key: ApiKey, readAtMs: number): void {
    const [oldest] = this.keys.keys();
    if (this.keys.size >= MAX_CACHED_KEYS && oldest !== undefined) this.keys.delete(oldest);
    this.keys.set(hash, { key, readAtMs });
  }
}

/**
 * Decides which requests pass. A key that is misspelled, unknown, revoked or expired gets the same denial. The
 * checksum shows that a key is misspelled, so such a key is denied without a read. The api function checks scopes.
 *
 * The returned function caches the keys that it finds for one minute. It caches no denial, so a new key works immediately.
 * It checks the expiry on every request, so an expired key is denied immediately.
 */
export function createAuthorizer(
  deps: AuthorizeDeps,
): (request: AuthorizationRequest) => Promise<Authorization> {
  const cache = new KeyCache();

  async function touch(hash: string, key: ApiKey, nowMs: number): Promise<void> {
    if (key.last_used_at !== undefined && nowMs - Date.parse(key.last_used_at) < TOUCH_AFTER_MS) return;
    // If this write fails, the request is still allowed.
    await deps.touchApiKey(hash, formatTimestamp(nowMs)).catch(() => {});
  }

  async function read(hash: string, nowMs: number): Promise<ApiKey | undefined> {
    const key = await deps.findApiKey(hash);
    if (!key || hasExpired(key, nowMs)) return undefined;
    cache.set(hash, key, nowMs);
    await touch(hash, key, nowMs);
    return key;
  }

  return async (request) => {
    const { methodArn } = request;
    const credentials = credentialsOf(request);
    // API Gateway responds with 401 only for exactly this message.
    if (credentials.kind === 'none') throw new Error('Unauthorized');
    if (credentials.kind === 'conflict') {
      const result = {
        principalId: 'nobody',
        policyDocument: policy('Allow', methodArn),
        context: CONFLICT_CONTEXT,
      };
      return { result, fromCache: false };
    }
    const denied = { principalId: 'nobody', policyDocument: policy('Deny', methodArn) };
    if (!isWellFormedApiKey(credentials.key)) return { result: denied, fromCache: false };
    const hash = apiKeyHash(credentials.key);
    const nowMs = deps.now();
    const known = cache.get(hash, nowMs);
    const key = known ?? (await read(hash, nowMs));
    if (!key || hasExpired(key, nowMs)) return { result: denied, fromCache: false };
    const context = {
      workspace_id: key.workspace_id,
      key_id: key.id,
      // A name may contain any character. API Gateway does not document which characters a context may contain.
      key_name: encodeURIComponent(key.name),
      scopes: key.scopes.join(' '),
    };
    return {
      result: { principalId: key.id, policyDocument: policy('Allow', methodArn), context },
      fromCache: known !== undefined,
    };
  };
}
