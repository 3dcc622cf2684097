import { join } from 'node:path';
import { findPlaces } from '../local/places.ts';

/**
 * Returns the command line of the CDK app of this installation, for a shell. The first word has no quotes, because the CDK removes
 * quotes that are around the whole value.
 */
export function cdkApp(): { readonly app: string; readonly isPackage: boolean } {
  const { clone, dist } = findPlaces();
  if (clone === undefined) return { app: `node "${join(dist, 'app.cjs')}"`, isPackage: true };
  const tsx = join(clone, 'node_modules/tsx/dist/cli.mjs');
  return { app: `node "${tsx}" "${join(clone, 'bin/ivymail-events.ts')}"`, isPackage: false };
}
