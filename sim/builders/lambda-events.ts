/** The events that API Gateway, SQS and DynamoDB Streams pass to a Lambda function. */
import { marshall } from '@aws-sdk/util-dynamodb';
import type { APIGatewayProxyEvent, DynamoDBRecord, SQSRecord } from 'aws-lambda';
import type { Row } from '../../lambdas/store/table.ts';

export interface GatewayRequest {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[]>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly base64?: boolean;
  /** The context that the authorizer returned for the API key. Null for a path without an authorizer. */
  readonly authorizer: {
    readonly workspace_id: string;
    readonly key_id: string;
    /** Percent-encoded. */
    readonly key_name?: string;
    /** Separated by spaces. */
    readonly scopes: string;
  } | null;
}

export function apiGatewayEvent(request: GatewayRequest): APIGatewayProxyEvent {
  const query = Object.entries(request.query ?? {}).map(([name, value]) => [name, [value].flat()] as const);
  const event = {
    httpMethod: request.method ?? 'GET',
    path: request.path,
    headers: request.headers,
    multiValueQueryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    body: request.body,
    isBase64Encoded: request.base64 ?? false,
    requestContext: {
      requestId: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      path: `/prod${request.path}`,
      authorizer: request.authorizer,
    },
  };
  return event as unknown as APIGatewayProxyEvent;
}

/** One message of an SQS batch. SQS passes the time at which it received the message as text. */
export function sqsRecord(messageId: string, body: string, sentMs: number): SQSRecord {
  return {
    messageId,
    receiptHandle: `receipt-${messageId}`,
    body,
    attributes: {
      ApproximateReceiveCount: '1',
      SentTimestamp: String(sentMs),
      SenderId: 'sender',
      ApproximateFirstReceiveTimestamp: String(sentMs),
    },
    messageAttributes: {},
    md5OfBody: '',
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:queue',
    awsRegion: 'us-east-1',
  };
}

/** Lambda passes stream records as JSON, so bytes are base64 text. */
function toImage(row: Row): Record<string, unknown> {
  const image = marshall(row, { removeUndefinedValues: true }) as Record<string, unknown>;
  for (const [name, value] of Object.entries(image)) {
    const bytes = (value as { B?: Uint8Array }).B;
    if (bytes) image[name] = { B: Buffer.from(bytes).toString('base64') };
  }
  return image;
}

/** The record of a new row in the table's stream. */
export function streamRecord(row: Row, sequence: number): DynamoDBRecord {
  return {
    eventName: 'INSERT',
    dynamodb: {
      SequenceNumber: String(sequence),
      Keys: { pk: { S: row.pk }, sk: { S: row.sk } },
      NewImage: toImage(row),
    },
  } as unknown as DynamoDBRecord;
}
