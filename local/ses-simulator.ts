import type { ServerResponse } from 'node:http';
import * as z from 'zod';
import { readBody, sendJson, startServer, type LocalServer } from './http.ts';
import {
  createSesAccount,
  SES_ERRORS,
  SesError,
  type SesAccount,
  type SesAccountOptions,
  type SesErrorName,
  type SesTarget,
} from '../sim/ses/account.ts';

export interface SesSimulator extends LocalServer {
  /** Starts to accept email and to publish its events to `target`. */
  connect(target: SesTarget): void;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  respond(account: SesAccount, parameter: string, body: unknown): unknown;
}

/** The methods and paths that the AWS SDK sends. */
const ROUTES: readonly Route[] = [
  {
    operation: 'SendEmail',
    method: 'POST',
    path: /^\/v2\/email\/outbound-emails$/,
    respond: (account, _parameter, body) => account.sendEmail(body),
  },
  {
    operation: 'GetAccount',
    method: 'GET',
    path: /^\/v2\/email\/account$/,
    respond: (account) => account.getAccount(),
  },
  {
    operation: 'GetEmailIdentity',
    method: 'GET',
    path: /^\/v2\/email\/identities\/([^/]+)$/,
    respond: (account, identity) => account.getEmailIdentity(identity),
  },
  {
    operation: 'GetConfigurationSet',
    method: 'GET',
    path: /^\/v2\/email\/configuration-sets\/([^/]+)$/,
    respond: (account, name) => account.getConfigurationSet(name),
  },
  {
    operation: 'PutConfigurationSetSendingOptions',
    method: 'PUT',
    path: /^\/v2\/email\/configuration-sets\/([^/]+)\/sending$/,
    respond: (account, name, body) => account.putConfigurationSetSendingOptions(name, body),
  },
  {
    operation: 'GetConfigurationSetEventDestinations',
    method: 'GET',
    path: /^\/v2\/email\/configuration-sets\/([^/]+)\/event-destinations$/,
    respond: (account, name) => account.getEventDestinations(name),
  },
  {
    operation: 'PutSuppressedDestination',
    method: 'PUT',
    path: /^\/v2\/email\/suppression\/addresses$/,
    respond: (account, _parameter, body) => account.putSuppressedDestination(body),
  },
  {
    operation: 'PutEmailIdentityConfigurationSetAttributes',
    method: 'PUT',
    path: /^\/v2\/email\/identities\/([^/]+)\/configuration-set$/,
    respond: (account, identity, body) => account.putIdentityConfigurationSet(identity, body),
  },
  {
    operation: 'ListSuppressedDestinations',
    method: 'GET',
    path: /^\/v2\/email\/suppression\/addresses$/,
    respond: (account) => account.listSuppressedDestinations(),
  },
  {
    operation: 'GetSuppressedDestination',
    method: 'GET',
    path: /^\/v2\/email\/suppression\/addresses\/([^/]+)$/,
    respond: (account, address) => account.getSuppressedDestination(address),
  },
  {
    operation: 'DeleteSuppressedDestination',
    method: 'DELETE',
    path: /^\/v2\/email\/suppression\/addresses\/([^/]+)$/,
    respond: (account, address) => account.deleteSuppressedDestination(address),
  },
];

/** A failure that is not an SES error: SES accepts the email, but the connection closes before the response. */
const NO_RESPONSE = 'no_answer';

const failRequest = z.strictObject({
  error: z.enum([...(Object.keys(SES_ERRORS) as [SesErrorName, ...SesErrorName[]]), NO_RESPONSE]),
  times: z.int().positive().default(1),
});

/** A call of the SES API. */
interface Call {
  /** RFC 3339 with milliseconds. */
  readonly time: string;
  readonly operation: string;
  /** The response status. 0 if no response was sent. */
  readonly status: number;
}

interface SesResponse {
  readonly status: number;
  readonly body: unknown;
  readonly error?: string;
}

/**
 * Simulates SES v2 on loopback. It has two additional routes for tests:
 * - `PUT /_simulator/fail {"error","times"}` makes the next sends fail, with an SES error or with `no_answer`.
 * - `GET /_simulator/calls` returns `{"calls":[{"time","operation","status"}]}`.
 */
export async function startSesSimulator(options: SesAccountOptions): Promise<SesSimulator> {
  const account = createSesAccount(options);
  const calls: Call[] = [];
  const failures: z.infer<typeof failRequest>['error'][] = [];

  async function handleCall(route: Route, path: string, text: string): Promise<SesResponse> {
    const failure = route.operation === 'SendEmail' ? failures.shift() : undefined;
    if (failure !== undefined && failure !== NO_RESPONSE) return errorResponse(new SesError(failure));
    try {
      const parameter = decodeURIComponent(route.path.exec(path)?.[1] ?? '');
      const body = await route.respond(account, parameter, text === '' ? undefined : JSON.parse(text));
      return { status: failure === NO_RESPONSE ? 0 : 200, body };
    } catch (error) {
      if (error instanceof SesError) return errorResponse(error);
      const name = error instanceof SyntaxError ? 'BadRequestException' : 'InternalServiceErrorException';
      return errorResponse(new SesError(name, error instanceof Error ? error.message : String(error)));
    }
  }

  const server = await startServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://simulator');
    const text = (await readBody(request)).toString('utf8');
    if (pathname === '/_simulator/calls') return sendJson(response, 200, { calls });
    if (pathname === '/_simulator/fail') {
      const parsed = failRequest.safeParse(JSON.parse(text));
      if (!parsed.success) return sendJson(response, 400, { error: z.prettifyError(parsed.error) });
      failures.splice(
        0,
        failures.length,
        ...Array<typeof parsed.data.error>(parsed.data.times).fill(parsed.data.error),
      );
      return sendJson(response, 200, parsed.data);
    }
    if (pathname === '/' && new URLSearchParams(text).get('Action') === NOTIFICATIONS)
      return sendXml(response, notificationAttributesXml(options.from));
    const route = ROUTES.find((each) => each.method === request.method && each.path.test(pathname));
    const { status, body, error } = route
      ? await handleCall(route, pathname, text)
      : errorResponse(
          new SesError('NotFoundException', `${request.method ?? ''} ${pathname} is not simulated.`),
        );
    calls.push({
      time: new Date(options.now()).toISOString(),
      operation: route?.operation ?? 'unknown',
      status,
    });
    if (status === 0) response.destroy();
    else sendJson(response, status, body, error === undefined ? {} : { 'x-amzn-errortype': error });
  });
  return { ...server, connect: (target) => account.connect(target) };
}

/** The only call of the older SES API that has no equivalent in v2. Simulated identities have no notifications. */
const NOTIFICATIONS = 'GetIdentityNotificationAttributes';

function notificationAttributesXml(identity: string): string {
  const entry = `<entry><key>${identity}</key><value><ForwardingEnabled>true</ForwardingEnabled></value></entry>`;
  const result = `<${NOTIFICATIONS}Result><NotificationAttributes>${entry}</NotificationAttributes></${NOTIFICATIONS}Result>`;
  return `<${NOTIFICATIONS}Response xmlns="http://ses.amazonaws.com/doc/2010-12-01/">${result}</${NOTIFICATIONS}Response>`;
}

function sendXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/xml' }).end(body);
}

function errorResponse(error: SesError): SesResponse {
  return { status: error.status, body: { message: error.message }, error: error.name };
}
