/** Runs the API without API Gateway: `respond` receives each request as the api Lambda function would. */
import {
  DeleteSuppressedDestinationCommand,
  GetAccountCommand,
  NotFoundException,
  type SESv2Client,
} from '@aws-sdk/client-sesv2';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { respond } from '../../lambdas/api/response.ts';
import type { ApiDeps } from '../../lambdas/api/deps.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import { createSesAccountReader } from '../../lambdas/api/ses-account.ts';
import type { Scope } from '../../lambdas/core/api-key.ts';
import { createSecretOpener } from '../../lambdas/delivery/secrets.ts';
import type { AttemptResult, WebhookRequest } from '../../lambdas/delivery/send.ts';
import type { Row } from '../../lambdas/store/table.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { buildSite } from '../../site/build-site.ts';
import { apiGatewayEvent } from '../../sim/builders/lambda-events.ts';
import { simulatedKms, type SimulatedKms } from '../../sim/kms.ts';
import { simulatedTable, type SimulatedTable } from '../../sim/table.ts';
import { checkErrorField } from './error-field.ts';

export const NOW_MS = Date.parse('2026-02-25T12:00:00Z');

export interface ApiRequest {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** A string is sent unchanged. Any other value is sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly base64?: boolean;
  readonly workspaceId?: string;
  readonly keyId?: string;
  /** Default: `Deploy key`. Null for an authorizer of v0.1.0, which does not pass the name. */
  readonly keyName?: string | null;
  readonly scopes?: readonly Scope[];
  /** API Gateway did not call the authorizer, as for a path outside `/v1`. */
  readonly noKey?: true;
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- each route has its own response type
  readonly body: any;
  readonly text: string;
  /** The internal error that the function logs. The client does not see it. */
  readonly loggedError: unknown;
}

function gatewayEvent(request: ApiRequest): APIGatewayProxyEvent {
  const { body } = request;
  return apiGatewayEvent({
    ...request,
    headers: { 'Content-Type': 'application/json', ...request.headers },
    body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    authorizer: request.noKey
      ? null
      : {
          workspace_id: request.workspaceId ?? WORKSPACE_ID,
          key_id: request.keyId ?? 'key_a',
          ...(request.keyName !== null && {
            key_name: encodeURIComponent(request.keyName ?? 'Deploy key'),
          }),
          scopes: (request.scopes ?? ['admin']).join(' '),
        },
  });
}

export interface SentEmail {
  readonly FromEmailAddress: string;
  readonly Destination: Readonly<Record<'ToAddresses' | 'CcAddresses' | 'BccAddresses', readonly string[]>>;
  readonly EmailTags: readonly { readonly Name: string; readonly Value: string }[];
  readonly ConfigurationSetName: string;
  readonly Content: { readonly Simple: Readonly<Record<string, unknown>> };
}

function isJson({ headers }: APIGatewayProxyResult): boolean {
  return headers?.['content-type'] === 'application/json';
}

/** What the simulated services do during a test. A test may change every value. */
interface SimulatedState {
  /** The error that every SES call throws. */
  sesError?: Error;
  nowMs: number;
  /** The suppression list of the SES account. SES matches the exact spelling of an address. */
  sesSuppressed: Set<string>;
  /** The response of GetAccount, and how often SES was asked. */
  sesAccount: object;
  accountReads: number;
  /** The result of every webhook attempt. */
  attemptResult: AttemptResult;
  /** The IP addresses of a hostname. A hostname without an entry has a public address. */
  addresses: Record<string, readonly string[]>;
}

export interface TestApi {
  readonly table: SimulatedTable;
  readonly deps: ApiDeps;
  /** The emails that the API passed to SES, including those that SES refused. */
  readonly emails: SentEmail[];
  readonly webhooks: WebhookRequest[];
  /** The errors because of which an email was sent without a check of the reputation guard. */
  readonly unchecked: unknown[];
  readonly state: SimulatedState;
  readonly kms: SimulatedKms;
  readonly sendRequest: (request: ApiRequest) => Promise<ApiResponse>;
  readonly rows: (kind: string) => Row[];
}

let site: ReadonlyMap<string, Uint8Array> | undefined;

/** The files of docs/site/, and the documentation as the build makes it. Tests of the API build no dashboard. */
async function readSite(file: string): Promise<string> {
  if (!file.startsWith('docs/')) return readFile(`docs/site/${file}`, 'utf8');
  site ??= new Map(buildSite().map(({ path, contents }) => [`docs/${path}`, contents]));
  const contents = site.get(file);
  if (!contents) throw new Error(`The documentation has no file ${file}`);
  return Buffer.from(contents).toString();
}

export function setUpApi(): TestApi {
  const table = simulatedTable();
  const emails: SentEmail[] = [];
  const webhooks: WebhookRequest[] = [];
  const unchecked: unknown[] = [];
  const state: SimulatedState = {
    nowMs: NOW_MS,
    sesSuppressed: new Set(),
    sesAccount: {
      EnforcementStatus: 'HEALTHY',
      SendingEnabled: true,
      ProductionAccessEnabled: true,
      SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 17 },
    },
    accountReads: 0,
    attemptResult: { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, status_code: 200 },
    addresses: {},
  };
  const kms = simulatedKms();
  const ses = {
    async send(
      command: { readonly input: SentEmail } | DeleteSuppressedDestinationCommand | GetAccountCommand,
    ) {
      if (command instanceof GetAccountCommand) {
        state.accountReads += 1;
        if (state.sesError) throw state.sesError;
        return state.sesAccount;
      }
      if (command instanceof DeleteSuppressedDestinationCommand) {
        if (state.sesError) throw state.sesError;
        if (state.sesSuppressed.delete(command.input.EmailAddress ?? '')) return {};
        throw new NotFoundException({ message: 'Not on the list', $metadata: { httpStatusCode: 404 } });
      }
      emails.push(command.input);
      if (state.sesError) throw state.sesError;
      return { MessageId: `0100019c-${emails.length}` };
    },
  } as unknown as SESv2Client;
  const deps: ApiDeps = {
    table,
    ses,
    kms: kms.client,
    secrets: createSecretOpener({ kms: kms.client, now: () => state.nowMs }),
    sendWebhook: (request) => {
      webhooks.push(request);
      return Promise.resolve(state.attemptResult);
    },
    resolve: (hostname) => Promise.resolve(state.addresses[hostname] ?? ['93.184.216.34']),
    readSite,
    cursorKey: () => Promise.resolve(Buffer.alloc(32, 1)),
    configurationSet: 'IvyMailEvents',
    sesAccount: createSesAccountReader(ses, () => state.nowMs),
    pausesConfigurationSet: false,
    onUncheckedSend: (error) => unchecked.push(error),
    secretsKeyArn: 'key',
    retentionDays: 90,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    allowInsecureEndpoints: false,
    now: () => state.nowMs,
    randomBytes,
  };
  async function sendRequest(request: ApiRequest): Promise<ApiResponse> {
    const event = gatewayEvent(request);
    const response = await respond(deps, ROUTES, event);
    const { result } = response;
    checkErrorField(event, result);
    return {
      status: result.statusCode,
      headers: result.headers ?? {},
      body: isJson(result) ? JSON.parse(result.body) : undefined,
      text: result.body,
      loggedError: response.loggedError,
    };
  }
  const rows = (kind: string) => [...table.rows.values()].filter((row) => row['kind'] === kind);
  return { table, deps, emails, webhooks, unchecked, state, kms, sendRequest, rows };
}
