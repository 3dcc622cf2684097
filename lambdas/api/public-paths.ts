/**
 * Paths that need no API key. API Gateway calls the authorizer for all other paths (lib/rest-api.ts). Every path outside `/v1` is
 * public: there is no data, and a person who opens a wrong address gets a page. The list is in a separate file, so that the stack
 * can import it without loading the API.
 */
export const PUBLIC_PATHS: readonly string[] = [
  '/',
  '/{proxy+}',
  '/dashboard',
  '/dashboard/{path+}',
  '/docs',
  '/docs/{path+}',
  '/llms.txt',
  '/probes',
  '/probes/{token}',
  '/v1/openapi.json',
];
