import { DecryptCommand, EncryptCommand, type KMSClient } from '@aws-sdk/client-kms';
import type { Endpoint, SealedSecret } from '../core/endpoints.ts';
import { InternalError } from '../core/errors.ts';

/** KMS opens a sealed secret only with the workspace, endpoint and version it was sealed with. */
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
  const response = await kms.send(
    new EncryptCommand({ KeyId: keyArn, Plaintext: secret, EncryptionContext: encryptionContext(binding) }),
  );
  if (!response.CiphertextBlob) throw new InternalError('KMS returned no ciphertext');
  return response.CiphertextBlob;
}

/** The secrets that sign a request now, newest first. Secrets that expired after a rotation are left out. */
export function liveSecrets(endpoint: Endpoint, nowMs: number): readonly SealedSecret[] {
  return endpoint.secrets
    .filter((secret) => secret.expires_at === undefined || Date.parse(secret.expires_at) > nowMs)
    .toSorted((left, right) => right.version - left.version);
}

export interface SecretOpener {
  /** Rejects with an InternalError if KMS fails, so no attempt is counted. */
  open(endpoint: Pick<Endpoint, 'id' | 'workspace_id'>, secret: SealedSecret): Promise<Uint8Array>;
}

/** How long a warm worker caches an opened secret. Without the cache, KMS would cost $3 per million webhooks. */
const CACHE_MS = 5 * 60 * 1000;
/** An entry takes a few hundred bytes. */
const MAX_CACHED_SECRETS = 1_000;

/** Opens each sealed secret at most once in five minutes. Concurrent calls share one KMS request. */
export function createSecretOpener(deps: {
  readonly kms: KMSClient;
  /** Epoch milliseconds. */
  readonly now: () => number;
}): SecretOpener {
  const cache = new Map<string, { readonly expiresAtMs: number; readonly opened: Promise<Uint8Array> }>();

  async function decrypt(binding: SecretBinding, sealed: Uint8Array): Promise<Uint8Array> {
    try {
      const response = await deps.kms.send(
        new DecryptCommand({ CiphertextBlob: sealed, EncryptionContext: encryptionContext(binding) }),
      );
      if (!response.Plaintext) throw new Error('KMS returned no plaintext');
      return response.Plaintext;
    } catch (cause) {
      throw new InternalError('A webhook secret could not be opened', { cause });
    }
  }

  return {
    open(endpoint, { version, sealed }) {
      const binding = { workspaceId: endpoint.workspace_id, endpointId: endpoint.id, version };
      // The key includes the sealed bytes, because a secret can be replaced under the same version.
      const key = `${endpoint.workspace_id} ${endpoint.id} ${version} ${Buffer.from(sealed).toString('base64')}`;
      const cached = cache.get(key);
      if (cached && cached.expiresAtMs > deps.now()) return cached.opened;
      if (cache.size >= MAX_CACHED_SECRETS) cache.clear();
      const opened = decrypt(binding, sealed);
      cache.set(key, { expiresAtMs: deps.now() + CACHE_MS, opened });
      // A failed call must not stay in the cache.
      opened.catch(() => cache.delete(key));
      return opened;
    },
  };
}
