import type { Scope } from '../lambdas/core/api-key.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import type { Table } from '../lambdas/store/table.ts';
import type { Deployment } from './deployment.ts';
import { createKey, resolveWorkspaceId, type NewKey } from './init.ts';
import { parseExpiry, parseScopes, type KeyOptions } from './keys.ts';
import type { CommandOutput } from './output.ts';

/** A day of work: a link that is found later opens nothing. */
const USUAL_LIFE_MS = 12 * 3_600_000;

export interface SignInLink extends Omit<NewKey, 'api_key'> {
  /** Its fragment holds the key, which no server is told; the page takes it out of the address at once. */
  readonly url: string;
  /** RFC 3339. */
  readonly expires_at: string;
}

/** An address that signs in to the dashboard until its key expires. */
export async function createSignInLink(
  table: Table,
  link: {
    readonly workspaceId: string;
    readonly scopes: readonly Scope[];
    /** Where the API is, without a slash at its end. */
    readonly apiUrl: string;
    readonly expiresAt?: string;
  },
): Promise<SignInLink> {
  const { workspaceId, scopes, apiUrl } = link;
  const expiresAt = link.expiresAt ?? formatTimestamp(Date.now() + USUAL_LIFE_MS);
  const { api_key: key, ...made } = await createKey(table, {
    workspaceId,
    name: 'Sign-in link',
    scopes,
    expiresAt,
  });
  return { ...made, url: `${apiUrl}/dashboard#key=${key}`, expires_at: expiresAt };
}

/** `dashboard` */
export async function dashboard(deployment: Deployment, options: KeyOptions): Promise<CommandOutput> {
  const link = await createSignInLink(deployment.table, {
    workspaceId: resolveWorkspaceId(deployment, options.workspace),
    scopes: parseScopes(options.scopes ?? 'admin'),
    apiUrl: deployment.apiUrl,
    ...(options['expires-at'] !== undefined && { expiresAt: parseExpiry(options['expires-at']) }),
  });
  const text = `The dashboard, signed in until ${link.expires_at} (whoever has this link is):\n\n  ${link.url}`;
  return { result: link, text };
}
