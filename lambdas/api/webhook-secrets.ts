import type { Endpoint, SealedSecret } from '../core/endpoints.ts';
import { InternalError } from '../core/errors.ts';
import { formatTimestamp } from '../core/timestamps.ts';
import { liveSecrets, sealSecret } from '../delivery/secrets.ts';
import { newSecret, secretText } from '../delivery/sign.ts';
import { recordHistoryEntry, replaceSecrets } from '../store/endpoints.ts';
import type { ApiDeps } from './deps.ts';
import { newHistoryEntry, requireEndpoint, endpointParam } from './endpoint-access.ts';
import { route } from './route.ts';
import { noQuery } from './schemas/common.ts';
import { rotateSecretBody, rotatedSecretJson, secretJson } from './schemas/webhooks.ts';

/** Every live secret adds a signature to every request; two overlaps at once are more than anybody needs. */
const MAX_LIVE_SECRETS = 3;

/** Those that go on signing beside a new one; of too many the oldest ends at once, since a rotation may be an emergency. */
function overlapping(endpoint: Endpoint, nowMs: number, overlapSeconds: number): readonly SealedSecret[] {
  if (overlapSeconds === 0) return [];
  const endsMs = nowMs + overlapSeconds * 1000;
  return liveSecrets(endpoint, nowMs)
    .slice(0, MAX_LIVE_SECRETS - 1)
    .map((secret) => {
      const endsBefore = secret.expires_at !== undefined && Date.parse(secret.expires_at) <= endsMs;
      return endsBefore ? secret : { ...secret, expires_at: formatTimestamp(endsMs) };
    });
}

const rotate = route({
  method: 'POST',
  path: '/v1/webhooks/{id}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  scope: 'admin',
  summary: 'Rotate the secret of a webhook endpoint',
  description:
    'Creates a new signing secret and returns it. Until the overlap ends, each request carries a signature by the previous secret too.',
  params: endpointParam,
  query: noQuery,
  body: rotateSecretBody,
  optionalBody: true,
  responses: { 200: rotatedSecretJson },
  async handle(deps, { caller, params, body }) {
    const endpoint = await requireEndpoint(deps, caller, params);
    const nowMs = deps.now();
    const version = Math.max(...endpoint.secrets.map((secret) => secret.version)) + 1;
    const secret = newSecret(deps.randomBytes);
    const sealed = await sealSecret(
      deps.kms,
      { keyArn: deps.secretsKeyArn, workspaceId: caller.workspaceId, endpointId: endpoint.id, version },
      secret,
    );
    const kept = overlapping(endpoint, nowMs, body.overlap_seconds);
    const previousExpiresAt = kept[0]?.expires_at ?? null;
    const until =
      previousExpiresAt === null ? 'at once' : `the one before it signs until ${previousExpiresAt}`;
    const change = newHistoryEntry(deps, caller, 'secret_rotated', until);
    if (
      !(await replaceSecrets(deps.table, endpoint, {
        secrets: [{ version, sealed }, ...kept],
        historyEntry: change,
      }))
    )
      throw new InternalError('The secret was rotated by another request at the same time');
    return { status: 200, body: { secret: secretText(secret), previous_expires_at: previousExpiresAt } };
  },
});

/** Opens the newest secret. */
async function currentSecret(deps: ApiDeps, endpoint: Endpoint): Promise<Uint8Array> {
  const [newest] = liveSecrets(endpoint, deps.now());
  if (!newest) throw new Error(`Endpoint ${endpoint.id} has no live secret`);
  return deps.secrets.open(endpoint, newest);
}

const show = route({
  method: 'GET',
  path: '/v1/webhooks/{id}/secret',
  operationId: 'getWebhookSecret',
  scope: 'admin',
  summary: 'Get the secret of a webhook endpoint',
  description:
    'Returns the current signing secret. The history of the endpoint records the request and the API key that made it.',
  params: endpointParam,
  query: noQuery,
  responses: { 200: secretJson },
  async handle(deps, { caller, params }) {
    const endpoint = await requireEndpoint(deps, caller, params);
    const secret = await currentSecret(deps, endpoint);
    // First: a secret that was seen without a trace of it is what the record is there against.
    await recordHistoryEntry(
      deps.table,
      { workspaceId: caller.workspaceId, endpointId: endpoint.id },
      newHistoryEntry(deps, caller, 'secret_shown'),
    );
    return { status: 200, body: { secret: secretText(secret) } };
  },
});

export const webhookSecretRoutes = [rotate, show];
