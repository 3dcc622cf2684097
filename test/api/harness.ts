/** The API without API Gateway: requests go to `answer` as the api λ would be given them. */
import {
  DeleteSuppressedDestinationCommand,
  NotFoundException,
  type SESv2Client,
} from '@aws-sdk/client-sesv2';
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { respond } from '../../lambdas/api/response.ts';
import type { ApiDeps } from '../../lambdas/api/deps.ts';
import { ROUTES } from '../../lambdas/api/routes.ts';
import type { Scope } from '../../lambdas/core/api-key.ts';
import { createSecretOpener } from '../../lambdas/delivery/secrets.ts';
import type { AttemptResult, WebhookRequest } from '../../lambdas/delivery/send.ts';
import { WORKSPACE_ID } from '../../sim/builders/events.ts';
import { simulatedKms } from '../../sim/kms.ts';
import { simulatedTable } from '../../sim/table.ts';
import { checkNamedField } from './named-field.ts';

export const NOW_MS = Date.parse('2026-02-25T12:00:00Z');

export interface Ask {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** An object is sent as JSON, a text as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly base64?: boolean;
  readonly workspaceId?: string;
  readonly keyId?: string;
  readonly scopes?: readonly Scope[];
}

export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look into answers of many shapes
  readonly body: any;
  readonly text: string;
  readonly fault: unknown;
}

function eventOf(ask: Ask): APIGatewayProxyEvent {
  const query = Object.entries(ask.query ?? {}).map(([name, value]) => [name, [value].flat()] as const);
  const event = {
    httpMethod: ask.method ?? 'GET',
    path: ask.path,
    headers: { 'Content-Type': 'application/json', ...ask.headers },
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    body: ask.body === undefined ? null : typeof ask.body === 'string' ? ask.body : JSON.stringify(ask.body),
    isBase64Encoded: ask.base64 ?? false,
    requestContext: {
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      authorizer: {
        workspace_id: ask.workspaceId ?? WORKSPACE_ID,
        key_id: ask.keyId ?? 'key_a',
        scopes: (ask.scopes ?? ['admin']).join(' '),
      },
    },
  };
  return event as unknown as APIGatewayProxyEvent;
}

export interface SentMail {
  readonly FromEmailAddress: string;
  readonly Destination: Readonly<Record<'ToAddresses' | 'CcAddresses' | 'BccAddresses', readonly string[]>>;
  readonly EmailTags: readonly { readonly Name: string; readonly Value: string }[];
  readonly ConfigurationSetName: string;
  readonly Content: { readonly Simple: Readonly<Record<string, unknown>> };
}

function isJson({ headers }: APIGatewayProxyResult): boolean {
  return headers?.['content-type'] === 'application/json';
}

export function setUp() {
  const table = simulatedTable();
  const mails: SentMail[] = [];
  const webhooks: WebhookRequest[] = [];
  const world: {
    sesError?: Error;
    nowMs: number;
    /** The list of the account, by exact spelling. */
    sesSuppressed: Set<string>;
    webhookAnswer: AttemptResult;
    /** By name; another name has a public one. */
    addresses: Record<string, readonly string[]>;
  } = {
    nowMs: NOW_MS,
    sesSuppressed: new Set(),
    webhookAnswer: { started_at: '2026-02-25T12:00:00Z', duration_ms: 12, status_code: 200 },
    addresses: {},
  };
  const kms = simulatedKms();
  const ses = {
    async send(command: { readonly input: SentMail } | DeleteSuppressedDestinationCommand) {
      if (command instanceof DeleteSuppressedDestinationCommand) {
        if (world.sesError) throw world.sesError;
        if (world.sesSuppressed.delete(command.input.EmailAddress ?? '')) return {};
        throw new NotFoundException({ message: 'Not on the list', $metadata: { httpStatusCode: 404 } });
      }
      mails.push(command.input);
      if (world.sesError) throw world.sesError;
      return { MessageId: `0100019c-${mails.length}` };
    },
  } as unknown as SESv2Client;
  const deps: ApiDeps = {
    table,
    ses,
    kms: kms.client,
    secrets: createSecretOpener({ kms: kms.client, now: () => world.nowMs }),
    sendWebhook: (request) => {
      webhooks.push(request);
      return Promise.resolve(world.webhookAnswer);
    },
    resolve: (hostname) => Promise.resolve(world.addresses[hostname] ?? ['93.184.216.34']),
    readSite: (file) => readFile(`docs/site/${file}`, 'utf8'),
    cursorKey: () => Promise.resolve(Buffer.alloc(32, 1)),
    configurationSet: 'IvyMailEvents',
    secretsKeyArn: 'key',
    retentionDays: 90,
    retry: { firstDelaySeconds: 60, factor: 5, count: 3 },
    allowInsecureEndpoints: false,
    now: () => world.nowMs,
    randomBytes,
  };
  async function ask(request: Ask): Promise<ApiResponse> {
    const event = eventOf(request);
    const { result, loggedError: fault } = await respond(deps, ROUTES, event);
    checkNamedField(event, result);
    return {
      status: result.statusCode,
      headers: result.headers ?? {},
      body: isJson(result) ? JSON.parse(result.body) : undefined,
      text: result.body,
      fault,
    };
  }
  const rows = (kind: string) => [...table.rows.values()].filter((row) => row['kind'] === kind);
  return { table, deps, mails, webhooks, world, kms, ask, rows };
}
