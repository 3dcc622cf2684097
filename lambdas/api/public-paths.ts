/**
 * Paths that need no key: the gateway asks its authorizer for everything else (lib/rest-api.ts). Here by themselves, so
 * that the stack can name them without loading the API.
 */
export const PUBLIC_PATHS: readonly string[] = [
  '/dashboard',
  '/dashboard/{path+}',
  '/docs',
  '/llms.txt',
  '/v1/openapi.json',
  '/probes/{token}',
];
