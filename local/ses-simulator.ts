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
  /** From here on mail is accepted, and its events are published. */
  connect(target: SesTarget): void;
}

interface Route {
  readonly operation: string;
  readonly method: string;
  readonly path: RegExp;
  answer(account: SesAccount, parameter: string, body: unknown): unknown;
}

/** Method and path as the SDK's own client writes them. */
const ROUTES: readonly Route[] = [
  {
    operation: 'SendEmail',
    method: 'POST',
    path: /^\/v2\/email\/outbound-emails$/,
    answer: (account, _parameter, body) => account.sendEmail(body),
  },
  {
    operation: 'GetAccount',
    method: 'GET',
    path: /^\/v2\/email\/account$/,
    answer: (account) => account.getAccount(),
  },
  {
    operation: 'GetEmailIdentity',
    method: 'GET',
    path: /^\/v2\/email\/identities\/([^/]+)$/,
    answer: (account, identity) => account.getEmailIdentity(identity),
  },
  {
    operation: 'GetConfigurationSet',
    method: 'GET',
    path: /^\/v2\/email\/configuration-sets\/([^/]+)$/,
    answer: (account, name) => account.getConfigurationSet(name),
  },
  {
    operation: 'GetConfigurationSetEventDestinations',
    method: 'GET',
    path: /^\/v2\/email\/configuration-sets\/([^/]+)\/event-destinations$/,
    answer: (account, name) => account.getEventDestinations(name),
  },
  {
    operation: 'PutSuppressedDestination',
    method: 'PUT',
    path: /^\/v2\/email\/suppression\/addresses$/,
    answer: (account, _parameter, body) => account.putSuppressedDestination(body),
  },
  {
    operation: 'PutEmailIdentityConfigurationSetAttributes',
    method: 'PUT',
    path: /^\/v2\/email\/identities\/([^/]+)\/configuration-set$/,
    answer: (account, identity, body) => account.putIdentityConfigurationSet(identity, body),
  },
  {
    operation: 'ListSuppressedDestinations',
    method: 'GET',
    path: /^\/v2\/email\/suppression\/addresses$/,
    answer: (account) => account.listSuppressedDestinations(),
  },
  {
    operation: 'GetSuppressedDestination',
    method: 'GET',
    path: /^\/v2\/email\/suppression\/addresses\/([^/]+)$/,
    answer: (account, address) => account.getSuppressedDestination(address),
  },
  {
    operation: 'DeleteSuppressedDestination',
    method: 'DELETE',
    path: /^\/v2\/email\/suppression\/addresses\/([^/]+)$/,
    answer: (account, address) => account.deleteSuppressedDestination(address),
  },
];

/** Not an error of SES: it takes the mail, and the connection breaks before it has said so. */
const NO_ANSWER = 'no_answer';

const failRequest = z.strictObject({
  error: z.enum([...(Object.keys(SES_ERRORS) as [SesErrorName, ...SesErrorName[]]), NO_ANSWER]),
  times: z.int().positive().default(1),
});

/** One call of the SES API that came in. */
interface Call {
  /** RFC 3339 with milliseconds. */
  readonly time: string;
  readonly operation: string;
  /** 0 where none was sent. */
  readonly status: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly error?: string;
}

/**
 * SES v2 on loopback. Two routes of its own, for tests: `PUT /_simulator/fail {"error","times"}` makes the next sends
 * fail, with an error of SES or `no_answer`; `GET /_simulator/calls` gives `{"calls":[{"time","operation","status"}]}`.
 */
export async function startSesSimulator(options: SesAccountOptions): Promise<SesSimulator> {
  const account = createSesAccount(options);
  const calls: Call[] = [];
  const failures: z.infer<typeof failRequest>['error'][] = [];

  async function answerCall(route: Route, path: string, text: string): Promise<Answer> {
    const failure = route.operation === 'SendEmail' ? failures.shift() : undefined;
    if (failure !== undefined && failure !== NO_ANSWER) return refusal(new SesError(failure));
    try {
      const parameter = decodeURIComponent(route.path.exec(path)?.[1] ?? '');
      const body = await route.answer(account, parameter, text === '' ? undefined : JSON.parse(text));
      return { status: failure === NO_ANSWER ? 0 : 200, body };
    } catch (error) {
      if (error instanceof SesError) return refusal(error);
      const name = error instanceof SyntaxError ? 'BadRequestException' : 'InternalServiceErrorException';
      return refusal(new SesError(name, error instanceof Error ? error.message : String(error)));
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
      return sendXml(response, notificationsOf(options.from));
    const route = ROUTES.find((each) => each.method === request.method && each.path.test(pathname));
    const { status, body, error } = route
      ? await answerCall(route, pathname, text)
      : refusal(new SesError('NotFoundException', `${request.method ?? ''} ${pathname} is not simulated.`));
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

/** The one call of the older SES that has no like in v2: no identity has notifications of its own. */
const NOTIFICATIONS = 'GetIdentityNotificationAttributes';

function notificationsOf(identity: string): string {
  const entry = `<entry><key>${identity}</key><value><ForwardingEnabled>true</ForwardingEnabled></value></entry>`;
  const result = `<${NOTIFICATIONS}Result><NotificationAttributes>${entry}</NotificationAttributes></${NOTIFICATIONS}Result>`;
  return `<${NOTIFICATIONS}Response xmlns="http://ses.amazonaws.com/doc/2010-12-01/">${result}</${NOTIFICATIONS}Response>`;
}

function sendXml(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'text/xml' }).end(body);
}

function refusal(error: SesError): Answer {
  return { status: error.status, body: { message: error.message }, error: error.name };
}
