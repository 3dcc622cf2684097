import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { credentialsOf } from './credentials.ts';
import type { ApiDeps } from './deps.ts';
import { ApiError, notFound } from './errors.ts';
import { htmlPage, upBy } from './html-page.ts';
import { headersOf } from './request.ts';

/** API Gateway calls the authorizer for these paths only (lib/rest-api.ts). All other paths reach the function without a key. */
function isApiPath(path: string): boolean {
  return path === '/v1' || path.startsWith('/v1/');
}

/** Whether a person opened the path in a browser. Programs accept JSON, or anything. */
function isOpenedInBrowser(event: APIGatewayProxyEvent): boolean {
  const accept = headersOf(event)['accept'] ?? '';
  return event.httpMethod === 'GET' && !isApiPath(event.path) && /\btext\/html\b/i.test(accept);
}

/** The error for a path without a route: like below `/v1`, a request without a key learns nothing about the paths. */
export function noRoute(event: APIGatewayProxyEvent): ApiError {
  const hasCaller = Boolean(event.requestContext.authorizer);
  if (hasCaller || credentialsOf(event).kind !== 'none') return notFound();
  return new ApiError(
    'missing_api_key',
    'The request has no API key. Send it as x-api-key: <key>, or as Authorization: Bearer <key>',
  );
}

/** The complete path of the dashboard, with the stage or the base path of a custom domain. */
function dashboardPath({ path, requestContext }: APIGatewayProxyEvent): string {
  const complete = requestContext.path ?? path;
  return `${complete.replace(/\/$/, '')}/dashboard`;
}

/**
 * The response to a person who opened a path outside the API that does not exist: the dashboard for the root, and otherwise a
 * page with links to the dashboard and to the documentation. Undefined for a program, which gets the error as JSON.
 */
export async function pageForPerson(
  deps: ApiDeps,
  event: APIGatewayProxyEvent,
): Promise<Pick<APIGatewayProxyResult, 'statusCode' | 'headers' | 'body'> | undefined> {
  if (!isOpenedInBrowser(event)) return undefined;
  if (event.path === '/')
    return {
      statusCode: 302,
      headers: { location: dashboardPath(event), 'cache-control': 'no-store' },
      body: '',
    };
  const depth = event.path.split('/').length - 2;
  const page = await deps.readSite('docs/not-found.html');
  const { text, headers } = htmlPage(page, `${depth === 0 ? '' : upBy(depth)}docs/`);
  return { statusCode: 404, headers: { ...headers, 'content-type': text.type }, body: text.content };
}
