/**
 * Paths that need no API key. API Gateway calls the authorizer for all other paths (lib/rest-api.ts). The list is in a separate
 * file, so that the stack can import it without loading the API.
 */
export const PUBLIC_PATHS: readonly string[] = [
  '/dashboard',
  '/dashboard/{path+}',
  '/docs',
  '/llms.txt',
  '/v1/openapi.json',
  '/probes/{token}',
];
