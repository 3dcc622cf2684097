import type { Scope } from '../lambdas/core/api-key.ts';
import { formatTimestamp } from '../lambdas/core/timestamps.ts';
import type { Table } from '../lambdas/store/table.ts';
import type { Deployment } from './deployment.ts';
import { createKey, resolveWorkspaceId, type NewKey } from './init.ts';
import { parseExpiry, parseScopes, type KeyOptions } from './keys.ts';
import type { CommandOutput } from './output.ts';

/** 12 hours cover a working day. A leaked link stops working after that. */
const DEFAULT_LIFETIME_MS = 12 * 3_600_000;

export interface SignInLink extends Omit<NewKey, 'api_key'> {
  /**
   * The fragment contains the key. Browsers never send the fragment to a server, and the page removes it from the address
   * bar.
   */
  readonly url: string;
  /** RFC 3339. */
  readonly expires_at: string;
}

/** Creates a URL that signs in to the dashboard until its key expires. */
export async function createSignInLink(
  table: Table,
  link: {
    readonly workspaceId: string;
    readonly scopes: readonly Scope[];
    /** Base URL of the API, without a slash at the end. */
    readonly apiUrl: string;
    readonly expiresAt?: string;
  },
): Promise<SignInLink> {
  const { workspaceId, scopes, apiUrl } = link;
  const expiresAt = link.expiresAt ?? formatTimestamp(Date.now() + DEFAULT_LIFETIME_MS);
  const { api_key: key, ...metadata } = await createKey(table, {
    workspaceId,
    name: 'Sign-in link',
    scopes,
    expiresAt,
  });
  return { ...metadata, url: `${apiUrl}/dashboard#key=${key}`, expires_at: expiresAt };
}

/** `dashboard` */
export async function dashboard(deployment: Deployment, options: KeyOptions): Promise<CommandOutput> {
  const link = await createSignInLink(deployment.table, {
    workspaceId: resolveWorkspaceId(deployment, options.workspace),
    scopes: parseScopes(options.scopes ?? 'admin'),
    apiUrl: deployment.apiUrl,
    ...(options['expires-at'] !== undefined && { expiresAt: parseExpiry(options['expires-at']) }),
  });
  const text = `This link signs in to the dashboard until ${link.expires_at}. Anyone who has the link can use it:\n\n  ${link.url}`;
  return { result: link, text };
}
