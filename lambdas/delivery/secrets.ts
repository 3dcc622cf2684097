import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Endpoint, SealedSecret } from '../core/endpoints.ts';
import { InternalError } from '../core/errors.ts';

/** What a sealed secret is bound to: one of another workspace, endpoint or version does not open. */
export interface SecretBinding {
  readonly workspaceId: string;
  readonly endpointId: string;
  readonly version: number;
}

function encryptionContext(binding: SecretBinding): Record<string, string> {
  return {
    workspace_id: binding.workspaceId,
    endpoint_id: binding.endpointId,
    version: String(binding.version),
  };
}

export async function sealSecret(
  kms: KMSClient,
  { keyArn, ...binding }: SecretBinding & { readonly keyArn: string },
  secret: Uint8Array,
): Promise<Uint8Array> {
  const answer = await kms.send(
    new EncryptCommand({ KeyId: keyArn, Plaintext: secret, EncryptionContext: encryptionContext(binding) }),
  );
  if (!answer.CiphertextBlob) throw new InternalError('KMS sealed nothing');
  return answer.CiphertextBlob;
}

/** The secrets a request is signed with now, newest first; what a rotation has let run out is not among them. */
export function liveSecrets(endpoint: Endpoint, nowMs: number): readonly SealedSecret[] {
  return endpoint.secrets
    .filter((secret) => secret.expires_at === undefined || Date.parse(secret.expires_at) > nowMs)
    .toSorted((left, right) => right.version - left.version);
}

export interface SecretOpener {
  /** Throws an OwnFault where KMS does not answer: no attempt is spent on it. */
  open(endpoint: Pick<Endpoint, 'id' | 'workspace_id'>, secret: SealedSecret): Promise<Uint8Array>;
}

/** An uncached Decrypt costs 3 $ for a million webhooks; this is the longest a secret stays open in a warm worker. */
const OPEN_MS = 5 * 60 * 1000;
/** Some hundred bytes each. */
const OPEN_SECRETS = 1_000;

/** Opens sealed secrets, each at most once in five minutes; requests at the same time share one call. */
export function createSecretOpener(deps: {
  readonly kms: KMSClient;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): SecretOpener {
  const cache = new Map<string, { readonly until: number; readonly opened: Promise<Uint8Array> }>();

  async function decrypt(binding: SecretBinding, sealed: Uint8Array): Promise<Uint8Array> {
    try {
      const answer = await deps.kms.send(
        new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext: encryptionContext(binding) }),
      );
      if (!answer.Plaintext) throw new Error('KMS opened nothing');
      return answer.Plaintext;
    } catch (cause) {
      throw new InternalError('A webhook secret could not be opened', { cause });
    }
  }

  return {
    open(endpoint, { version, sealed }) {
      const binding = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id, version };
      // The sealed bytes too: a secret that was replaced under the same version is another one.
      const key = `${endpoint.workspace_id} ${endpoint.id} ${version} ${Buffer.from(sealed).toString('base64')}`;
      const cached = cache.get(key);
      if (cached && cached.until > deps.now()) return cached.opened;
      if (cache.size >= OPEN_SECRETS) cache.clear();
      const opened = decrypt(binding, sealed);
      cache.set(key, { until: deps.now() + OPEN_MS, opened });
      // A fault must not be remembered as an answer.
      opened.catch(() => cache.delete(key));
      return opened;
    },
  };
}
