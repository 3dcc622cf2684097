/**
 * An HTTP server that responds as DynamoDB and KMS, with constant data and without any delay. A measurement against it
 * measures the caller's side of the connection, SDK included. A request without an AWS operation is a webhook.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { marshall } from '@aws-sdk/util-dynamodb';
import { eventRows } from '../lambdas/store/event-rows.ts';
import { anEndpoint, anEvent } from './builders/events.ts';

export interface AwsStub {
  readonly port: number;
  /** The number of requests by AWS operation, and of webhooks as `webhook`. */
  readonly counts: Readonly<Record<string, number>>;
}

// The event must not have expired, because the deliver function cancels a delivery of an expired event.
const [EVENT_ROW] = eventRows([anEvent()], { retentionDays: 90, receivedAtMs: Date.now() });

interface Key {
  readonly pk: { readonly S: string };
  readonly sk: { readonly S: string };
}

/** Every key has an event. */
function batchGetResponse(body: string): unknown {
  const { RequestItems } = JSON.parse(body) as { RequestItems: Record<string, { Keys: readonly Key[] }> };
  const item = marshall(EVENT_ROW, { removeUndefinedValues: true });
  const responses = Object.entries(RequestItems).map(([table, { Keys }]) => [
    table,
    Keys.map((key) => ({ ...item, ...key })),
  ]);
  return { Responses: Object.fromEntries(responses) as unknown, UnprocessedKeys: {} };
}

function responseTo(operation: string, body: string, endpointUrl: string): unknown {
  switch (operation) {
    case 'DynamoDB_20120810.GetItem': {
      const { Key: key } = JSON.parse(body) as { Key: { sk: { S: string } } };
      const item = key.sk.S.startsWith('EP#')
        ? { pk: 'p', sk: key.sk.S, kind: 'endpoint', ...anEndpoint({ url: endpointUrl }) }
        : EVENT_ROW;
      return { Item: marshall(item, { removeUndefinedValues: true }) };
    }
    case 'TrentService.Decrypt':
      return { KeyId: 'key', Plaintext: Buffer.alloc(24, 7).toString('base64') };
    case 'DynamoDB_20120810.BatchWriteItem':
      return { UnprocessedItems: {} };
    case 'DynamoDB_20120810.BatchExecuteStatement': {
      const { Statements } = JSON.parse(body) as { Statements: readonly unknown[] };
      return { Responses: Statements.map(() => ({ TableName: 'table' })) };
    }
    case 'DynamoDB_20120810.BatchGetItem':
      return batchGetResponse(body);
    default:
      return {};
  }
}

/** The AWS JSON protocol encodes binary values as base64. */
function bytesAsBase64(_name: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value;
}

/** `endpointUrl` is the URL of the only webhook endpoint in the table. */
export async function startAwsStub(endpointUrl: string): Promise<AwsStub> {
  const counts: Record<string, number> = {};
  const count = (name: string): void => void (counts[name] = (counts[name] ?? 0) + 1);
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const target = request.headers['x-amz-target'];
      if (target === undefined) {
        response.setHeader('webhook', '1');
        response.end('ok');
        count('webhook');
        return;
      }
      const operation = String(target);
      count(operation.split('.')[1] ?? operation);
      response.setHeader('content-type', 'application/x-amz-json-1.0');
      const body = Buffer.concat(chunks).toString('utf8');
      response.end(JSON.stringify(responseTo(operation, body, endpointUrl), bytesAsBase64));
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, counts };
}
