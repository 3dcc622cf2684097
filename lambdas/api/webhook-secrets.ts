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

/** Each live secret adds a signature to every request. Three secrets are enough for two rotations that overlap. */
const MAX_LIVE_SECRETS = 3;

/** The previous secrets that still sign during the overlap. If there are too many, the oldest secret stops signing immediately, so that a rotation never has to wait. */
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
    'Creates a new signing secret and returns it. Until the overlap ends, each request also contains a signature made with the previous secret.',
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
    const previous = overlapping(endpoint, nowMs, body.overlap_seconds);
    const previousExpiresAt = previous[0]?.expires_at ?? null;
    const until =
      previousExpiresAt === null
        ? 'the previous secret stopped signing immediately'
        : `the previous secret signs until ${previousExpiresAt}`;
    const change = newHistoryEntry(deps, caller, 'secret_rotated', until);
    if (
      !(await replaceSecrets(deps.table, endpoint, {
        secrets: [{ version, sealed }, ...previous],
        historyEntry: change,
      }))
    )
      throw new InternalError('The secret was rotated by another request at the same time');
    return { status: 200, body: { secret: secretText(secret), previous_expires_at: previousExpiresAt } };
  },
});

/** Decrypts the newest secret. */
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
    'Returns the current signing secret. The history of the endpoint records that the secret was shown, and the API key of the request.',
  params: endpointParam,
  query: noQuery,
  responses: { 200: secretJson },
  async handle(deps, { caller, params }) {
    const endpoint = await requireEndpoint(deps, caller, params);
    const secret = await currentSecret(deps, endpoint);
    // The history entry is written first. If this write fails, the secret is not shown, so no secret is ever shown without an entry.
    await recordHistoryEntry(
      deps.table,
      { workspaceId: caller.workspaceId, endpointId: endpoint.id },
      newHistoryEntry(deps, caller, 'secret_shown'),
    );
    return { status: 200, body: { secret: secretText(secret) } };
  },
});

export const webhookSecretRoutes = [rotate, show];
